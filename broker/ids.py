"""Identities: derived, never random, so that a retry, a replay and a crash all arrive at the same one."""

import hashlib
from uuid import UUID, uuid5

#: the name space of everything this broker derives (a fixed UUID: changing it would double every delivery)
BROKER = UUID("6f1c3f0e-4d0b-5a53-9a3c-6b7d4f2f7a10")
#: Crockford's base 32: no I, L, O or U, so that a reference can be read out on the telephone
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def notification_id(source: str, key: str) -> UUID:
    """The identity of one telling: who sent it, and the sender's own key for it."""
    return uuid5(BROKER, f"notification\n{source}\n{key}")


def delivery_id(notification: UUID, department: str, revision: int) -> UUID:
    """The identity of one department's copy; it is also the idempotency key that the back office sees."""
    return uuid5(BROKER, f"delivery\n{notification}\n{department}\n{revision}")


def unknown_person(notification: UUID) -> str:
    """A lane of its own for somebody the directory does not know."""
    return str(uuid5(BROKER, f"unknown person\n{notification}"))


def reference(notification: UUID) -> str:
    """What an adviser reads out: TUO and twelve characters (60 bits) in groups of four."""
    bits = notification.int >> 68
    text = "".join(_ALPHABET[(bits >> shift) & 31] for shift in range(55, -1, -5))
    return f"TUO-{text[:4]}-{text[4:8]}-{text[8:]}"


def fingerprint(canonical: bytes) -> str:
    """A digest of what was said, to tell a repeat from another event under the same key. Kept in the database only."""
    return hashlib.sha256(canonical).hexdigest()
