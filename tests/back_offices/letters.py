"""A delivery letter as a back office reads it."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

PREFIX, SUFFIX = "uk.tell-us-once.delivery.", ".v1"
KINDS = frozenset(
    [
        "move",
        "bereavement",
        "birth",
        "name_change",
        "joins_household",
        "leaves_household",
        "income_change",
        "work_change",
        "contact_change",
        "withdrawal",
    ],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a letter is refused as it stands; `field` names the place, never the value."""

    reason: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery: `told` is what the department may see, `digest` the bytes' SHA-256, `sense` the content's."""

    delivery: str
    kind: str
    subject: str
    sequence: int
    revision: int
    told_at: datetime
    told: Mapping[str, object]
    digest: str
    sense: str
    notification: str | None = None
    corrects: str | None = None
    withdraws: str | None = None
    key: str | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that are no delivery letter for this department; `fault` names what is wrong, never a value."""

    fault: str
    digest: str
    delivery: str | None = None


def digest_of(raw: bytes) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def canonical(content: object) -> bytes:
    """The same bytes for the same JSON content, whatever its spacing and order."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def fields_of(told: Mapping[str, object]) -> list[str]:
    """The names of the fields that were told, with a dot before those inside another; never a value."""
    return sorted({name for field, value in told.items() for name in _named(field, value)})


def _named(field: str, value: object) -> Iterator[str]:
    inner = value if isinstance(value, list) else [value]
    for each in inner:
        if isinstance(each, Mapping):
            yield from (f"{field}.{name}" for name in fields_of(each))
        elif each is not None:
            yield field


def token(value: object) -> str | None:
    """An id or reference: up to 200 visible ASCII characters, else None."""
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]{1,200}", value) else None


def instant(text: object) -> datetime | None:
    """An RFC 3339 time with its offset, or None."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def read_letter(raw: bytes, department: str, key: str | None = None) -> Letter | Unreadable:
    """The delivery letter in these bytes, if they hold one for this department."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return Unreadable(fault="not-json", digest=digest_of(raw))
    if not isinstance(content, dict):
        return Unreadable(fault="not-an-object", digest=digest_of(raw))
    return _letter(content, raw, department, key)


def _letter(content: Mapping[str, object], raw: bytes, department: str, key: str | None) -> Letter | Unreadable:
    delivery, told_at, kind = token(content.get("id")), instant(content.get("toldat")), kind_of(content.get("type"))
    subject, sequence, revision = (
        token(content.get("subject")),
        _whole(content, "sequence"),
        _whole(content, "revision"),
    )
    told = content.get("data")

    def wrong(fault: str) -> Unreadable:
        return Unreadable(fault=fault, digest=digest_of(raw), delivery=delivery)

    if delivery is None or subject is None:
        return wrong("id" if delivery is None else "subject")
    if content.get("specversion") != "1.0" or kind is None:
        return wrong("specversion" if kind else "type")
    if content.get("department") != department:
        return wrong("department")
    if sequence is None or revision is None or told_at is None:
        return wrong("sequence" if sequence is None else "revision" if revision is None else "toldat")
    if not isinstance(told, dict):
        return wrong("data")
    return Letter(
        delivery=delivery,
        kind=kind,
        subject=subject,
        sequence=sequence,
        revision=revision,
        told_at=told_at,
        told=told,
        digest=digest_of(raw),
        sense=digest_of(canonical(told)),
        notification=token(content.get("notification")),
        corrects=token(content.get("corrects")),
        withdraws=token(content.get("withdraws")),
        key=key,
    )


def kind_of(event_type: object) -> str | None:
    """The life event's kind in a CloudEvents type, or None when it is not one of ours."""
    if not isinstance(event_type, str) or not (event_type.startswith(PREFIX) and event_type.endswith(SUFFIX)):
        return None
    kind = event_type.removeprefix(PREFIX).removesuffix(SUFFIX)
    return kind if kind in KINDS else None


def _whole(content: Mapping[str, object], field: str) -> int | None:
    value = content.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
