"""Vouching: an operator writes down what a department told them of a delivery that has no answer of its own.

Sometimes only a telephone call can say whether a letter was acted on. The answer then counts like any other: the
tracker says it, and the person's next delivery goes on. The audit has whose word it was, and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from broker import acknowledging, claims
from broker.delivered import Delivered
from broker.notifications import note_audit, note_delivery_step
from broker.ports import Broker
from broker.standing import STANDING_CAPTIONS, Standing
from broker.statements import Statement
from broker.tables import BY_WORD
from schemas.outcome import OutcomeFacts, OutcomeKind

#: asking is one more attempt. What waits for a person or an answer can be asked about, and what was refused
_ASK = Statement(
    "UPDATE delivery SET standing = 'unknown', outcome = NULL, settled_at = NULL, attempts = attempts + 1"
    " WHERE id = :id AND (standing IN ('parked', 'unknown', 'dead', 'awaited')"
    " OR (standing = 'settled' AND outcome = 'refused' AND COALESCE(reason, '') <> :by_word))"
)


class Said(StrEnum):
    """What a department may have said; anything else it must say itself."""

    ACCEPTED = OutcomeKind.ACCEPTED.value
    NOT_HELD = OutcomeKind.NOT_HELD.value
    REFUSED = OutcomeKind.REFUSED.value


SAID_CAPTIONS: dict[Said, str] = {
    Said.ACCEPTED: "they have acted on it",
    Said.NOT_HELD: "they hold nothing of this person",
    Said.REFUSED: "they will not act on it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What an operator was told of one delivery."""

    delivery: str
    said: Said
    actor: str
    #: who told them, and how, for the audit; no personal data
    reason: str


class CannotVouch(Exception):
    """Its answer is known, or is on its way. The text is its caption."""


def vouch(word: Word, broker: Broker) -> Callable[[Connection], Standing | None]:
    """Write the answer down; None where there is no such delivery. Raises CannotVouch."""

    def unit(tx: Connection) -> Standing | None:
        row = claims.look_up(tx, word.delivery)
        if row is None:
            return None
        if _ASK.count(tx, {"id": row.id, "by_word": BY_WORD}) != 1:
            raise CannotVouch(STANDING_CAPTIONS[Standing(row.standing)])
        at = broker.now()
        claims.begin_attempt(tx, row.number, row.attempts + 1, at)
        said = f"An operator was told by the department: {SAID_CAPTIONS[word.said]}."
        note_delivery_step(tx, row, at, "acknowledge", said)
        note_audit(tx, at, word.actor[:64], "delivery.vouched", row.id, f"{word.said}: {word.reason}")
        return acknowledging.hearing(_facts(word, row), broker, published=False)(tx)

    return unit


def _facts(word: Word, row: Delivered) -> OutcomeFacts:
    reason = BY_WORD if word.said is Said.REFUSED else None
    return OutcomeFacts(delivery=row.id, department=row.department, outcome=OutcomeKind(word.said), reason=reason)
