"""Who may do what over the API, written a second time: the policy is held to it, and so is every route."""

from broker.clients import Permission, Role

#: the access policy once more, by permission, as a second pair of eyes
WHO: dict[Permission, set[Role]] = {
    Permission.SUBMIT: {Role.ADVISER, Role.SOURCE},
    Permission.TRACK: {Role.ADVISER, Role.OPERATOR, Role.REVIEWER, Role.PROTECTION},
    Permission.REVIEW: {Role.REVIEWER},
    Permission.SEARCH: {Role.ADVISER, Role.REVIEWER, Role.PROTECTION},
    Permission.PROTECTED: {Role.PROTECTION},
    Permission.COLLECT: {Role.BACK_OFFICE},
    Permission.FAILURES: {Role.OPERATOR},
    Permission.PLAN: {Role.OPERATOR, Role.BACK_OFFICE},
    Permission.REPLAY: {Role.OPERATOR},
    Permission.APPROVE: {Role.OPERATOR},
    Permission.EDIT: {Role.OPERATOR},
    Permission.REVEAL: {Role.OPERATOR},
    Permission.DEPARTMENTS: {Role.OPERATOR},
    Permission.PAUSE: {Role.OPERATOR},
    Permission.STOP: {Role.OPERATOR, Role.ADVISER},
    Permission.BOOKS: {Role.OPERATOR},
    Permission.METRICS: {Role.OPERATOR},
    Permission.CLIENTS: {Role.ADMINISTRATOR},
    Permission.CONTRACTS: set(Role),
}
