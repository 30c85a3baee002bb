"""Who may do what on the screens: one table, and what it does not declare is refused."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PersonRole(StrEnum):
    """What somebody who signs in is; one person may be several."""

    #: speaks with callers: records life events and follows them
    ADVISER = "adviser"
    #: looks after deliveries day by day
    OPERATOR = "operator"
    #: agrees, as the second person, to what an operator proposes
    APPROVER = "approver"
    #: decides uncertain matches
    REVIEWER = "reviewer"
    #: looks after the service, by its figures
    MANAGER = "manager"
    #: reads who did what, and changes nothing
    AUDITOR = "auditor"
    #: of the team that protected people are known to; nobody else learns that there is anybody
    PROTECTION = "protection"


class May(StrEnum):
    """Something that is done on a screen. Every route declares one."""

    #: the start page and one's own sign-in
    ENTER = "enter"
    #: find a person, fill a form in, submit it
    TELL = "tell"
    #: follow a notification by its reference
    TRACK = "track"
    #: correct or withdraw what was told, answer a department's question, send the caller a receipt
    AMEND = "amend"
    #: the operator's console: failures, departments, timelines, books
    OPERATE = "operate"
    #: plan and run a replay, pause a department
    REPLAY = "replay"
    #: agree to what an operator proposes
    APPROVE = "approve"
    #: see personal data of a failure, with a reason
    REVEAL = "reveal"
    #: decide uncertain matches
    REVIEW = "review"
    #: the service's figures
    FIGURES = "figures"
    #: who did what
    AUDIT = "audit"
    #: the notifications about people who are known to a named team alone
    PROTECTED = "protected"


_A, _O, _P, _R, _M, _U, _T = PersonRole
#: the whole of the access policy of the screens
WHO_MAY: Final[MappingProxyType[May, frozenset[PersonRole]]] = MappingProxyType(
    {
        #                       adviser operator approver reviewer manager auditor protection
        May.ENTER:   frozenset({_A,     _O,      _P,      _R,      _M,     _U,     _T}),
        May.TELL:    frozenset({_A}),
        May.TRACK:   frozenset({_A,     _O,      _P,      _R}),
        May.AMEND:   frozenset({_A}),
        May.OPERATE: frozenset({        _O,      _P,                       _U}),
        May.REPLAY:  frozenset({        _O}),
        May.APPROVE: frozenset({                 _P}),
        May.REVEAL:  frozenset({        _O,      _P}),
        May.REVIEW:  frozenset({                          _R}),
        May.FIGURES: frozenset({                                   _M,     _U}),
        May.AUDIT:   frozenset({                                           _U}),
        May.PROTECTED: frozenset({                                                      _T}),
    }
)  # fmt: skip


def may(roles: frozenset[PersonRole], what: May) -> bool:
    """Whether any of these roles declares this."""
    return not roles.isdisjoint(WHO_MAY[what])
