"""Deadlines of another machine's clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discador.ami_gateway.sender_clock import PERIOD_S, SenderClock

HOUR = 3600.0


@given(skew=st.floats(-HOUR, HOUR), delays=st.lists(st.floats(0, 30), min_size=1, max_size=50), delay=st.floats(0, 30))
def test_a_deadline_is_never_later_than_meant_once_a_quick_order_was_seen(
    skew: float, delays: list[float], delay: float
) -> None:
    clock, now = SenderClock(), 1000.0
    clock.learn(now + skew, now)  # an order that took no time
    for late in delays:
        clock.learn(now + skew - late, now)
    clock.learn(now + skew - delay, now)
    deadline = clock.ours(now + skew - delay + 10)
    assert abs(deadline - (now - delay + 10)) < 1e-6


def test_an_order_that_waited_in_a_frozen_process_is_late_though_the_clocks_differ_by_an_hour() -> None:
    clock = SenderClock()
    clock.learn(HOUR + 100.0, 100.0)
    clock.learn(HOUR + 101.0, 131.0)  # read after 30 s in the socket of a frozen process
    assert clock.ours(HOUR + 101.0 + 10) < 131.0


def test_a_clock_that_was_set_is_believed_within_two_periods() -> None:
    clock = SenderClock()
    clock.learn(100.0, 100.0)
    for now in (100 + PERIOD_S, 100 + 2 * PERIOD_S + 1, 100 + 3 * PERIOD_S + 2):
        clock.learn(now - HOUR, now)  # the sender's clock was set back an hour
    assert clock.ours(1000.0) == 1000.0 + HOUR


def test_after_a_long_silence_nothing_old_is_believed() -> None:
    clock = SenderClock()
    clock.learn(100.0, 100.0)
    clock.learn(100.0, 100.0 + 10 * PERIOD_S)
    assert clock.ours(0.0) == 10 * PERIOD_S
