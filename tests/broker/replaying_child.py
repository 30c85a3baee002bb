"""A process that drives runs and hands over until it is killed; the back office writes a journal of its own."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from broker import sweeper
from broker.adapter import Conversation
from broker.outcome import Accepted, Heard
from broker.ports import utc_now
from broker.replays.driving import Driver
from broker.store import Store
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.replays import offered, serve
from tests.broker.worlds import make_broker


class Journal(ScriptedCarrier):
    """A back office that takes everything, and writes down each letter that it sees."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        with self.file.open("a") as journal:
            journal.write(f"{key}\n")
        await asyncio.sleep(0.002)
        return Accepted(receipt="R")


async def work(database: str, journal: Path) -> None:
    """Drive and hand over for ever."""
    carrier = Journal(journal)
    with Store(database) as store:
        broker = make_broker(store, clock=utc_now, carriers={LIBRARIES: carrier}, worker=str(uuid4()))  # type: ignore[arg-type]
        await sweeper.take_over(broker, alone=True)
        driver = Driver(broker, alone=True)
        while True:
            await driver.look()
            await sweeper.sweep(broker)
            await serve(broker, carrier, offered(broker))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))
