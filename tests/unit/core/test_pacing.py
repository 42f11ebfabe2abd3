from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.pacing import Gcra, PacingInput, Throughput, calls_to_reserve, queue_limit

ROOMY = PacingInput(
    target_calls=1000,
    live_calls=0,
    campaign_free_channels=1000,
    trunk_free_channels=1000,
    calls_per_second=1000.0,
    queued=0,
    horizon_s=3.0,
    backlog=0,
    max_backlog=1000,
    hopper=1000,
)


@pytest.mark.parametrize(
    ("change", "calls", "limit"),
    [
        ({"backlog": 990}, 10, "back-pressure"),
        ({"target_calls": 20, "live_calls": 15}, 5, "target-calls"),
        ({"campaign_free_channels": 4}, 4, "campaign-channels"),
        ({"trunk_free_channels": 3}, 3, "trunk-channels"),
        ({"calls_per_second": 10.0, "queued": 12}, 18, "calls-per-second"),
        ({"calls_per_second": 0.1}, 1, "calls-per-second"),
        ({"max_queued": 30, "queued": 12}, 18, "throughput"),
        ({"hopper": 7}, 7, "hopper"),
        ({"hopper": 0}, 0, "hopper"),
        ({"backlog": 5000}, 0, "back-pressure"),
        ({"target_calls": 3, "live_calls": 10}, 0, "target-calls"),
    ],
)
def test_the_tightest_limit_binds_and_is_named(change, calls, limit):
    assert calls_to_reserve(replace(ROOMY, **change)) == (calls, limit)


def test_a_queue_that_is_emptied_evenly_shows_its_speed_and_forgets_it_when_it_stands_still():
    known = Throughput(0.0, 100)
    for tick in range(1, 51):
        known = known.added(6).seen(tick / 10, 100)
    assert 59 < known.per_second <= 60
    assert queue_limit(known.per_second) == 60
    for tick in range(51, 101):
        known = known.seen(tick / 10, 100)
    assert known.per_second < 1
    assert queue_limit(known.per_second) == 30, "enough to show a new speed"
    assert known.seen(10.0, 0) == known, "no time, no speed"


counts = st.integers(0, 5000)


@given(
    st.builds(PacingInput, counts, counts, counts, counts, st.floats(0, 1000), counts, st.floats(0, 5), *[counts] * 3)
)
def test_no_limit_is_ever_exceeded(facts):
    calls, limit = calls_to_reserve(facts)
    assert calls >= 0
    assert calls <= max(0, facts.target_calls - facts.live_calls)
    assert calls <= facts.campaign_free_channels
    assert calls <= facts.trunk_free_channels
    assert calls <= facts.hopper
    assert calls <= max(0, facts.max_backlog - facts.backlog)
    assert calls + facts.queued < facts.calls_per_second * facts.horizon_s + 1 or calls == 0
    assert limit


@given(
    st.integers(1, 2_000_000),
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 30)), min_size=1, max_size=30),
)
def test_in_any_span_of_time_no_more_calls_are_granted_than_the_rate_and_the_burst(interval_us, burst, requests):
    gcra = Gcra(interval_us, burst)
    now, tat, grants = 1_000_000_000, 0, []
    for pause, wanted in requests:
        now += pause
        taken = gcra.take(tat, now, wanted)
        assert 0 <= taken.granted <= wanted
        tat = taken.tat_us
        grants.append((now, taken.granted))
    for n, (start, _) in enumerate(grants):
        for m in range(n, len(grants)):
            span = grants[m][0] - start
            assert sum(granted for _, granted in grants[n : m + 1]) <= burst + span // interval_us


@given(st.integers(1, 100_000), st.integers(1, 10), st.integers(0, 2_000_000), st.integers(1, 20))
def test_a_call_refused_now_is_granted_after_the_time_told_and_not_before(interval_us, burst, ahead, wanted):
    gcra = Gcra(interval_us, burst)
    now = 1_000_000_000
    taken = gcra.take(now + min(ahead, burst * interval_us), now, wanted)
    later = now + taken.retry_after_us
    assert gcra.take(taken.tat_us, later, 1).granted == 1
    if taken.retry_after_us:
        assert gcra.take(taken.tat_us, later - 1, 1).granted == 0


def test_a_rest_gives_the_burst_and_no_more():
    gcra = Gcra(100_000, burst=3)
    taken = gcra.take(0, 10_000_000, 10)
    assert taken == (3, 10_300_000, 100_000)
    assert gcra.take(taken.tat_us, 10_000_000, 1) == (0, 10_300_000, 100_000)
    assert gcra.take(taken.tat_us, 10_100_000, 1) == (1, 10_400_000, 100_000)


def test_a_clock_set_back_by_an_hour_delays_by_one_burst_at_most():
    gcra = Gcra(100_000, burst=3)
    hour_ahead = 3_600_000_000 + 10_000_000
    assert gcra.take(hour_ahead, 10_000_000, 1).retry_after_us == 100_000
    assert gcra.take(hour_ahead, 10_000_000, 1).granted == 0


@pytest.mark.parametrize(("calls", "interval_us"), [(1, 1_000_000), (3, 333_334), (0.5, 2_000_000), (5_000_000, 1)])
def test_calls_per_second_are_never_rounded_up(calls, interval_us):
    assert Gcra.per_second(calls).interval_us == interval_us


@pytest.mark.parametrize("make", [lambda: Gcra(0), lambda: Gcra(1, 0), lambda: Gcra.per_second(0)])
def test_a_rate_of_nothing_is_refused(make):
    with pytest.raises(ValueError, match=r"at least 1|more than 0"):
        make()
