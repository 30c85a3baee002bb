"""Whatever carries receipts keeps one contract: it hands over once, or says why not, and never names the address."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.screens.mail import Mail
from broker.screens.messages import Message, Messenger, Unsendable, Way
from broker.screens.texts import Texts
from tests.screens.mail_server import PASSWORD, USER, mail_server
from tests.screens.text_server import KEY, TEMPLATE, text_server

NUMBER, ADDRESS = "+447700900123", "maria.caller@example.org"


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A carrier, and the server that it hands over to."""

    messenger: Messenger
    message: Message
    #: what the server was given: the address, and the words
    given: Callable[[], list[tuple[str, str]]]
    refuse: Callable[[bool], None]
    full: Callable[[bool], None]
    #: the same carrier, and nobody listens where it speaks
    to_nobody: Messenger


def a_message(way: Way, address: str) -> Message:
    made = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    return Message(
        id="1e9a9a52-0000-4000-8000-000000000001",
        reference="TUO-0000-0000-0001",
        way=way,
        address=address,
        said="Your reference is TUO-0000-0000-0001.",
        made_at=made,
        subject="Your reference",
    )


@pytest.fixture(params=[Way.EMAIL, Way.TEXT])
def carried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carried]:
    if request.param is Way.EMAIL:
        with mail_server(tmp_path) as server:
            mail = Mail(
                host="127.0.0.1",
                port=server.port,
                sender="tell-us-once@example.org",
                user=USER,
                password=PASSWORD,
                ca_file=server.certificate,
            )
            yield Carried(
                messenger=mail,
                message=a_message(Way.EMAIL, ADDRESS),
                given=lambda: [(letter["To"], letter.get_content().strip()) for letter in server.letters],
                refuse=lambda yes: setattr(server, "refuses", "550 no such box" if yes else ""),
                full=lambda yes: setattr(server, "refuses", "451 later" if yes else ""),
                to_nobody=replace(mail, port=9),
            )
    else:
        with text_server() as texts:
            carrier = Texts(url=texts.url, template=TEMPLATE, key=KEY)
            yield Carried(
                messenger=carrier,
                message=a_message(Way.TEXT, NUMBER),
                given=lambda: [(one["phone_number"], one["personalisation"]["message"]) for one in texts.letters],
                refuse=lambda yes: setattr(texts, "refuses", 400 if yes else 0),
                full=lambda yes: setattr(texts, "refuses", 429 if yes else 0),
                to_nobody=replace(carrier, url="http://127.0.0.1:9"),
            )


async def test_a_message_is_handed_over_once_as_it_was_written(carried: Carried) -> None:
    await carried.messenger.send(carried.message)
    assert carried.given() == [(carried.message.address, carried.message.said)]
    assert carried.messenger.ways == {carried.message.way}


async def test_an_address_that_it_never_takes_is_unsendable_and_one_for_later_is_not(carried: Carried) -> None:
    for make, error in ((carried.refuse, Unsendable), (carried.full, ConnectionError)):
        make(True)
        with pytest.raises(error) as raised:
            await carried.messenger.send(carried.message)
        make(False)
        assert carried.message.address not in str(raised.value)
    assert carried.given() == []


async def test_where_nobody_listens_it_says_so_and_names_nobody(carried: Carried) -> None:
    with pytest.raises(ConnectionError) as raised:
        await carried.to_nobody.send(carried.message)
    assert carried.message.address not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_it_does_not_carry_what_goes_another_way(carried: Carried) -> None:
    other = {Way.EMAIL: a_message(Way.TEXT, NUMBER), Way.TEXT: a_message(Way.EMAIL, ADDRESS)}[carried.message.way]
    with pytest.raises(Unsendable):
        await carried.messenger.send(other)
    assert carried.given() == []


async def test_a_wrong_key_is_a_fault_of_ours_and_is_never_shown() -> None:
    with text_server() as texts:
        wrong = Texts(url=texts.url, template=TEMPLATE, key=KEY[:-1] + "0")
        with pytest.raises(ConnectionError, match="HTTP 403") as raised:
            await wrong.send(a_message(Way.TEXT, NUMBER))
    assert KEY[-36:] not in f"{wrong!r} {raised.value}"
