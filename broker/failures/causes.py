"""Causes: what kind of failure something is, and which failures have one cause. Pure.

Two failures have one cause where department, kind of failure and normalised reason are equal.
"""

import re
from enum import StrEnum
from hashlib import sha256
from typing import Final


class Cause(StrEnum):
    """What kind of failure it is."""

    #: a delivery could not be taken for minutes; it is tried again by itself, ever more rarely
    PARKED = "parked"
    #: a delivery was tried as often as the settings allow
    DEAD = "dead"
    #: a delivery was sent, and nobody knows whether it had its effect
    UNKNOWN = "unknown"
    #: a back office will not take a delivery
    REFUSED = "refused"
    #: a fault of ours stopped a notification before anybody was told
    STUCK = "stuck"
    #: a record could not be read
    UNREADABLE = "unreadable"


CAUSE_CAPTIONS: dict[Cause, str] = {
    Cause.PARKED: "Not taken yet; tried again from time to time",
    Cause.DEAD: "Every try is used up",
    Cause.UNKNOWN: "Sent, and no clear answer",
    Cause.REFUSED: "The back office refused it",
    Cause.STUCK: "Stopped by a fault of ours",
    Cause.UNREADABLE: "The record could not be read",
}

#: identities and long numbers differ from failure to failure; a status such as 503 is the cause itself
_ONE_OF_MANY: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{4,}")


def normalised(reason: str | None) -> str:
    """A reason without what differs from one failure to the next."""
    return _ONE_OF_MANY.sub("n", (reason or "not-said").lower())


def group_id(cause: Cause, department: str | None, reason: str | None) -> str:
    """The name of a cause: the same for ever, on every machine."""
    said = f"{department or ''}\n{cause}\n{normalised(reason)}"
    return f"G-{sha256(said.encode()).hexdigest()[:8].upper()}"
