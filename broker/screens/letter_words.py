"""Letter words: what a department's letter says, as somebody reads it before it is sent, in English and Welsh. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from broker.screens.fields import choice_in_words, label_of
from broker.screens.questions import Question
from broker.screens.worded import day_in_words
from broker.screens.words import Words

#: the state of an address, and its number in the gazetteer
_NOT_SAID: Final = frozenset({"state", "uprn"})
_NAME: Final = ("title", "forenames", "surname")
_DAY: Final = re.compile(r"\d{4}-\d\d(?:-\d\d)?")
#: fields that hold a code of ours, not what somebody wrote
_CODES: Final = frozenset(
    "change claimant_or_partner disregard evidence_class frequency income_kind kind language move reason relationship "
    "source tenure".split()
)
_POUNDS: Final = "amount"


def caption_of(name: str, say: Words) -> str:
    """What a field of a letter is called; for one that a council's own adapter added, its name."""
    return say(f"letter.{name}") if say.has(f"letter.{name}") else name.replace("_", " ").capitalize()


def noun_of(question: Question, kind: str, say: Words) -> str:
    """What was asked, as a thing: "their relationship to the person"."""
    for name in (f"noun.{kind}.{question.path}", f"noun.{question.path}"):
        if say.has(name):
            return say(name)
    label = label_of(question, kind, say)
    return label[:1].lower() + label[1:]


def in_words(name: str, value: Any, say: Words) -> str:  # noqa: ANN401 - a JSON value
    """A field's value, as it is read; empty where it says nothing."""
    match value:
        case None | "":
            return ""
        case bool():
            return say("form.yes" if value else "form.no")
        case Mapping():
            return _name(value) if "surname" in value else ", ".join(_parts(value, say))
        case list() | tuple():
            between = "; " if any(isinstance(one, Mapping) for one in value) else ", "
            return between.join(words for one in value if (words := in_words(name, one, say)))
        case str() if _DAY.fullmatch(value):
            return day_in_words(value, say.tongue)
        case str() if name in _CODES:
            return choice_in_words(value, say) if say.has(f"choice.{value}") else value.replace("_", " ")
        case _:
            return f"£{value}" if name == _POUNDS else str(value)


def _name(parts: Mapping[str, Any]) -> str:
    return " ".join(parts[part] for part in _NAME if parts.get(part))


def _parts(parts: Mapping[str, Any], say: Words) -> Iterable[str]:
    """Each part that says something; one that does not speak for itself after what it is."""
    for name, value in parts.items():
        words = "" if name in _NOT_SAID else in_words(name, value, say)
        if not words:
            continue
        own = f"letter.part.{name}"
        if isinstance(value, bool):
            # A yes or no is nothing without its question.
            yield f"{say(own) if say.has(own) else caption_of(name, say).lower()}: {words.lower()}"
        else:
            yield f"{say(own)} {words}" if say.has(own) else words
