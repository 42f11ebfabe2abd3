from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import BlockReason
from discador.core.compliance import Caps, NumberUsage, local_day, may_attempt
from discador.core.errors import InvalidSettings

ZONE = "America/Sao_Paulo"
AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # 22:00 on Monday 2 March in São Paulo
TODAY = date(2026, 3, 2)


def test_a_number_never_tried_may_be_tried():
    assert may_attempt(NumberUsage(), Caps(), AT, ZONE).allowed


def test_the_daily_cap_counts_the_local_day_and_ends_at_local_midnight():
    usage = NumberUsage(TODAY, attempts=2, last_at=AT - timedelta(hours=5))
    verdict = may_attempt(usage, Caps(2), AT, ZONE)
    assert (verdict.allowed, verdict.reason) == (False, BlockReason.DAILY_CAP)
    assert verdict.allowed_at == datetime(2026, 3, 3, 3, 0, tzinfo=UTC)
    assert may_attempt(usage, Caps(2), verdict.allowed_at, ZONE).allowed


def test_attempts_of_another_day_do_not_count():
    assert may_attempt(NumberUsage(TODAY - timedelta(days=1), 50), Caps(1), AT, ZONE).allowed


def test_spacing_is_kept_between_attempts():
    usage = NumberUsage(TODAY, 1, AT - timedelta(seconds=30))
    verdict = may_attempt(usage, Caps(5, min_spacing_s=60), AT, ZONE)
    assert (verdict.reason, verdict.allowed_at) == (BlockReason.SPACING, AT + timedelta(seconds=30))


def test_the_time_told_respects_both_caps():
    verdict = may_attempt(NumberUsage(TODAY, 2, AT), Caps(2, min_spacing_s=86_400), AT, ZONE)
    assert (verdict.reason, verdict.allowed_at) == (BlockReason.DAILY_CAP, AT + timedelta(days=1))


def test_an_unknown_zone_counts_days_in_utc():
    assert local_day(AT, "America/Nowhere") == date(2026, 3, 3)


@given(
    st.builds(
        NumberUsage,
        st.sampled_from([None, TODAY, TODAY - timedelta(days=1)]),
        st.integers(0, 5),
        st.none() | st.integers(0, 200_000).map(lambda s: AT - timedelta(seconds=s)),
    ),
    st.builds(Caps, st.integers(1, 4), st.floats(0, 200_000)),
)
def test_what_is_not_allowed_now_is_allowed_at_the_time_told_and_not_before(usage, caps):
    verdict = may_attempt(usage, caps, AT, ZONE)
    if verdict.allowed:
        assert (verdict.reason, verdict.allowed_at) == (None, None)
        return
    assert verdict.allowed_at > AT
    assert may_attempt(usage, caps, verdict.allowed_at, ZONE).allowed
    assert not may_attempt(usage, caps, verdict.allowed_at - timedelta(microseconds=1), ZONE).allowed


@given(st.builds(Caps, st.integers(1, 100), st.floats(0, 2_592_000)))
def test_caps_read_back_from_their_json(caps):
    assert Caps.from_json(caps.to_json()) == caps


def test_faults_of_caps_are_told_together():
    with pytest.raises(InvalidSettings) as caught:
        Caps(0, -1)
    assert [fault.path for fault in caught.value.faults] == ["per_number_per_day", "min_spacing_s"]
