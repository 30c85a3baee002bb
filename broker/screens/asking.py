"""Asking: which questions of a life event are put to this caller. Only what a department that is told reads is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.adapter import Adapter
from broker.screens.permitting import permission_question
from broker.screens.questions import Question, questions_of
from broker.screens.readers import departments_asking
from schemas.bereavement import Bereavement
from schemas.variants import Variant

INFORMANT: Final = "informant."
#: asked of somebody else than the person: by what right they tell us, and how to reach them
_OF_ANOTHER: Final = frozenset(f"{INFORMANT}{name}" for name in ("name", "relationship", "phone", "authority"))
#: known without asking
_DERIVED: Final = frozenset({"estate.held_by"})
#: what callers say first
_FIRST: Final = ("occurred_on", "new_address", "new_name", "new_phone", "new_email")
#: asked last, and once
SAFETY: Final = "subject.address_may_be_shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, and the departments that it is for."""

    question: Question
    adapters: tuple[Adapter, ...]

    #: every department that is told of this reads it, so nobody need be named
    is_for_all: bool

    @property
    def for_whom(self) -> str:
        """The departments' titles, where it is for some of them."""
        return "" if self.is_for_all else ", ".join(adapter.title for adapter in self.adapters)


def asked_of(
    kind: str, variant: Variant, adapters: Sequence[Adapter], *, by_another: bool, permitting: Sequence[Adapter] = ()
) -> tuple[Asked, ...]:
    """The questions of one form, in the schema's order, then ``permitting``'s permissions; the safety question last."""
    every = questions_of(kind, variant)
    found = [_asked(one, kind, adapters) for one in every if one.path not in _DERIVED]
    groups = {one.question.group for one in found if one.adapters and one.question.group}
    kept = [one for one in found if _is_put(one, groups, by_another=by_another, death=kind == Bereavement.kind)]
    # The question names its department: for whom it is need not be said again.
    named = [(one, permission_question(one.department, one.title)) for one in permitting]
    kept += [Asked(question=question, adapters=(one,), is_for_all=True) for one, question in named]
    return tuple(sorted(kept, key=_place))


def _place(one: Asked) -> int:
    path = one.question.path
    return 0 if path.startswith("subject.") and path != SAFETY else 1 if path in _FIRST else 3 if path == SAFETY else 2


def _asked(question: Question, kind: str, adapters: Sequence[Adapter]) -> Asked:
    told = sum(adapter.telling_of(kind) is not None for adapter in adapters)
    asking = departments_asking(adapters, kind, question.path)
    return Asked(question=question, adapters=asking, is_for_all=len(asking) == told)


def _is_put(one: Asked, groups: set[str], *, by_another: bool, death: bool) -> bool:
    question = one.question
    if question.path.startswith(INFORMANT) and not death:
        return by_another and question.path in _OF_ANOTHER
    if question.path in _OF_ANOTHER or question.path.startswith("subject."):
        return True
    return question.needed or bool(one.adapters) or (question.needed_in_group and question.group in groups)
