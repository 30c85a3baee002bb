"""Identifiers: normalised, refused by code, and read in plain ASCII only."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from schemas.email import read_email
from schemas.nhs_number import read_nhs_number
from schemas.nino import looks_like_nino, read_nino
from schemas.phone import read_phone
from schemas.postcode import read_postcode
from schemas.reference import read_reference
from schemas.tuo_reference import read_tuo_reference
from schemas.uprn import read_uprn

READERS: list[Callable[[str], str]] = [
    read_nino,
    read_nhs_number,
    read_uprn,
    read_postcode,
    read_phone,
    read_email,
    read_reference,
    read_tuo_reference,
]


def refusal(read: Callable[[str], str], text: str) -> str:
    with pytest.raises(PydanticCustomError) as caught:
        read(text)
    return caught.value.type


@pytest.mark.parametrize(
    ("read", "typed", "kept"),
    [
        (read_nino, "qq 12 34 56 c", "QQ123456C"),
        (read_nino, "QQ-12-34-56-C", "QQ123456C"),
        (read_nino, "\u00a0QQ123456\u00a0C ", "QQ123456C"),
        (read_nino, "ce000000a", "CE000000A"),
        (read_nino, "ZY 999999 D", "ZY999999D"),
        (read_nhs_number, "999 000 0018", "9990000018"),
        (read_nhs_number, "999-111-2227", "9991112227"),
        (read_nhs_number, "943 476 5919", "9434765919"),
        (read_uprn, "000000199356", "199356"),
        (read_uprn, " 1000 2333 6956 ", "100023336956"),
        (read_postcode, "aa11aa", "AA1 1AA"),
        (read_postcode, "sw1a1aa", "SW1A 1AA"),
        (read_postcode, "W1A-0AX", "W1A 0AX"),
        (read_postcode, "EC1A  1BB", "EC1A 1BB"),
        (read_postcode, "n1p 1aa", "N1P 1AA"),
        (read_postcode, "bf1 1aa", "BF1 1AA"),
        (read_phone, "07700 900123", "+447700900123"),
        (read_phone, "+44 (0)7700 900-123", "+447700900123"),
        (read_phone, "0044 7700 900123", "+447700900123"),
        (read_phone, "(020) 7946 0018", "+442079460018"),
        (read_phone, "01632 960001", "+441632960001"),
        (read_phone, "0800 1111", "+448001111"),
        (read_phone, "+353 20 912 3456", "+353209123456"),
        (read_phone, "0033 1 99 00 12 34", "+33199001234"),
        (read_email, " Ada.O'Brien+tax@Example.ORG ", "Ada.O'Brien+tax@example.org"),
        (read_email, "a@xn--exmple-cua.example.org", "a@xn--exmple-cua.example.org"),
        (read_reference, " 99345678 ", "99345678"),
        (read_reference, "1234567/8", "1234567/8"),
        (read_tuo_reference, "ab12 3c45 6de7", "AB123C456DE7"),
    ],
)
def test_an_identifier_is_kept_in_one_form(read: Callable[[str], str], typed: str, kept: str) -> None:
    assert read(typed) == kept
    assert read(kept) == kept


@pytest.mark.parametrize(
    ("read", "typed", "code"),
    [
        (read_nino, "", "nino_format"),
        (read_nino, "QQ\uff11\uff12\uff13\uff14\uff15\uff16A", "nino_format"),
        (read_nino, "QQ١٢٣٤٥٦A", "nino_format"),
        (read_nino, "QQ12345OA", "nino_format"),
        (read_nino, "943 476 5919", "nino_format"),
        (read_nino, "QQ1234567A", "nino_format"),
        (read_nino, "11 A1 11 11", "nino_format"),
        (read_nino, "ſſ123456A", "nino_format"),
        (read_nino, "Q" * 100_000, "nino_format"),
        (read_nino, "QQ123456", "nino_suffix"),
        (read_nino, "QQ123456E", "nino_suffix"),
        *[(read_nino, f"{letter}A123456A", "nino_prefix") for letter in "DFIQUV"],
        *[(read_nino, f"A{letter}123456A", "nino_prefix") for letter in "DFIOQUV"],
        *[(read_nino, f"{pair}123456A", "nino_prefix") for pair in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")],
        (read_nhs_number, "9990000017", "nhs_number_check"),
        (read_nhs_number, "9991234560", "nhs_number_check"),
        (read_nhs_number, "9999999999", "nhs_number_check"),
        (read_nhs_number, "999000001", "nhs_number_format"),
        (read_nhs_number, "٩٩٩٠٠٠٠٠١٨", "nhs_number_format"),
        (read_uprn, "1000000000001", "uprn_format"),
        (read_uprn, "0", "uprn_format"),
        (read_uprn, "000000000000", "uprn_format"),
        (read_uprn, "", "uprn_format"),
        (read_uprn, "10002A", "uprn_format"),
        (read_uprn, "１２３", "uprn_format"),
        (read_postcode, "gir0aa", "postcode_unknown"),
        *[
            (read_postcode, typed, "postcode_format")
            for typed in ("75008", "QA1 1AA", "M1 1AC", "ZZ1 1ZZ", "ZZ99 3VZ", "AA1", "", "AA1 1AA AA1", "ＡＡ1 1AA")
        ],
        *[
            (read_phone, typed, "phone_format")
            for typed in (
                "+44 909 8790 000 x12",
                "+44 909 879 0000",
                "0909 879 0000",
                "0044 909 879 0000",
                "07700 90012",
                "0700",
                "12345",
                "7700900123",
                "07700 900123 ext 4",
                "0800 FLOWERS",
                "٠٧٧٠٠٩٠٠١٢٣",
                "+",
                "",
                "+44",
                "07700 900123\n07700 900124",
                "0" * 10_000,
            )
        ],
        *[
            (read_email, typed, "email_format")
            for typed in (
                '"a b"@exámple.com',
                '"a b"@example.org',
                "a(comment)@example.org",
                "a@exámple.com",
                "ä@example.org",
                "a@localhost",
                "a@@example.org",
                "a..b@example.org",
                ".a@example.org",
                "a@-example.org",
                "a@example.org\nBcc: b@example.org",
                "a@[127.0.0.1]",
                "a" * 65 + "@example.org",
                "a@" + "b." * 130 + "org",
                "a." * 30_000,
                "@",
                "",
            )
        ],
        (read_reference, "QQ123456A", "reference_is_personal_data"),
        (read_reference, "aa 12 34 56 a", "reference_is_personal_data"),
        (read_reference, "TN-12-34-56-A", "reference_is_personal_data"),
        (read_reference, "a@example.org", "reference_format"),
        (read_reference, "a\nb", "reference_format"),
        (read_reference, "a" * 65, "reference_format"),
        (read_reference, "", "reference_format"),
        (read_tuo_reference, "AB123C456DE", "tuo_reference_format"),
        (read_tuo_reference, "AB123C456DE!", "tuo_reference_format"),
    ],
)
def test_what_is_not_one_is_refused_by_code(read: Callable[[str], str], typed: str, code: str) -> None:
    assert refusal(read, typed) == code


@pytest.mark.parametrize("switch", [None, "0", "true", ""])
def test_documentation_numbers_are_refused_unless_the_switch_says_1(
    switch: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TUO_TEST_IDENTIFIERS")
    if switch is not None:
        monkeypatch.setenv("TUO_TEST_IDENTIFIERS", switch)
    assert refusal(read_nino, "QQ123456C") == "nino_prefix"


def test_a_temporary_number_is_refused_in_its_own_words() -> None:
    with pytest.raises(PydanticCustomError, match="Temporary and administrative numbers are not accepted"):
        read_nino("TN123456A")


@settings(deadline=None)
@given(st.from_regex(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]", fullmatch=True))
def test_a_number_of_the_right_form_is_read_however_it_is_spaced(number: str) -> None:
    spaced = f" {number[:2].lower()} {number[2:5]}-{number[5:]} "
    if number[:2] in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
        assert refusal(read_nino, spaced) == "nino_prefix"
    else:
        assert read_nino(spaced) == number
    assert looks_like_nino(spaced)


@settings(deadline=None)
@given(st.integers(100_000_000, 999_999_999))
def test_at_most_one_check_digit_makes_an_nhs_number(nine: int) -> None:
    read = [digit for digit in range(10) if _answer(read_nhs_number, f"{nine}{digit}")[0]]
    assert len(read) <= 1


@settings(deadline=None)
@given(st.integers(1, 999_999_999_999))
def test_a_property_reference_is_the_same_with_and_without_its_zeros(number: int) -> None:
    assert read_uprn(f"{number:012}") == read_uprn(str(number)) == str(number)


@settings(deadline=None)
@given(st.text(max_size=80) | st.text("0123456789QABCDx+-()@. ", max_size=20))
@example("\u0660" * 12)
@example("a" * 20 + "@" + "b" * 40 + ".org")
def test_any_text_is_read_in_ascii_to_a_form_that_reads_as_itself_or_is_refused_without_being_shown(text: str) -> None:
    for read in READERS:
        assert "Zanzibar" not in _answer(read, f"Zanzibar{text}")[1]
        kept, _ = _answer(read, text)
        assert kept is None or (kept.isascii() and read(kept) == kept)


def _answer(read: Callable[[str], str], text: str) -> tuple[str | None, str]:
    """Say what is kept, or the message with which it is refused."""
    try:
        return read(text), ""
    except PydanticCustomError as error:
        return None, error.message()
