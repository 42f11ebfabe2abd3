"""The id of an attempt: a UUID version 7 (RFC 9562, section 5.7).

Its canonical text travels as AMI ActionID, as ChannelId and in the header `X-Discador-Attempt`.
"""

from __future__ import annotations

import uuid

from discador.core.errors import InvalidAttemptId

#: How many random bytes `attempt_id` asks for.
RANDOM_BYTES = 8


def attempt_id(now_us: int, random_bits: bytes) -> uuid.UUID:
    """Return the id of an attempt made at `now_us` (microseconds of Unix time).

    Ids sort by their time: the twelve bits after the millisecond hold its fraction (RFC 9562, section 6.2,
    method 3). The remaining 62 bits come from the first eight bytes of `random_bits`.

    Raises:
        ValueError: the time does not fit in 48 bits of milliseconds, or there are fewer than eight bytes.
    """
    milliseconds, fraction_us = divmod(now_us, 1000)
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError("now_us must be microseconds of Unix time, from 1970 to the year 10889")
    if len(random_bits) < RANDOM_BYTES:
        raise ValueError(f"random_bits must hold at least {RANDOM_BYTES} bytes")
    fraction = fraction_us * 4096 // 1000
    tail = int.from_bytes(random_bits[:RANDOM_BYTES], "big") & ((1 << 62) - 1)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail)


def format_attempt_id(value: uuid.UUID) -> str:
    """Return the canonical text: lower case, with hyphens."""
    return str(value)


def parse_attempt_id(text: str) -> uuid.UUID:
    """Return the id whose canonical text is `text`; any other spelling is refused.

    Raises:
        InvalidAttemptId: not canonical, or not version 7.
    """
    try:
        value = uuid.UUID(text)
    except ValueError:
        value = None
    if value is None or value.version != 7 or str(value) != text:
        raise InvalidAttemptId("an attempt id is a UUID version 7 in lower case with hyphens")
    return value
