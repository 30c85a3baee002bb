"""Strict reading of bytes."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reading import Unreadable, read_json

NESTED = b'{"a":' * 20 + b"1" + b"}" * 20


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a":"' + b"a" * 70_000 + b'"}', "body_too_large"),
        (b"[" * 100_000 + b"]" * 100_000, "body_too_large"),
        (b"[" * 30_000 + b"]" * 30_000, "invalid_json"),
        (b'{"a":' * 10_000, "invalid_json"),
        (b'{"a":' + NESTED + b"}", "invalid_json"),
        (b'{"nino":"QQ123456A","nino":"QQ123456B"}', "duplicate_key"),
        (b'{"subject":{"nino":"QQ123456A","nino":"QQ123456A"}}', "duplicate_key"),
        (b'{"a":1,"\\u0061":1}', "duplicate_key"),
        (b'{"amount":NaN}', "invalid_json"),
        (b'{"amount":Infinity}', "invalid_json"),
        (b'{"amount":-Infinity}', "invalid_json"),
        (b'{"amount":1e999}', "invalid_json"),
        (b'{"n":' + b"9" * 5_000 + b"}", "invalid_json"),
        (b'{"n":' + b"9" * 60_000 + b"}", "invalid_json"),
        (b'{"n":' + b"9" * 31 + b"}", "invalid_json"),
        (b'{"n":0.' + b"9" * 5_000 + b"}", "invalid_json"),
        (b"", "invalid_json"),
        (b" \t\r\n", "invalid_json"),
        (b"null", "invalid_json"),
        (b"[]", "invalid_json"),
        (b'"text"', "invalid_json"),
        (b"1", "invalid_json"),
        (b'\xef\xbb\xbf{"a":1}', "invalid_json"),
        ('{"a":1}'.encode("utf-16"), "invalid_json"),
        (b'{"a":"\xff"}', "invalid_json"),
        (b'{"a":"\xed\xa0\x80"}', "invalid_json"),
        (b'{"a":"\\ud800"}', "invalid_json"),
        (b'{"\\udfff":1}', "invalid_json"),
        (b'{"a":["x\\u0000"]}', "invalid_json"),
        (b'{"a":"\x00"}', "invalid_json"),
        (b'{"a":1,}', "invalid_json"),
        (b"{'a':1}", "invalid_json"),
        (b'{"a":1} {"b":2}', "invalid_json"),
        (b'{"a":01}', "invalid_json"),
        (b'{"a":1}//', "invalid_json"),
    ],
)
def test_what_two_parsers_could_read_differently_is_refused(body: bytes, code: str) -> None:
    start = time.process_time()
    with pytest.raises(Unreadable) as caught:
        read_json(body)
    assert time.process_time() - start < 0.05
    assert caught.value.code == code


def test_nesting_up_to_the_limit_numbers_and_escapes_are_read() -> None:
    assert read_json(NESTED) == json.loads(NESTED)
    body = '{"a":[1,-2.5,1e3,true,null,"[[[[{{{{ \\" \\\\ \\u00e9 \\ud83d\\ude00 ŵ"],"n":' + "9" * 30 + "}"
    assert read_json(body.encode()) == json.loads(body)


def test_brackets_in_text_are_not_nesting() -> None:
    assert read_json(b'{"a":"' + b"[" * 1_000 + b'"}') == {"a": "[" * 1_000}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Half surrogates cannot be written in UTF-8, and NUL is refused.
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcŵ", max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text("abcŵ", max_size=4), json_values, max_size=4), st.booleans())
def test_any_modest_object_reads_back_as_it_was_written(document: dict[str, object], escaped: bool) -> None:
    assert read_json(json.dumps(document, ensure_ascii=escaped).encode()) == document


fragments = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u", b"d800", b":", b",", b"a", b"9", b"-", b"1e9"]
)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.lists(fragments, max_size=200).map(b"".join))
def test_any_bytes_are_read_or_found_unreadable(body: bytes) -> None:
    answer = _answer(body)
    assert answer in ("invalid_json", "duplicate_key", "body_too_large") or answer == json.loads(body)


def _answer(body: bytes) -> object:
    """Say the document, or the code with which the bytes are refused."""
    try:
        return read_json(body)
    except Unreadable as unreadable:
        return unreadable.code


@pytest.mark.parametrize("body", [b'{"a":"Zanzibar"', b'{"Zanzibar":1,"Zanzibar":2}', b'"Zanzibar\xff', b"Zanzibar"])
def test_the_error_neither_shows_nor_carries_what_was_sent(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(body)
    error: BaseException | None = caught.value
    while error is not None:
        assert "Zanzibar" not in f"{error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("piece", [b'"', b"\\", b'\\"', b'"\\', b"[", b'[""', b'{"":', b'"\\u0041",', b"9", b" "])
def test_the_worst_full_size_letters_cost_little(piece: bytes) -> None:
    body = (piece * (64 * 1024))[: 64 * 1024]

    def once() -> float:
        start = time.process_time()
        with pytest.raises(Unreadable):
            read_json(body)
        return time.process_time() - start

    assert min(once() for _ in range(3)) < 0.05
