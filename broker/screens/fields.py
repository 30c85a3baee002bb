"""Fields: questions as a page shows them, with words, what was typed, what is wrong, and whom each is for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from broker.screens.answers import PREFIX, Typed, first
from broker.screens.asking import INFORMANT, SAFETY, Asked
from broker.screens.permitting import PERMISSION
from broker.screens.questions import Question, Widget
from broker.screens.words import Words
from schemas.problems import Problem

#: so many choices are shown at once; more go into a list
_MOST_RADIOS: Final = 4
#: these stand on the page even where they could be left out: they are what the event is
_OPEN: Final = frozenset("what subject informant safety child".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice of a question."""

    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question on the page."""

    id: str
    name: str
    widget: str
    label: str
    hint: str
    for_whom: str
    choices: tuple[Choice, ...]
    #: by the end of the field's name, such as .surname
    typed: Mapping[str, str]
    error: str
    needed: bool

    @property
    def is_answered(self) -> bool:
        """Whether anything was typed."""
        return any(self.typed.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some questions under one heading; a closed one is opened by who needs it."""

    title: str
    fields: tuple[Field, ...]
    closed: bool
    #: what the adviser says before these
    aloud: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One line of the summary of what is wrong, leading to its field."""

    field: str
    message: str


def label_of(question: Question, kind: str, say: Words) -> str:
    """What a question asks, in words: its kind's own, or the field's, or the schema's description."""
    for name in (f"ask.{kind}.{question.path}", f"ask.{question.path}", f"ask.any.{question.leaf}"):
        if say.has(name):
            return say(name)
    if question.path.startswith(PERMISSION):
        return say("ask.permission", title=question.description)
    return question.description


def _hint_of(question: Question, kind: str, say: Words) -> str:
    for name in (f"hint.{kind}.{question.path}", f"hint.{question.path}", f"hint.any.{question.widget}"):
        if say.has(name):
            return say(name)
    return ""


def choice_in_words(value: str, say: Words, question: Question | None = None) -> str:
    """One choice in words."""
    names = [f"choice.{question.leaf}.{value}"] if question else []
    for name in (*names, f"choice.{value}"):
        if say.has(name):
            return say(name)
    return value.replace("_", " ").capitalize()


def choices_in_words(values: Iterable[str], say: Words, question: Question | None = None) -> tuple[Choice, ...]:
    """Choices, each in words."""
    return tuple(Choice(value=value, text=choice_in_words(value, say, question)) for value in values)


def sections_of(
    asked: Sequence[Asked], kind: str, typed: Typed, wrong: Sequence[Problem], say: Words
) -> tuple[Section, ...]:
    """The questions under their headings: what happened, who tells us, then each group that may be left out."""
    found: dict[str, list[Field]] = {}
    for one in asked:
        found.setdefault(_heading(one.question), []).append(field_of(one, kind, say, typed, wrong))
    return tuple(_section(name, fields, say) for name, fields in found.items())


def _heading(question: Question) -> str:
    if question.path.startswith(INFORMANT):
        return "informant"
    if question.path.startswith(PERMISSION):
        return "permissions"
    if question.path.startswith("subject.") and question.path != SAFETY:
        return "subject"
    if question.path == SAFETY:
        return "safety"
    return question.group or ("what" if question.needed or question.leaf in _WHAT else "more")


#: not needed by the schema, and still what most callers ring about
_WHAT: Final = frozenset("new_address new_phone new_email household adults_remaining child".split())


def _section(name: str, fields: Sequence[Field], say: Words) -> Section:
    title = say(f"section.{name}") if say.has(f"section.{name}") else name.replace("_", " ").capitalize()
    must_see = any(field.needed or field.error or field.is_answered for field in fields)
    closed = name not in _OPEN and not must_see
    aloud = say(f"script.of.{name}") if say.has(f"script.of.{name}") else ""
    return Section(title=title, fields=tuple(fields), closed=closed, aloud=aloud)


def field_of(
    one: Asked, kind: str, say: Words, typed: Typed = MappingProxyType({}), wrong: Sequence[Problem] = ()
) -> Field:
    """One question as a page shows it."""
    question = one.question
    name = PREFIX + question.path
    return Field(
        id=question.input_id,
        name=name,
        widget=_widget(question),
        label=label_of(question, kind, say),
        hint=_hint_of(question, kind, say),
        for_whom=one.for_whom,
        choices=choices_in_words(question.choices, say, question),
        typed={key.removeprefix(name): first(typed, key) for key in typed if key == name or key.startswith(f"{name}.")},
        error=next((message_of(problem, question, kind, say) for problem in wrong if concerns(problem, question)), ""),
        needed=question.needed,
    )


def _widget(question: Question) -> str:
    if question.path == "occurred_on":
        return "near_day"
    if question.widget is Widget.CHOICE:
        return "radios" if len(question.choices) <= _MOST_RADIOS else "select"
    return question.widget


def concerns(problem: Problem, question: Question) -> bool:
    """Whether a problem is one of this question's."""
    return problem.field == question.path or problem.field.startswith(f"{question.path}.")


def message_of(problem: Problem, question: Question, kind: str, say: Words) -> str:
    """What is wrong, in this language: what is missing is named, all else is the schema's own sentence."""
    if problem.code == "missing":
        return say("form.missing", question=label_of(question, kind, say))
    return say.either(problem.message)


def summary_of(asked: Iterable[Asked], kind: str, wrong: Sequence[Problem], say: Words) -> tuple[Wrong, ...]:
    """Every problem once, in the order of the page; one that is nobody's question leads to the first field."""
    questions = [one.question for one in asked]
    lines: dict[str, Wrong] = {}
    for question in questions:
        for problem in wrong:
            if concerns(problem, question):
                message = message_of(problem, question, kind, say)
                lines.setdefault(question.path, Wrong(field=question.input_id, message=message))
    for problem in wrong:
        if not any(concerns(problem, question) for question in questions):
            lines.setdefault(
                problem.field, Wrong(field=_nearest(problem, questions), message=say.either(problem.message))
            )
    return tuple(lines.values())


def _nearest(problem: Problem, questions: Sequence[Question]) -> str:
    """The first field of the group that a problem is of, or else of the page."""
    within = [one for one in questions if problem.field and one.path.startswith(f"{problem.field}.")]
    return next((one.input_id for one in (*within, *questions)), "main-content")
