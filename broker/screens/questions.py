"""Questions: the form of a life event, drawn from the variant of its schema that fits how surely the person is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.address import Address
from schemas.evidence import Evidence, EvidenceKind
from schemas.kinds import life_events
from schemas.name import Name
from schemas.partial_date import PartialDate
from schemas.person import OtherPerson
from schemas.variants import Variant, variant_of

#: the broker's own, or asked elsewhere
_NOT_ASKED: Final = frozenset(
    "schema_version told_at channel permissions corrects client_reference withdraws "
    "subject.previous_names subject.references subject.language subject.large_print subject.sex "
    "informant.is_subject leaver.nino joiner.nino person.nino partner.nino".split()
)
#: these describe the person, and are asked only where we do not know them
_OF_THE_SUBJECT: Final = frozenset(
    "subject.name subject.date_of_birth subject.address subject.nino subject.phone subject.email".split()
)


class Widget(StrEnum):
    """How a question is asked."""

    DAY = "day"
    PARTIAL_DAY = "partial_day"
    CHOICE = "choice"
    YES_NO = "yes_no"
    NAME = "name"
    ADDRESS = "address"
    PEOPLE = "people"
    NUMBER = "number"
    POUNDS = "pounds"
    PHONE = "phone"
    EMAIL = "email"
    NINO = "nino"
    EVIDENCE = "evidence"
    TEXT = "text"


_BY_NAME: Final = {"phone": Widget.PHONE, "email": Widget.EMAIL, "nino": Widget.NINO}
_OF_MANY: Final[dict[type, Widget]] = {OtherPerson: Widget.PEOPLE, Evidence: Widget.EVIDENCE}
_BY_TYPE: Final[tuple[tuple[type, Widget], ...]] = (
    (bool, Widget.YES_NO),
    (PartialDate, Widget.PARTIAL_DAY),
    (date, Widget.DAY),
    (int, Widget.NUMBER),
    (Decimal, Widget.POUNDS),
    (Name, Widget.NAME),
    (Address, Widget.ADDRESS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a life event, as it is asked."""

    path: str
    widget: Widget
    #: the schema cannot do without it, whenever its group is there
    needed: bool
    #: its group cannot do without it, once anything of the group is said
    needed_in_group: bool
    #: of a group that may be left out whole, such as ``landlord``
    group: str
    choices: tuple[str, ...] = ()
    #: the schema's own description, for what the catalogue has no words for
    description: str = ""

    @property
    def input_id(self) -> str:
        """The id of its first input."""
        return "q-" + self.path.replace(".", "-")

    @property
    def leaf(self) -> str:
        """The last step of its path."""
        return self.path.rpartition(".")[2]


@cache
def questions_of(kind: str, variant: Variant) -> tuple[Question, ...]:
    """Every question of a kind of life event; an unknown kind is a KeyError."""
    model = variant_of(life_events()[kind], variant)
    found = tuple(_walk(model, "", needed=True, group=""))
    if variant is Variant.MATCHED:
        return tuple(one for one in found if one.path not in _OF_THE_SUBJECT)
    return found


def question_at(kind: str, path: str) -> Question | None:
    """The question of one field, however the person is known."""
    everything = questions_of(kind, Variant.UNKNOWN)
    return next((one for one in everything if path == one.path or path.startswith(f"{one.path}.")), None)


def _walk(model: type[BaseModel], prefix: str, *, needed: bool, group: str) -> Iterator[Question]:
    for name, field in model.model_fields.items():
        path = prefix + name
        if path in _NOT_ASKED:
            continue
        kind, many = _kind(field.annotation)
        asked = field.is_required() or path in ("subject", "informant")
        widget = _OF_MANY.get(kind) if many else _widget(name, kind)
        if widget is not None:
            yield Question(
                path=path,
                widget=widget,
                needed=field.is_required() and needed,
                needed_in_group=field.is_required(),
                group=group,
                choices=_choices(EvidenceKind if widget is Widget.EVIDENCE else kind),
                description=field.description or "",
            )
        elif not many and issubclass(kind, BaseModel):
            yield from _walk(kind, f"{path}.", needed=asked and needed, group=group if asked else path)


def _widget(name: str, kind: type) -> Widget | None:
    if name.removeprefix("new_") in _BY_NAME:
        return _BY_NAME[name.removeprefix("new_")]
    if issubclass(kind, Enum):
        return Widget.CHOICE
    fits = next((widget for known, widget in _BY_TYPE if issubclass(kind, known)), None)
    return fits or (Widget.TEXT if issubclass(kind, str) else None)


def _choices(kind: type) -> tuple[str, ...]:
    return tuple(str(one.value) for one in kind) if issubclass(kind, Enum) else ()


def _kind(annotation: Any) -> tuple[type, bool]:  # noqa: ANN401 - any annotation
    """The type that a field holds, without None and Annotated; and whether it holds many."""
    if get_origin(annotation) in (Union, UnionType):
        # A day and a partial day: the wider one is asked for.
        kinds = [_kind(part)[0] for part in get_args(annotation) if part is not type(None)]
        return (PartialDate if PartialDate in kinds else kinds[0]), False
    if get_origin(annotation) is tuple:
        return _kind(get_args(annotation)[0])[0], True
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    return annotation, False
