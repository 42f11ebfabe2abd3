"""Whether a node carries out Originates when they are sent. Knows no clock: it is told the time.

What is sent to a gateway, a link or an Asterisk that stands still is carried out all at once when it goes on, and
the calls per second of the trunk are exceeded by as much. So nothing is sent while an Originate has been without an
answer for `STALL_S`, and nothing for `HOLD_S` after it: in the second in which the late ones are carried out, they
are fewer than a second of the pace. A node that says it takes no calls now is asked again after `HOLD_S`, instead of
having every lead refused at full pace.
"""

from __future__ import annotations

from typing import Final

#: An answer takes milliseconds. A standstill shorter than this is not noticed: it lets 1.5 times the pace through.
STALL_S: Final = 0.5
HOLD_S: Final = 1.0
#: Until the next look, while nobody can know for how long.
_LOOK_S: Final = 0.05


class Standstill:
    """One node, as one worker sees it. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._waiting: dict[int, float] = {}  # in order of sending
        self._count = 0
        self._hold_until = 0.0

    def sent(self, now: float) -> int:
        """Note that a request leaves; return its number, for `answered`."""
        self._count += 1
        self._waiting[self._count] = now
        return self._count

    def answered(self, number: int, now: float, takes_calls: bool) -> None:
        """Note that its answer came, or never will; `takes_calls` is false if the node takes none at present."""
        if now - self._waiting.pop(number) >= STALL_S or not takes_calls:
            self._hold_until = now + HOLD_S

    def wait_s(self, now: float) -> float:
        """Return 0 if a call may be sent now, else after how many seconds to ask again."""
        if self._waiting and now - next(iter(self._waiting.values())) >= STALL_S:
            return _LOOK_S
        return max(0.0, self._hold_until - now)
