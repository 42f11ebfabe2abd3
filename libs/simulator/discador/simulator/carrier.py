"""The carrier inside: what happens to a call, by its number or by chance. Pure; randomness is an argument.

By number, the last two digits decide, as the real carrier of the tests does (tests/rig/carrier.py):

| digits | the carrier | hangup cause |
|---|---|---|
| 00 | rings, answers, talks until Asterisk hangs up | 16 |
| 01 | rings, answers, hangs up after 1 s without a reason | 16 |
| 02 | rings, answers, hangs up after 1 s with cause 16 | 16 |
| 03 | 486 Busy Here | 17 |
| 04 | rings until Asterisk gives up | 0, never answered |
| 05 | 480 Temporarily Unavailable | 19 |
| 06 | 404 Not Found | 1 |
| 07 | 503 Service Unavailable | 34 |
| 08 | 603 Decline | 21 |
| 09 | rings 2.5 s, answers, talks until Asterisk hangs up | 16 |
| 10 | early media for 1 s, answers, talks until Asterisk hangs up | 16 |
| 11, 12, 19 | rings, answers, presses 1, 2, 9 after 0.5 s, talks | 16 |
| 13 | never replies | 0, never answered |
| others | rings, answers at once, hangs up after 0.6 s without a reason | 16 |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Script:
    """How one call goes; times in seconds from the INVITE, or from the answer where it says so.

    `rings_after` None: never rings. `answers_after` None: never answers. `refused` is (after, Q.850 cause, SIP
    status). `hangs_up_after` (from the answer) None: talks until Asterisk hangs up.
    """

    rings_after: float | None = None
    answers_after: float | None = None
    refused: tuple[float, int, int] | None = None
    presses: str = ""
    presses_after: float = 0.5
    hangs_up_after: float | None = None
    hangup_cause: int = 0


Carrier = Callable[[str], Script]

_BRIEF: Final = 0.005
_ANSWERS: Final = Script(rings_after=_BRIEF, answers_after=2 * _BRIEF)
_OTHERS: Final = Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, hangs_up_after=0.6)
_BY_DIGITS: Final = {
    "00": _ANSWERS,
    "01": Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, hangs_up_after=1.0),
    "02": Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, hangs_up_after=1.0, hangup_cause=16),
    "03": Script(refused=(_BRIEF, 17, 486)),
    "04": Script(rings_after=_BRIEF),
    "05": Script(refused=(_BRIEF, 19, 480)),
    "06": Script(refused=(_BRIEF, 1, 404)),
    "07": Script(refused=(_BRIEF, 34, 503)),
    "08": Script(refused=(_BRIEF, 21, 603)),
    "09": Script(rings_after=_BRIEF, answers_after=2.5),
    "10": Script(answers_after=1.0),
    "11": Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, presses="1"),
    "12": Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, presses="2"),
    "19": Script(rings_after=_BRIEF, answers_after=2 * _BRIEF, presses="9"),
    "13": Script(),
}


def by_digits(number: str) -> Script:
    """Return the script that the number's last two digits name."""
    return _BY_DIGITS.get(number[-2:], _OTHERS)


def mixed(random: Random) -> Carrier:
    """Return a carrier whose calls go as calls go on an ordinary list: somewhat less than half are answered."""

    def script(_number: str) -> Script:
        rings_after = random.uniform(0.3, 1.5)
        lot = random.random()
        if lot < 0.44:
            answers_after = rings_after + random.uniform(2.0, 14.0)
            talk = min(60.0, random.expovariate(1 / 18.0) + 1.0)
            key = random.choice("12999") if random.random() < 0.35 else ""
            return Script(
                rings_after,
                answers_after,
                presses=key,
                presses_after=random.uniform(1.0, 4.0),
                hangs_up_after=talk,
                hangup_cause=random.choice((0, 16)),
            )
        if lot < 0.72:
            return Script(rings_after)
        refusals = ((0.84, 17, 486), (0.90, 19, 480), (0.94, 1, 404), (0.97, 34, 503), (0.99, 21, 603))
        for limit, cause, status in refusals:
            if lot < limit:
                return Script(refused=(rings_after, cause, status))
        return Script()

    return script
