from typing import Any

import pytest

from broker import acknowledging, ledger, tables
from broker.adapter import CrashMode
from broker.failures import failures
from broker.failures.vouching import SAID_CAPTIONS, CannotVouch, Said, Word, vouch
from broker.outcome import Accepted, Awaited, Heard, Refused, Unheard
from broker.ports import Broker
from broker.standing import Standing
from broker.tables import BY_WORD
from schemas.outcome import OutcomeLetter
from tests.broker.departments import libraries
from tests.broker.replays import somebody
from tests.broker.steps import a_delivery, answer, claim, ledger_row, open_all, standings
from tests.broker.worlds import Clock, make_broker, rows

BY_TELEPHONE = "Ms Lee of libraries, by telephone"


def word(of: str, said: Said) -> Word:
    return Word(delivery=of, said=said, actor="olu", reason=BY_TELEPHONE)


def written(broker: Broker, of: str, said: Said) -> Standing | None:
    return broker.store.write_now(vouch(word(of, said), broker))


@pytest.fixture
def holding(broker: Broker, clock: Clock) -> Broker:
    """Where a person must look at what went unanswered."""
    return make_broker(broker.store, clock=clock, adapters=[libraries(CrashMode.HOLD)], carriers=broker.carriers)


WITHOUT_AN_ANSWER: list[Heard] = [Unheard(reason="timed-out"), Awaited(), Refused(reason="no-such-card")]


@pytest.mark.parametrize("said", Said)
@pytest.mark.parametrize("heard", WITHOUT_AN_ANSWER, ids=lambda heard: type(heard).__name__)
async def test_what_a_department_says_by_telephone_is_its_answer_and_its_next_delivery_goes_on(
    holding: Broker, heard: Heard, said: Said
) -> None:
    first, second = a_delivery(1), a_delivery(2)
    open_all(holding, first, second)
    await answer(holding, claim(holding, first), heard)
    before = rows(holding.store, tables.attempt)

    assert written(holding, first.id, said) is Standing.SETTLED

    row = ledger_row(holding, first)
    assert (row.outcome, row.reason) == (said.value, BY_WORD if said is Said.REFUSED else None)
    assert ledger_row(holding, second).released
    assert holding.store.read_now(failures.listing) == []
    assert rows(holding.store, tables.attempt)[:1] == before, "what was heard before is still on the record"
    (noted,) = rows(holding.store, tables.audit, tables.audit.c.what == "delivery.vouched")
    assert (noted.actor, noted.about, noted.said) == ("olu", first.id, f"{said}: {BY_TELEPHONE}")
    assert SAID_CAPTIONS[said] in [step.said for step in rows(holding.store, tables.step)][-2]
    letters = [OutcomeLetter.model_validate_json(row.value) for row in outcomes(holding)]
    assert letters[-1].data.outcome == said.value
    assert len({letter.id for letter in letters}) == len(letters), "two outcome letters have one id"


def outcomes(broker: Broker) -> list[Any]:
    return rows(broker.store, tables.outbox, tables.outbox.c.topic == "outcomes")


async def test_nothing_is_said_of_what_is_on_its_way_or_was_answered(broker: Broker) -> None:
    waits, sent, done = a_delivery(2), a_delivery(1), a_delivery(3, of=somebody(1))
    open_all(broker, sent, waits, done)
    claim(broker, sent)
    await answer(broker, claim(broker, done), Accepted(receipt="R-1"))
    before = standings(broker, waits, sent, done)
    for each in (waits, sent, done):
        with pytest.raises(CannotVouch):
            written(broker, each.id, Said.ACCEPTED)
    assert standings(broker, waits, sent, done) == before
    assert rows(broker.store, tables.audit, tables.audit.c.what == "delivery.vouched") == []


async def test_a_word_is_said_once_and_of_a_delivery_that_is_there(holding: Broker) -> None:
    told = a_delivery(1)
    open_all(holding, told)
    await answer(holding, claim(holding, told), Unheard(reason="timed-out"))
    assert written(holding, "none", Said.ACCEPTED) is None
    assert written(holding, told.id, Said.REFUSED) is Standing.SETTLED
    with pytest.raises(CannotVouch):
        written(holding, told.id, Said.ACCEPTED)


async def test_what_is_tried_from_time_to_time_is_not_tried_again_once_they_have_said_that_they_acted(
    broker: Broker, clock: Clock
) -> None:
    told = a_delivery(1)
    open_all(broker, told)
    assert await acknowledging.park(told.id, "busy", broker) is Standing.PARKED
    assert written(broker, told.id, Said.ACCEPTED) is Standing.SETTLED
    clock.pass_by(3600)
    broker.store.write_now(lambda tx: ledger.offer_due(tx, clock.at, broker.timing))
    assert claim(broker, told) is None
