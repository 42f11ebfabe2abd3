"""An Origination off the wire, checked: what may be written into Asterisk's dialplan.

The dialplan reads these values, so each has an alphabet of its own, without `,` `|` `&` `^` `$` and quotes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from discador.v1 import gateway_pb2 as wire

LONGEST_WAIT_S: Final = 60.0  # a deadline further away is a clock that is wrong: the fence must not be that loose
_SILENCE: Final = "silence/1"
_CHANNEL: Final = re.compile(r"PJSIP/([0-9A-Za-z+*#._-]{1,64})@([0-9A-Za-z._-]{1,64})")
_CALLER_ID: Final = re.compile(r"[0-9A-Za-z+*#._ -]{0,40}|[0-9A-Za-z+._ -]{1,40}<[0-9A-Za-z+*#._-]{1,40}>")
_MESSAGE: Final = re.compile(r"[0-9A-Za-z._/-]{0,200}")
_DIGIT: Final = re.compile(r"[0-9*#]")
_MEANINGS: Final = ("repeat", "opt_out", "hang_up")


class OrderInvalid(Exception):
    """An origination must not be carried out as it is; the text is the reason for the caller."""

    error_id = "origination-invalid"


@dataclass(frozen=True, slots=True)
class Order:
    """One call to place. `not_after` and `gated_at` are epoch seconds of the sender's clock."""

    attempt_id: str
    number: str
    trunk: str
    caller_id: str
    ring_s: int
    not_after: float
    gated_at: float | None
    message: str
    digits: str
    repeat: str
    opt_out: str
    header: bool


def not_after_there(not_after: float, now: float, clock_offset_s: float) -> int:
    """Return a deadline of our clock by Asterisk's, in whole seconds, never later than it was meant."""
    return math.floor(min(not_after, now + LONGEST_WAIT_S) + clock_offset_s)


def order_of(origination: wire.Origination) -> Order:
    """Return the checked order. Raises `OrderInvalid`; the text never repeats a value."""
    channel = _CHANNEL.fullmatch(origination.channel)
    if channel is None:
        raise OrderInvalid("invalid-channel: the trunk's dial must read PJSIP/{number}@endpoint")
    if not _CALLER_ID.fullmatch(origination.caller_id):
        raise OrderInvalid("invalid-caller-id: letters, digits and + * # . _ - only")
    if not _MESSAGE.fullmatch(origination.message) or ".." in origination.message:
        raise OrderInvalid("invalid-message: the name of a sound has letters, digits, / . _ - only")
    if not 1 <= origination.ring_timeout_s <= 300:
        raise OrderInvalid("invalid-ring-timeout: 1 to 300 seconds")
    if not origination.HasField("not_after"):
        raise OrderInvalid("invalid-not-after: a deadline is required")
    meanings: dict[str, str] = {}
    for digit, meaning in sorted(origination.digits.items()):
        if not _DIGIT.fullmatch(digit) or meaning not in _MEANINGS:
            raise OrderInvalid("invalid-digits: one key each, and repeat, opt_out or hang_up")
        if meaning != "hang_up" and meaning in meanings.values():
            raise OrderInvalid("invalid-digits: one key repeats and one opts out at most")
        meanings[digit] = meaning
    of = {meaning: digit for digit, meaning in meanings.items()}
    return Order(
        attempt_id=origination.attempt_id,
        number=channel[1],
        trunk=channel[2],
        caller_id=origination.caller_id,
        ring_s=origination.ring_timeout_s,
        not_after=_seconds(origination.not_after),
        gated_at=_seconds(origination.gated_at) if origination.HasField("gated_at") else None,
        message=origination.message or _SILENCE,
        digits="".join(meanings),
        repeat=of.get("repeat", ""),
        opt_out=of.get("opt_out", ""),
        header=origination.attempt_header,
    )


def _seconds(moment: Timestamp) -> float:
    return float(moment.seconds + moment.nanos / 1e9)
