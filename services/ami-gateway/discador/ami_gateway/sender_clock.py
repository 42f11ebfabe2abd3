"""The clock by which deadlines are told, as far as a receiver can know it.

Every order tells when it was made by the sender's clock. Our clock minus that is the difference of the clocks plus the
time the order took; the least of many is the best estimate of the difference alone (as in NTP's clock filter, RFC 5905
§10). So a late order is known as late, whatever either clock shows.
"""

from __future__ import annotations

from typing import Final

PERIOD_S: Final = 60.0


class SenderClock:
    """Learns the difference between our clock (seconds, any origin) and the senders'. Pure: times are arguments.

    An estimate lives one to two periods, so that a clock that was set is believed within two minutes. Deadlines err
    on the safe side meanwhile: the least difference makes the earliest deadline.
    """

    def __init__(self) -> None:
        self._began = float("-inf")
        self._least = float("inf")
        self._least_before = float("inf")

    def learn(self, sent_at: float, now: float) -> None:
        """Take note of an order made at `sent_at` by its sender's clock and read at `now` by ours."""
        if now - self._began >= PERIOD_S:
            stale = now - self._began >= 2 * PERIOD_S
            self._least_before = float("inf") if stale else self._least
            self._least, self._began = float("inf"), now
        self._least = min(self._least, now - sent_at)

    def ours(self, theirs: float) -> float:
        """Return a moment of the sender's clock by ours. Only after `learn`."""
        return theirs + min(self._least, self._least_before)
