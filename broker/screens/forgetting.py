"""Forgetting: what the screens keep for a call only is gone after a day, whether or not anybody comes back to it."""

import asyncio
from typing import Final

from broker.ports import Broker
from broker.screens import drafts, messages, sessions
from broker.store import StoreUnavailable
from broker.telemetry import log

_EVERY: Final = 600.0


async def forget(broker: Broker) -> None:
    """Forget drafts, sessions and messages that are too old. Raises StoreUnavailable."""
    now = broker.now()
    await broker.store.write_all([drafts.forget_old(now), sessions.forget_old(now), messages.forget_old(now)])


async def forget_for_ever(broker: Broker) -> None:
    """Forget every ten minutes; while the database does not answer, later."""
    while True:
        try:
            await forget(broker)
        except StoreUnavailable as error:
            log.warning("screens.not_forgotten", reason=str(error))
        await asyncio.sleep(_EVERY)
