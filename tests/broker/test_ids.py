import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from broker import ids

REFERENCE = re.compile(r"TUO-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
uuids = st.uuids()
words = st.text(min_size=1, max_size=20)


def test_identities_are_the_same_in_every_release() -> None:
    """A change here would send every delivery a second time under another key."""
    told = ids.notification_id("form", "call-1")
    assert str(told) == "5e7769d5-354c-54d7-91e4-66b0097da582"
    assert str(ids.delivery_id(told, "council-tax", 1)) == "9fc23c89-23d6-5360-a983-eb8a7d9a5298"
    assert ids.reference(told) == "TUO-BSVP-KN9N-9HAD"
    assert ids.unknown_person(told) == "052fe242-724f-56dd-a91d-c7b415e10dec"
    assert ids.fingerprint(b"{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(told=uuids)
def test_a_reference_can_be_read_out_and_leads_back_to_its_60_bits(told: UUID) -> None:
    reference = ids.reference(told)
    assert REFERENCE.fullmatch(reference)
    value = 0
    for letter in reference[4:].replace("-", ""):
        value = value * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
    assert value == told.int >> 68


@given(one=st.tuples(uuids, words, st.integers(1, 9)), other=st.tuples(uuids, words, st.integers(1, 9)))
def test_each_notification_department_and_revision_has_its_own_delivery(
    one: tuple[UUID, str, int], other: tuple[UUID, str, int]
) -> None:
    assert (ids.delivery_id(*one) == ids.delivery_id(*other)) == (one == other)


@given(told=uuids)
def test_what_is_derived_for_one_purpose_is_never_that_of_another(told: UUID) -> None:
    derived = {str(told), str(ids.delivery_id(told, "housing", 1)), ids.unknown_person(told)}
    derived.add(str(ids.notification_id("form", str(told))))
    assert len(derived) == 4
