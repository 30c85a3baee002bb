"""Standings: where a notification, and each of its deliveries, is now. Every one is in exactly one."""

from enum import StrEnum


class Progress(StrEnum):
    """Where a notification is on its first leg."""

    #: written down; departments are chosen next
    RECEIVED = "received"
    #: every department that needs to know has a delivery
    ROUTED = "routed"
    #: waits for a person or for a missing fact; nobody has been told
    HELD = "held"
    #: will not be told to anybody, with the reason
    REJECTED = "rejected"
    #: our own fault stopped it; an operator can replay it
    STUCK = "stuck"


class Standing(StrEnum):
    """Where one delivery is."""

    #: waits its turn behind an earlier event of the same person, or is about to be sent
    WAITING = "waiting"
    #: a request is on its way
    SENDING = "sending"
    #: lies with the back office, which has not answered yet
    HANDED_OVER = "handed_over"
    #: could not be taken; will be tried again by itself
    RETRYING = "retrying"
    #: could not be taken for minutes; it is tried again ever more rarely, and the person's later ones wait behind it
    PARKED = "parked"
    #: taken; the back office answers later
    AWAITED = "awaited"
    #: sent, and no usable answer: a person decides
    UNKNOWN = "unknown"
    #: answered
    SETTLED = "settled"
    #: will not be tried again until an operator replays it
    DEAD = "dead"
    #: called off: nothing more of it is sent, and what may have arrived is put right by what came after it
    CANCELLED = "cancelled"


#: an earlier delivery in one of these holds back the person's next one to the same department
BLOCKING = frozenset(
    {
        Standing.WAITING,
        Standing.SENDING,
        Standing.HANDED_OVER,
        Standing.RETRYING,
        Standing.PARKED,
        Standing.UNKNOWN,
        Standing.DEAD,
    }
)
#: it may be long before it moves on: what becomes of the person's later ones is for the department to say
STUCK = frozenset({Standing.PARKED, Standing.UNKNOWN, Standing.DEAD})
#: nothing more will happen by itself
AT_REST = frozenset({Standing.SETTLED, Standing.CANCELLED})

#: how a delivery reaches the engine: by its topic; straight, as a parked one's retry or a person's next; before all others
BY_TOPIC, STRAIGHT, URGENT = 0, 1, 2

PROGRESS_CAPTIONS: dict[Progress, str] = {
    Progress.RECEIVED: "Written down; departments are being chosen",
    Progress.ROUTED: "Every department that needs to know is being told",
    Progress.HELD: "Waiting; nobody has been told yet",
    Progress.REJECTED: "Not told to anybody",
    Progress.STUCK: "Stopped by a fault of ours; an operator can replay it",
}
STANDING_CAPTIONS: dict[Standing, str] = {
    Standing.WAITING: "Waiting to be sent",
    Standing.SENDING: "Being sent",
    Standing.HANDED_OVER: "With the department, no answer yet",
    Standing.RETRYING: "Could not be taken; will be tried again",
    Standing.PARKED: "Could not be taken yet; it is tried again from time to time",
    Standing.AWAITED: "Taken; the answer comes later",
    Standing.UNKNOWN: "Sent, but no clear answer; a person will check",
    Standing.SETTLED: "Answered",
    Standing.DEAD: "Stopped; an operator must look",
    Standing.CANCELLED: "Called off; nothing more of it is sent",
}
