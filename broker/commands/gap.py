"""``tuo gap``: what Kafka holds and the database does not know."""

import asyncio
from typing import Annotated

import typer

from broker import gap
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import reading, writing
from broker.gap import Missing
from broker.notifications import LIFE_EVENTS
from broker.settings import Settings
from broker.store import Store

#: shown at most, of each topic's
MOST_SHOWN = 100


def gap_command(
    take_in: Annotated[
        bool, typer.Option("--take-in", help="Write the missing notifications down again. The broker must be stopped.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List records that Kafka holds and the database does not know: it was restored to an earlier moment.

    Exits with 1 where there are any. What is taken in keeps its id, and so do its deliveries: a back office that acted
    on one before does not act twice. What was neither published nor in the backup is nowhere, and must be told again.
    """
    settings = Settings()
    if take_in:
        say(f"{_take_in(settings)} notifications were written down again.")
        return
    with reading(settings) as store:
        found = _look(settings, store)
    _tell(found, as_json=as_json)
    if found:
        no(f"{len(found)} records are not known: see docs/runbooks/database-is-older-than-kafka.md.")


def _look(settings: Settings, store: Store) -> list[Missing]:
    from broker.main import build  # it brings in Kafka and the web, which takes a second

    return asyncio.run(gap.missing(build(settings, store), settings))


def _take_in(settings: Settings) -> int:
    def here(store: Store) -> int:
        from broker.main import build

        async def look_and_take() -> int:
            broker = build(settings, store)
            return await gap.take_in(await gap.missing(broker, settings), broker, settings.topic(LIFE_EVENTS))

        return asyncio.run(look_and_take())

    return writing(settings, here, lambda: no("The broker runs: stop it first, so that nothing is told meanwhile."))


def _tell(found: list[Missing], *, as_json: bool) -> None:
    rows = [(one.topic, one.partition, one.position, one.id) for one in found]
    if as_json:
        say_json([dict(zip(("topic", "partition", "position", "id"), row, strict=True)) for row in rows])
    else:
        say_table(["Topic", "Partition", "Position", "Id"], rows[:MOST_SHOWN], empty="The database knows every record.")
