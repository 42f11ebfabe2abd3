from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from discador.core.errors import InvalidNumber
from discador.core.numbering import Line, Number, mask, normalise, state_of, zones_of
from discador.core.numbering.brazil import AREA_CODES, STATES, ZONES

MOBILE = Number("+5511987654321", "BR", Line.MOBILE, False)

#: Carrier codes that libphonenumber knows; ours accepts any two digits.
CARRIERS = ["12", "14", "15", "21", "23", "25", "31", "41", "43", "65", "99"]


@pytest.mark.parametrize(
    "text",
    [
        "+5511987654321",
        "+55 (11) 98765-4321",
        "5511987654321",
        "11987654321",
        "(11) 98765-4321",
        " 11.98765.4321 ",
        "011 98765-4321",
        "0 15 11 98765-4321",
        "+55 0 11 98765-4321",
        "0055 11 98765 4321",
        "11\u00a098765\u20114321",
        "11987654321.0",
    ],
)
def test_the_ways_to_write_a_brazilian_number(text):
    assert normalise(text) == MOBILE


def test_a_mobile_number_from_before_the_ninth_digit_gets_it():
    assert normalise("(11) 8765-4321") == Number("+5511987654321", "BR", Line.MOBILE, True)
    assert normalise("+55 97 6123-4567").e164 == "+5597961234567"


def test_area_code_55_is_not_the_country_code():
    assert normalise("55987654321").e164 == "+5555987654321"
    assert normalise("5532123456").e164 == "+555532123456"
    assert normalise("555532123456").e164 == "+555532123456"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("abc", "something else than digits"),
        ("+55 11 98765-4321 ramal 3", "something else than digits"),
        ("1.1987654321E10", "something else than digits"),
        ("11+987654321", "something else than digits"),
        ("٠١٢٣٤٥٦٧٨٩٠", "something else than digits"),
        ("98765-4321", "too short"),
        ("20987654321", "no area code (DDD) 20"),
        ("11 187654321", "not an area code (DDD) with 8 or 9 digits"),
        ("11 2876543210", "not an area code (DDD) with 8 or 9 digits"),
        ("1" * 16, "too long"),
        ("1" * 65, "too long"),
        ("0800 123 4567", "service number"),
        ("0300 123 4567", "service number"),
        ("+55 800 123 4567", "service number"),
        ("4004-1234", "service number"),
        ("190", "service number"),
        ("+999 123456", "country code"),
        ("+1 23", "not a number as they are assigned"),
        ("+1", "not a number"),
        ("+1 999 999 9999", "not a number as they are assigned"),
        ("+44 20 7946 0958 12345678", "too long"),
        ("+1 800 234 5678", "service number"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(text, reason):
    with pytest.raises(InvalidNumber) as caught:
        normalise(text)
    assert caught.value.error_id == "number-invalid"
    assert reason in caught.value.reason
    assert not re.search(r"\d{5}", caught.value.message)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+351 912 345 678", "BR", Number("+351912345678", "PT", Line.MOBILE, False)),
        ("912 345 678", "PT", Number("+351912345678", "PT", Line.MOBILE, False)),
        ("(212) 736-5000", "US", Number("+12127365000", "US", Line.UNKNOWN, False)),
        ("00 21 1 212 736 5000", "BR", Number("+12127365000", "US", Line.UNKNOWN, False)),
        ("0055 11 98765-4321", "PT", MOBILE),
        ("+55 11 98765-4321", "PT", MOBILE),
        ("+44 20 7946 0958", "BR", Number("+442079460958", "GB", Line.FIXED, False)),
    ],
)
def test_numbers_of_other_countries(text, region, number):
    assert normalise(text, region) == number


@given(
    st.sampled_from(["", "+55", "55", "0", "0055", "+550", *(f"0{carrier}" for carrier in CARRIERS)]),
    st.integers(10, 99).map(str),
    st.integers(0, 10**9 - 1),
    st.sampled_from([8, 9]),
)
def test_the_fast_path_agrees_with_libphonenumber(prefix, area, subscriber, length):
    digits = f"{subscriber:09}"[-length:]
    if length == 9:
        digits = "9" + digits[1:] if subscriber % 2 else digits
    reference = phonenumbers.parse(f"+55{area}{digits}")
    kind = phonenumbers.number_type(reference)
    try:
        number = normalise(f"{prefix}{area}{digits}")
    except InvalidNumber:
        assert kind not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
        return
    if number.ninth_digit_added:
        # libphonenumber does not repair; it knows the repaired number.
        assert digits[0] in "6789"
        reference = phonenumbers.parse(f"+55{area}9{digits}")
        kind = phonenumbers.number_type(reference)
    assert phonenumbers.is_valid_number(reference)
    assert number.e164 == phonenumbers.format_number(reference, phonenumbers.PhoneNumberFormat.E164)
    assert {PhoneNumberType.MOBILE: Line.MOBILE, PhoneNumberType.FIXED_LINE: Line.FIXED}[kind] is number.line


@given(
    st.text(max_size=20) | st.from_regex(r"\+?[0-9 ()./-]{0,18}", fullmatch=True), st.sampled_from(["BR", "US", "PT"])
)
def test_any_text_is_a_number_in_e164_or_refused_and_a_number_stays_as_it_is(text, region):
    try:
        number = normalise(text, region)
    except InvalidNumber:
        return
    assert re.fullmatch(r"\+[1-9]\d{3,14}", number.e164, re.ASCII)
    assert normalise(number.e164).e164 == number.e164


def test_every_area_code_that_libphonenumber_knows_has_a_state_and_zones():
    valid = {
        str(area) for area in range(10, 100) if phonenumbers.is_valid_number(phonenumbers.parse(f"+55{area}987654321"))
    }
    assert set(STATES) == valid == set(ZONES)
    assert len(STATES) == 67
    assert sum(len(codes) for codes in AREA_CODES.values()) == 67
    assert len(AREA_CODES) == 27


def test_every_zone_of_the_table_exists():
    assert all(ZoneInfo(zone) for zones in ZONES.values() for zone in zones)


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        ("+5511987654321", ("America/Sao_Paulo",)),
        ("+5581987654321", ("America/Sao_Paulo",)),  # not Noronha
        ("+559432123456", ("America/Sao_Paulo",)),  # not Manaus
        ("+5592987654321", ("America/Manaus",)),
        ("+5597987654321", ("America/Manaus", "America/Eirunepe")),
        ("+5568987654321", ("America/Rio_Branco",)),
        ("+5565987654321", ("America/Cuiaba",)),
        ("+12127365000", ("America/New_York",)),
        ("+5520987654321", ("Etc/Default",)),
        ("+80012345678", ("Etc/Default",)),
        ("no number", ("Etc/Default",)),
    ],
)
def test_the_zones_of_a_number(e164, zones):
    assert zones_of(e164, "Etc/Default") == zones


def test_a_number_that_tells_only_its_country_may_lie_in_all_its_zones():
    assert {"America/New_York", "America/Los_Angeles"} <= set(zones_of("+18002345678", "UTC"))


def test_the_state_of_a_number():
    assert state_of("+5571987654321") == "BA"
    assert state_of("+12127365000") is None
    assert state_of("+5520987654321") is None


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+5511987654343", "+5511*****43"),
        ("+12127365000", "+1*****00"),
        ("+351912345678", "+351*****78"),
        ("+442079460958", "+44*****58"),
        ("+999123456789", "+*****89"),
        ("+5512", "+5*****12"),
        ("11987654343", "*****"),
        ("", "*****"),
    ],
)
def test_a_masked_number_keeps_where_it_is_from_and_two_digits(e164, masked):
    assert mask(e164) == masked
