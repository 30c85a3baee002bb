"""Life events that arrive on the topic, from a feed that speaks Kafka."""

import json
from typing import Any

import httpx

from tests.council import Council
from tests.journey.seen import CT, ER, HB, acts, letters, outcomes, put
from tests.journey.town import Said, days_ago, home, move, name, resident, told

FEED = "urn:example:registrar"


def birth(who: str, child: str, **changes: object) -> bytes:
    """A birth as the registrar's feed writes it down."""
    facts = {"outcome": "live", "child": {"name": name(child, "Newborn")}, "channel": "registrar"}
    return enveloped(f"birth-{child}", told("birth", resident(who), days_ago(9), **facts), **changes)


def enveloped(made: str, event: Said, **changes: object) -> bytes:
    kind = f"uk.tell-us-once.life-event.{event['kind']}.v1"
    envelope = {"specversion": "1.0", "id": made, "source": FEED, "type": kind, "data": event}
    return json.dumps({**envelope, **changes}).encode()


def reference_of(council: Council, child: str) -> str:
    """The reference of a birth, by the letter that Housing Benefit had of it."""
    found: set[str] = set()

    def look() -> bool:
        news = letters(council, f"departments.{HB}")
        found.update(one["notification"] for one in news if f'"{child}"' in json.dumps(one))
        return bool(found)

    council.until(look, f"the birth of {child} is on its way")
    (reference,) = found
    return reference


def buried(council: Council) -> list[dict[str, Any]]:
    """The dead letters of the topic, as an operator sees them."""
    headers = {"authorization": f"Bearer {council.keys['operator']}"}
    answer = httpx.get(f"{council.address}/api/v1/failures", headers=headers, timeout=10)
    return [item for item in answer.json()["items"] if item["cause"] == "unreadable"]


def test_a_registrars_feed_is_heard_beside_records_that_nobody_can_read(council: Council) -> None:
    good = birth("Fatima Khan", "Zara")
    deep = b"[" * 5000
    poison = [
        (b"k", b"\x00\xff not JSON"),
        (b"k", b""),
        (b"k", deep),
        (b"k", b'{"specversion": "0.3"}'),
        (b"k", birth("Fatima Khan", "Wrong", type="uk.tell-us-once.life-event.move.v1")),
        (b"k", birth("Fatima Khan", "Early", time="2999-01-01T00:00:00Z")),
        (None, birth("Fatima Khan", "Keyless")),
        (b"k", b'{"pad": "' + b"x" * 70_000 + b'"}'),
    ]
    before = len(buried(council))
    put(council, [*poison[:4], (b"k", good), *poison[4:]])
    answers = council.answers(reference_of(council, "Zara"))
    assert outcomes(answers) == {HB: "not_held"}
    council.until(lambda: len(buried(council)) == before + len(poison), "every poison record is buried")
    assert "Newborn" not in json.dumps(buried(council))


def test_the_same_telling_by_the_topic_twice_is_one(council: Council) -> None:
    put(council, [(b"a", birth("Louise Brackley", "Wren")), (b"b", birth("Louise Brackley", "Wren"))])
    reference = reference_of(council, "Wren")
    council.answers(reference)
    last = birth("Louise Brackley", "Lark")
    put(council, [(b"a", birth("Louise Brackley", "Wren")), (b"b", last)])
    council.answers(reference_of(council, "Lark"))
    assert reference_of(council, "Wren") == reference, "there is one, and no other"
    assert len(acts(council, HB, reference)) == 1


def test_other_words_under_the_same_id_are_buried_and_the_first_stand(council: Council) -> None:
    before = len(buried(council))
    first = birth("Ka Ming Cheung", "Teal")
    other = enveloped("birth-Teal", move("Ka Ming Cheung", home("2 Quay Street", "AA3 5RS"), days_ago(1)))
    put(council, [(b"a", first), (b"a", other)])
    council.answers(reference_of(council, "Teal"))
    council.until(lambda: len(buried(council)) == before + 1, "the other words are buried")
    assert {item["reason"] for item in buried(council)} >= {"fingerprint-mismatch"}


def test_what_a_feed_tells_and_what_an_adviser_tells_meet_in_one_lane(council: Council) -> None:
    put(council, [(b"a", birth("Elaine Tregarth", "Robin"))])
    by_feed = reference_of(council, "Robin")
    by_adviser = council.tell(move("Elaine Tregarth", home("2 Quay Street", "AA3 5RS"), days_ago(1)))
    assert set(council.answers(by_adviser)) == {CT, HB, ER}
    (first,), (second,) = acts(council, HB, by_feed), acts(council, HB, by_adviser)
    assert first["subject"] == second["subject"]
    assert first["sequence"] < second["sequence"]
