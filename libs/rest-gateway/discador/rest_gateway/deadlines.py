"""How long a call may take, from `Grpc-Timeout: <n>[HMSmun]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from discador.rest_gateway.errors import RequestError

_TIMEOUT: Final = re.compile(r"([0-9]{1,8})([HMSmun])")
_SECONDS: Final = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}

_LONGEST: Final = 365 * 24 * 3600.0  # more overflows gRPC's clock


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. `None` for a stream is no deadline: it lasts as long as client and service want it."""

    unary_default: float = 15.0
    unary_max: float = 60.0
    stream_default: float | None = None
    stream_max: float | None = None

    def timeout(self, header: str | None, *, is_stream: bool) -> float | None:
        """Return the seconds a call has; raises `RequestError` (400) for a malformed header."""
        default = self.stream_default if is_stream else self.unary_default
        highest = self.stream_max if is_stream else self.unary_max
        wanted = default if header is None else _parse(header)
        if wanted is None or highest is None:
            return highest if wanted is None else wanted
        return min(wanted, highest)


def _parse(header: str) -> float:
    found = _TIMEOUT.fullmatch(header)
    if not found:
        raise RequestError.invalid("must be up to 8 digits and one of H M S m u n", "Grpc-Timeout")
    return min(int(found[1]) * _SECONDS[found[2]], _LONGEST)
