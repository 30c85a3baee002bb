"""Timing: the waits and bounds that the ledger keeps, and the prefix of its topics."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The waits and bounds that the ledger keeps, and the prefix of its topics."""

    republish_after: timedelta
    lease: timedelta
    topic_prefix: str = ""
    #: how long an irreversible event waits, in which it can be stopped
    cool_off: timedelta = timedelta(0)
    #: parked persons of a department, and deliveries of one person behind a parked one, at most
    most_parked: int = 10_000
    most_behind: int = 1000

    def department_topic(self, department: str) -> str:
        """The topic of one department."""
        return f"{self.topic_prefix}departments.{department}"
