"""A notification: one telling of one life event by one informant."""

from dataclasses import dataclass
from datetime import datetime

from schemas.life_event import LifeEvent
from schemas.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What was told, as it was written down."""

    id: str
    reference: str
    seq: int
    event: LifeEvent
    source: str
    told_at: datetime
    recorded_at: datetime
    corrects: str | None = None
    withdraws: str | None = None

    @property
    def earlier(self) -> str | None:
        """The notification that this one corrects or withdraws."""
        return self.corrects or self.withdraws


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Intake's answer, after the commit."""

    id: str
    reference: str
    #: the same telling had been written down before; the first answer holds
    repeat: bool
    #: what is accepted but should be confirmed with the caller
    warnings: tuple[Problem, ...] = ()


class KeyReused(Exception):
    """This key has been used before for another event."""


class CannotReadBack(Exception):
    """A notification that was written down cannot be read any more: the rules have changed since."""

    def __init__(self, id_: str) -> None:
        super().__init__("a notification that was written down cannot be read any more")
        self.id = id_


class EarlierNotFound(Exception):
    """The notification that is to be corrected or withdrawn is not here."""

    def __init__(self, field: str) -> None:
        super().__init__("no notification with this reference is here")
        #: the field that names it
        self.field = field
