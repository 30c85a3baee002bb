"""Bad input, from framing to identifiers: each gets its code, nothing is repeated, and the next is answered."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import notifications
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.today import london_today
from tests.doors.office import Office, told

EVENTS = "/api/v1/life-events"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input: what is sent, what is answered, and what may not be repeated."""

    title: str
    body: bytes
    status: int
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    canary: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        return self.title.replace(" ", "-")


def raw(title: str, body: bytes | str, status: int, code: str | None, canary: str | None = None) -> Case:
    """A body that is sent as it stands."""
    written = body.encode() if isinstance(body, str) else body
    return Case(title=title, body=written, status=status, code=code, canary=canary)


def sent_as(title: str, headers: dict[str, str], status: int, code: str, body: bytes | None = None) -> Case:
    """A good event under other headers."""
    return Case(
        title=title,
        body=event() if body is None else body,
        headers=tuple({**JSON, **headers}.items()),
        status=status,
        code=code,
    )


def field(
    title: str, path: str, value: object, status: int, code: str | None = None, kind: type[LifeEvent] = Move
) -> Case:
    """A good event with one field changed."""
    canary = value if isinstance(value, str) and len(value) > 3 else None
    body = json.dumps(told(kind, **{path: value})).encode()
    dotted = path.replace("__", ".") if status == 422 else None
    return Case(title=title, body=body, status=status, code=code, canary=canary, field=dotted)


def event(**changes: object) -> bytes:
    return json.dumps(told(Move, **changes)).encode()


SURNAME, NINO, BORN, LINE = "subject__name__surname", "subject__nino", "subject__date_of_birth", "new_address__lines__0"
POSTCODE, UPRN, EMAIL, PHONE = "new_address__postcode", "new_address__uprn", "subject__email", "subject__phone"
MEDIA_TYPE = "unsupported_media_type"
OVERSEAS = {"state": "overseas", "lines": ["1 Rue"], "postcode": "75008", "country": "France"}
TODAY = london_today()
ACUTE = "e" + "\u0301" * 200

FRAMING = [
    raw("a string of a megabyte", b'{"name":"' + b"a" * 1_000_000 + b'"}', 413, "body_too_large"),
    sent_as("JSON as text/plain", {"Content-Type": "text/plain"}, 415, MEDIA_TYPE),
    sent_as("JSON as a form", {"Content-Type": "application/x-www-form-urlencoded"}, 415, MEDIA_TYPE),
    sent_as("JSON as multipart", {"Content-Type": "multipart/form-data"}, 415, MEDIA_TYPE),
    sent_as("JSON in UTF-16 by name", {"Content-Type": "application/json; charset=utf-16"}, 415, MEDIA_TYPE),
    sent_as("no media type", {"Content-Type": ""}, 415, MEDIA_TYPE),
    sent_as("a compressed body", {"Content-Encoding": "gzip"}, 415, "unsupported_encoding", gzip.compress(event())),
    sent_as("an unknown encoding", {"Content-Encoding": "identity, br"}, 415, "unsupported_encoding"),
    raw("a byte order mark", b"\xef\xbb\xbf" + event(), 400, "invalid_json"),
    raw("UTF-16", json.dumps({"name": "a"}).encode("utf-16"), 400, "invalid_json"),
    raw("bytes that are not UTF-8", b'{"name":"\xff\xfe"}', 400, "invalid_json"),
    raw("a form of 20,000 fields", "&".join(f"k{n}=v" for n in range(7_000)), 400, "invalid_json"),
]
STRUCTURE = [
    raw("20,000 nested arrays", "[" * 20_000 + "]" * 20_000, 400, "invalid_json"),
    raw("21 nested objects", '{"a":' * 21 + "1" + "}" * 21, 400, "invalid_json"),
    raw("a key twice", '{"nino":"QQ111111A","nino":"QQ222222B"}', 400, "duplicate_key", "QQ222222B"),
    raw("NaN", '{"amount":NaN}', 400, "invalid_json"),
    raw("Infinity", '{"amount":-Infinity}', 400, "invalid_json"),
    raw("a number beyond any float", '{"amount":1e999}', 400, "invalid_json"),
    raw("an integer of 5,000 digits", '{"n":' + "9" * 5000 + "}", 400, "invalid_json"),
    raw("nothing", b"", 400, "invalid_json"),
    raw("white space", b"  \n ", 400, "invalid_json"),
    raw("null", b"null", 400, "invalid_json"),
    raw("a list", b"[]", 400, "invalid_json"),
    raw("a cut-off document", event()[:-5], 400, "invalid_json"),
    raw("two documents", event() + event(), 400, "invalid_json"),
    raw("a half surrogate", b'{"kind":"\\ud800"}', 400, "invalid_json"),
    raw("a NUL in a value", b'{"kind":"move\\u0000"}', 400, "invalid_json"),
    raw("a NUL in a key", b'{"ki\\u0000nd":"move"}', 400, "invalid_json"),
    field("an unknown field", "status", "delivered", 422, "unknown_field"),
    field("another council's field", "council_id", "other-council", 422, "unknown_field"),
    field("a role of one's own", "role", "operator", 422, "unknown_field"),
    raw(
        "__proto__ and __class__", event()[:-1] + b',"__proto__":{"admin":true},"__class__":"x"}', 422, "unknown_field"
    ),
    raw("personal data as a key", event()[:-1] + b',"QQ999999C":1}', 422, "unknown_field", "QQ999999C"),
    field("version 99.0", "schema_version", "99.0", 422, "unknown_schema_version"),
    field("a list for a name", SURNAME, ["Okafor"], 422, "wrong_type"),
    field("a text for a list", "household", "Mia Okafor", 422, "wrong_type"),
]
NAMES = [
    field("SQL in a name", SURNAME, "Robert'); DROP TABLE events;--", 202),
    field("a curly apostrophe", SURNAME, "O\u2019Neill", 202),
    field("a template in a name", SURNAME, "{{7*7}}${7*7}#{7*7}<%=7*7%>", 422, "name_charset"),
    field("a script in a name", SURNAME, "<script>alert(1)</script>", 422, "name_charset"),
    field("one letter", SURNAME, "O", 202),
    field("a name that says null", SURNAME, "Null", 202),
    field("Welsh letters", SURNAME, "Llŷr Ŵyn Gwenllïan", 202),
    field("Chinese", SURNAME, "王小明", 202),
    field("Arabic", SURNAME, "محمد", 202),
    field("a zero-width space", SURNAME, "Smi\u200bth", 422, "hidden_character"),
    field("a direction left open", SURNAME, "\u2067Smith", 422, "hidden_character"),
    field("a direction overridden", SURNAME, "\u202eSmith", 422, "hidden_character"),
    field("200 combining marks", SURNAME, ACUTE, 422, "name_charset"),
    field("a second line", SURNAME, "John\nSmith\t", 422, "control_character"),
    field("no-break spaces around", SURNAME, "\u00a0Smith\u00a0", 202),
    field("spaces alone", SURNAME, "    ", 422, "missing"),
    field("a ligature", SURNAME, "\ufb01ona stra\u00dfe", 202),
    field("an emoji family", SURNAME, "\U0001f469\u200d\U0001f469\u200d\U0001f467", 422, "name_charset"),
    field("10,000 letters", SURNAME, "A" * 10_000, 422, "too_long"),
    field("101 letters", SURNAME, "B" * 101, 422, "too_long"),
]
NINOS = [
    field("spaces and small letters", NINO, "qq 12 34 56 c", 202),
    field("a barred letter", NINO, "DA123456A", 422, "nino_prefix"),
    field("O second", NINO, "AO123456A", 422, "nino_prefix"),
    *(field(f"the barred pair {pair}", NINO, f"{pair}123456A", 422, "nino_prefix") for pair in ("BG", "GB", "KN")),
    *(field(f"the temporary pair {pair}", NINO, f"{pair}123456A", 422, "nino_prefix") for pair in ("TN", "NT", "ZZ")),
    field("no last letter", NINO, "QQ123456", 422, "nino_suffix"),
    field("full-width digits", NINO, "QQ１２３４５６C", 422, "nino_format"),
    field("the letter O for zero", NINO, "QQ12345OC", 422, "nino_format"),
    field("an NHS number", NINO, "999 000 0018", 422, "nino_format"),
    field("a number that is a number", NINO, 123456, 422, "wrong_type"),
]
DATES = [
    field("30 February", BORN, "2024-02-30", 422, "bad_date"),
    field("29 February 2024", BORN, "2024-02-29", 202),
    field("29 February 2023", BORN, "2023-02-29", 422, "bad_date"),
    field("died today in London", "occurred_on", str(TODAY), 202, kind=Bereavement),
    field("died in three days", "occurred_on", str(TODAY + timedelta(days=3)), 422, "date_in_future", kind=Bereavement),
    field("born in three days", BORN, str(TODAY + timedelta(days=3)), 422, "date_in_future"),
    field("aged 131", BORN, "1895-01-01", 202),
    field("the year 10000", BORN, "10000-01-01", 422, "bad_date"),
    field("the year 0000", BORN, "0000-01-01", 422, "bad_date"),
    field("American order", BORN, "12/31/2025", 422, "bad_date"),
    field("an epoch", BORN, 1_700_000_000, 422, "bad_date"),
    field("Arabic-Indic digits", BORN, "٢٠٢٤-٠١-٠١", 422, "bad_date"),
    field("the repeated hour", "told_at", "2025-10-26T01:30:00 Europe/London", 202),
    field("no offset sign", "told_at", "2026-01-01T00:00:00-00:00", 202),
    field("an offset of a day", "told_at", "2026-01-01T00:00:00+24:01", 422, "bad_time"),
    field("a date for a time", "told_at", "yesterday", 422, "bad_time"),
    field("told tomorrow", "told_at", f"{TODAY + timedelta(days=2)}T09:00:00Z", 422, "date_in_future"),
]
ADDRESSES = [
    field("small letters, no space", POSTCODE, "aa24bb", 202),
    field("a postcode of another country", POSTCODE, "75008", 422, "postcode_format"),
    field(
        "the same with its country", "new_address", {"state": "overseas", "lines": ["1 Rue"], "country": "France"}, 202
    ),
    field("a postcode of no place", POSTCODE, "GIR 0AA", 422, "postcode_unknown"),
    field("a UPRN of 13 digits", UPRN, "1000000000001", 422, "uprn_format"),
    field("a UPRN of zeros", UPRN, "000000000000", 422, "uprn_format"),
    field("a formula as a street", LINE, "=1+1 High Street", 202),
    field("a street on two lines", LINE, "1 High\nStreet", 422, "control_character"),
    field("six lines", "new_address__lines", ["Line of six"] * 6, 422, "too_long"),
    field("protection by a flag of one's own", "protected", "perhaps", 422, "unknown_field"),
]
CONTACTS = [
    field("a quoted local part", EMAIL, '"a b"@example.org', 422, "email_format"),
    field("a header in an address", EMAIL, "a@example.org\r\nBcc: b@example.org", 422, "email_format"),
    field("premium rate", PHONE, "+44 909 8790 000", 422, "phone_format"),
    field("an extension", PHONE, "01632 960000 x12", 422, "phone_format"),
    field("an unknown free text", "notes", "Her number is QQ123456A, card 4111 1111 1111 1111", 422, "unknown_field"),
    field("a contact that is none", "new_email", "nobody", 422, "email_format", kind=ContactChange),
]
IDENTIFIERS = [
    sent_as("an empty key", {"Idempotency-Key": ""}, 400, "idempotency_key_format"),
    sent_as("a key of 256", {"Idempotency-Key": "k" * 256}, 400, "idempotency_key_format"),
    sent_as("a NINO as the key", {"Idempotency-Key": "QQ123456C"}, 422, "reference_is_personal_data"),
    sent_as("a spaced NINO as the key", {"Idempotency-Key": "qq 12 34 56 c"}, 422, "reference_is_personal_data"),
    field("a NINO as the reference", "client_reference", "QQ123456C", 422, "reference_is_personal_data"),
    field("a reference with a path in it", "client_reference", "../../etc/passwd", 422, "reference_format"),
    field("a reference of nobody", "corrects", "TUO-9999-9999-9999", 422, "earlier_not_found"),
]
CASES = [*FRAMING, *STRUCTURE, *NAMES, *NINOS, *DATES, *ADDRESSES, *CONTACTS, *IDENTIFIERS]


def send(office: Office, case: Case) -> httpx.Response:
    with office.client() as adviser:
        return adviser.post(EVENTS, content=case.body, headers=list(case.headers))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_input_gets_its_answer_and_is_never_repeated(long_office: Office, case: Case) -> None:
    answer = send(long_office, case)
    assert answer.status_code == case.status, answer.text
    if case.status == 202:
        assert answer.json()["reference"].startswith("TUO-")
    else:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert case.code in {problem["code"], *(one["code"] for one in problem["fields"])}
        assert not case.canary or not repeated(case.canary, answer)
    with long_office.client() as adviser:
        assert adviser.post(EVENTS, json=told(Move), headers={"Idempotency-Key": "the-next"}).status_code == 202


def repeated(canary: str, answer: httpx.Response) -> bool:
    document = {**answer.json(), "correlation_id": ""}
    return any(canary in json.dumps(document, ensure_ascii=ascii_) for ascii_ in (True, False))


def test_each_refusal_names_the_field(long_office: Office) -> None:
    for case in CASES:
        if case.field and case.code not in ("unknown_field", "missing", "too_long", "earlier_not_found"):
            fields = {one["field"] for one in send(long_office, case).json()["fields"]}
            assert case.field in fields, case.title


def test_a_refusal_of_a_known_sender_is_in_the_audit(office: Office) -> None:
    send(office, raw("NaN", '{"amount":NaN}', 400, "invalid_json"))
    send(office, field("30 February", BORN, "2024-02-30", 422, "bad_date"))
    refused = [about for actor, what, about in office.audited() if (actor, what) == ("adviser", "notification.refused")]
    assert refused == ["invalid_json", "bad_date"]


def test_names_are_kept_as_they_were_typed(office: Office) -> None:
    names = ["Robert'); DROP TABLE events;--", "O\u2019Neill", "Llŷr Ŵyn Gwenllïan", "王小明", "\ufb01ona stra\u00dfe"]
    for name in names:
        office.tell(told(Move, subject__name__surname=name))
    kept = office.broker.store.read_now(notifications.waiting_for_a_route(10))
    assert [one.event.subject.name.surname for one in kept if one.event.subject.name] == names


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
PLACES = st.sampled_from(
    ["subject", "subject__name", "subject__address", "household", "told_at", "corrects", "evidence"]
)
HEADERS = st.sampled_from(
    ["Content-Type", "Idempotency-Key", "Content-Encoding", "Authorization", "Accept", "If-None-Match"]
)
VALUES = st.binary(min_size=1, max_size=300).filter(lambda value: not set(value) & set(b"\r\n\0"))
relaxed = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(body=st.binary(max_size=2000))
def test_no_bytes_are_a_fault_of_ours(long_office: Office, body: bytes) -> None:
    answer = send(long_office, raw("bytes", body, 400, None))
    assert answer.status_code in (400, 422)


@relaxed
@given(place=PLACES, value=ANYTHING)
def test_no_value_in_a_field_is_a_fault_of_ours(long_office: Office, place: str, value: object) -> None:
    body = json.dumps(told(Move, **{place: value})).encode()
    answer = send(long_office, raw("a value", body, 422, None))
    assert answer.status_code in (202, 400, 422), answer.text


@relaxed
@given(headers=st.lists(st.tuples(HEADERS, VALUES)))
def test_no_header_is_a_fault_of_ours(long_office: Office, headers: Iterable[tuple[str, bytes]]) -> None:
    body = event()
    head = [
        b"POST /api/v1/life-events HTTP/1.1",
        b"Host: x",
        b"Connection: close",
        b"Content-Length: %d" % len(body),
        b"Authorization: Bearer " + long_office.keys["adviser"].encode(),
        *(name.encode() + b": " + value for name, value in headers),
    ]
    heard = long_office.exchange(b"\r\n".join(head) + b"\r\n\r\n" + body)
    assert heard[9:12] in (b"202", b"400", b"401", b"415", b"422", b"431")
