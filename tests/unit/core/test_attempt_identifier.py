from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import attempt_id, format_attempt_id, parse_attempt_id
from discador.core.errors import InvalidAttemptId

times = st.integers(0, (1 << 48) * 1000 - 1)
bits = st.binary(min_size=8, max_size=16)


@given(times, bits)
def test_an_id_is_a_uuid_of_version_7_whose_text_reads_back(now_us, random_bits):
    value = attempt_id(now_us, random_bits)
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == now_us // 1000
    assert parse_attempt_id(format_attempt_id(value)) == value


@given(times, times, bits, bits)
def test_ids_sort_by_their_time(earlier, later, some, other):
    earlier, later = sorted((earlier, later))
    if earlier != later:
        assert attempt_id(earlier, some).bytes < attempt_id(later, other).bytes


def test_the_example_of_rfc_9562_has_the_same_time():
    # Appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, 2022-02-22 14:22:22 -05:00
    assert format_attempt_id(attempt_id(1645557742000 * 1000, bytes(8))).startswith("017f22e2-79b0-7")


@given(st.integers(0, 2**62 - 1), st.integers(0, 2**62 - 1))
def test_different_randomness_gives_different_ids(some, other):
    same_id = attempt_id(0, some.to_bytes(8, "big")) == attempt_id(0, other.to_bytes(8, "big"))
    assert same_id == (some == other)


@pytest.mark.parametrize("now_us", [-1, (1 << 48) * 1000])
def test_a_time_that_does_not_fit_is_refused(now_us):
    with pytest.raises(ValueError, match="now_us"):
        attempt_id(now_us, bytes(8))


def test_too_little_randomness_is_refused():
    with pytest.raises(ValueError, match="at least 8 bytes"):
        attempt_id(0, bytes(7))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",  # upper case
        "017f22e279b07cc398c4dc0c0c07398f",  # no hyphens
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",  # version 4
    ],
)
def test_only_the_canonical_text_of_version_7_is_an_id(text):
    with pytest.raises(InvalidAttemptId) as caught:
        parse_attempt_id(text)
    assert caught.value.error_id == "attempt-id-invalid"
