"""Free loopback ports for servers that must be told their port before they start."""

from __future__ import annotations

import random
import socket

# Below the usual ephemeral range (32768 and up): an outgoing connection can't take the port in the meantime.
_FIRST, _LAST = 20_000, 32_000
_handed_out: set[int] = set()


def free_port() -> int:
    """A port that is free for TCP and UDP on 127.0.0.1 and was not handed out before by this process."""
    for _ in range(1_000):
        port = random.randint(_FIRST, _LAST)
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST} on 127.0.0.1: end servers left over by old runs")


def rtp_range(size: int = 4_000) -> tuple[int, int]:
    """First and last port of a block for RTP; two blocks may overlap, Asterisk skips ports that are taken."""
    first = random.randrange(34_000, 65_000 - size, 2)
    return first, first + size - 1


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
