"""Releases: which version of each adapter has spoken since when, so that a failure can be told from the release before.

An adapter's version is the broker's own and a digest of the adapter's source: a change without a new number shows too.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Connection, insert, select

from broker.adapter import Adapter, Telling
from broker.ports import Broker
from broker.replays.tables import adapter_release

PACKAGE = "tell-us-once-broker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of one department's adapter."""

    department: str
    version: str
    since: datetime


def version_of(adapter: Adapter) -> str:
    """The version of an adapter, as in 0.1.0+3fa1c2d4."""
    modules = {name for telling in adapter.tellings for name in _modules(telling)}
    said = sha256(b"\n".join(_source(name) for name in sorted(modules)))
    return f"{_package()}+{said.hexdigest()[:8]}"


def _modules(telling: Telling) -> Iterator[str]:
    yield telling.sees.__module__
    yield telling.when.__module__
    if telling.talk is not None:
        yield telling.talk.__module__


@cache
def _source(module: str) -> bytes:
    try:
        return inspect.getsource(sys.modules[module]).encode()
    except (KeyError, OSError, TypeError):  # a module without its source, as in some bundles
        return module.encode()


@cache
def _package() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "0"


async def note_releases(broker: Broker) -> None:
    """Write down, at a start, which adapters are others than before. Raises StoreUnavailable."""
    now = {adapter.department: version_of(adapter) for adapter in broker.adapters}
    at = broker.now()

    def unit(tx: Connection) -> int:
        known = {release.department: release.version for release in releases(tx)}
        new = [
            {"department": department, "since": at, "version": said}
            for department, said in now.items()
            if known.get(department) != said
        ]
        if new:
            tx.execute(insert(adapter_release), new)
        return len(new)

    await broker.store.write(unit)


def releases(tx: Connection) -> tuple[Release, ...]:
    """Every release that has run here, the oldest first."""
    rows = tx.execute(select(adapter_release).order_by(adapter_release.c.since))
    return tuple(Release(department=row.department, version=row.version, since=row.since) for row in rows)


def speaking_at(known: Sequence[Release], department: str | None, at: datetime) -> str | None:
    """The version that spoke for a department at a moment; None where none had been written down."""
    before = [release.version for release in known if release.department == department and release.since <= at]
    return before[-1] if before else None
