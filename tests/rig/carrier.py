"""The carrier of the tests: one SIPp process on loopback UDP, and the witness of what was really dialled.

What happens is decided by the LAST TWO digits of the number called:

| digits | the carrier | Asterisk (16 and 22) reports, behind the guard |
|---|---|---|
| 00 | rings, answers, talks until Asterisk hangs up | answered; cause 16 |
| 01 | rings, answers, hangs up after 1 s, no Reason header | answered; cause 16 (0 without the guard) |
| 02 | rings, answers, hangs up after 1 s, `Reason: Q.850;cause=16` | answered; cause 16 |
| 03 | 486 Busy Here | cause 17 |
| 04 | rings until CANCEL, then 487 | NOANSWER; cause 0 (19 without the guard) |
| 05 | 480 Temporarily Unavailable | cause 19 |
| 06 | 404 Not Found | cause 1 |
| 07 | 503 Service Unavailable | cause 34 |
| 08 | 603 Decline | cause 21 |
| 09 | rings 2.5 s, answers, talks until Asterisk hangs up | answered |
| 10 | early media (183) for 1 s, answers, talks until Asterisk hangs up | answered |
| 11, 12, 19 | rings, answers, presses 1, 2, 9 (SIP INFO) after 0.5 s, talks | answered, digit |
| 13 | never replies | NOANSWER; cause 0 (19 without the guard), never Ringing |
| others | rings, answers at once, hangs up after 0.6 s, no Reason header | answered; cause 16 (0 without the guard) |
"""

from __future__ import annotations

import collections
import contextlib
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.rig.ports import free_port
from tests.rig.process import Process, ServerFailed
from tests.rig.server import Server

_SCENARIO = Path(__file__).with_name("carrier.xml")


@dataclass
class Witnessed:
    """What the carrier saw of one attempt id.

    `invites` counts calls placed (a retransmission is none). `answered`, `refused` (SIP status), `cancelled` say how
    the last of them went; `ended_by` is "carrier" or "asterisk" once an answered call is over. Times: epoch seconds.
    """

    attempt: str
    number: str
    invites: int = 0
    times: list[float] = field(default_factory=list)
    answered: bool = False
    answered_at: float | None = None
    refused: int | None = None
    cancelled: bool = False
    ended_by: str | None = None

    @property
    def outcome(self) -> str:
        """ "answered", "cancelled", a SIP status as text, or "pending"."""
        if self.answered:
            return "answered"
        if self.cancelled:
            return "cancelled"
        return str(self.refused) if self.refused else "pending"


class Carrier(Server):
    """SIPp as the carrier. Calls without an X-Discador-Attempt header are counted under the id ""."""

    title = "SIPp"
    stop_within = 3.0

    def __init__(self, port: int | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = port or free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="discador-carrier-"))
        self._log = self.directory / "calls.log"
        self._process: Process | None = None

    def start(self) -> Self:
        command = [
            *("sipp", "-sf", str(_SCENARIO), "-i", self.host, "-p", str(self.port)),
            *("-mi", self.host, "-mp", str(free_port()), "-t", "u1", "-nostdin", "-skip_rlimit"),
            *(
                "-trace_logs",
                "-log_file",
                str(self._log),
                "-trace_err",
                "-error_file",
                str(self.directory / "errors.log"),
            ),
            # Many simultaneous calls and bursts: big socket buffer, no cap that would end the process.
            *("-l", "100000", "-buff_size", "8000000", "-max_recv_loops", "5000", "-max_sched_loops", "5000"),
            *("-watchdog_interval", "0", "-deadcall_wait", "5000", "-nd"),
        ]
        self._process = Process(
            command,
            self.directory / "console.log",
            cwd=self.directory,
            env={"TERM": "dumb", "PATH": "/usr/bin"},
        )
        self._process.wait_until(self._listens, "SIPp", within=10)
        return self

    # -- the witness ------------------------------------------------------------------------------------------------
    def invites(self) -> dict[str, int]:
        """Attempt id → number of calls placed under it."""
        return {attempt: seen.invites for attempt, seen in self.witnessed().items()}

    def witnessed(self) -> dict[str, Witnessed]:
        """Attempt id → everything seen of it."""
        calls: dict[str, Witnessed] = {}
        for event, attempt, number, at in self._events():
            seen = calls.setdefault(attempt, Witnessed(attempt, number))
            kind, _, status = event.partition(" ")
            match kind:
                case "INVITE":
                    seen.invites += 1
                    seen.times.append(at)
                    seen.number = number
                case "ANSWERED":
                    seen.answered, seen.answered_at = True, at
                case "REFUSED":
                    seen.refused = int(status)
                case "CANCELLED":
                    seen.cancelled = True
                case "HANGUP":
                    seen.ended_by = "carrier"
                case "ENDED":
                    seen.ended_by = "asterisk"
        return calls

    def times(self) -> list[float]:
        """Arrival of every INVITE, epoch seconds, ascending."""
        return sorted(at for event, _, _, at in self._events() if event == "INVITE")

    def peak_per_second(self) -> int:
        """The most INVITEs within any window of one second."""
        window: collections.deque[float] = collections.deque()
        peak = 0
        for at in self.times():
            window.append(at)
            while at - window[0] >= 1.0:
                window.popleft()
            peak = max(peak, len(window))
        return peak

    # -- inside -----------------------------------------------------------------------------------------------------
    def _events(self) -> list[tuple[str, str, str, float]]:
        if not self._log.exists():
            return []
        for _ in range(20):
            with contextlib.suppress(ValueError):
                lines = self._log.read_text(errors="replace").split("\n")
                return [_event(line) for line in lines[:-1]]  # the last one is still being written
            # Seen once under heavy load: a line read while SIPp was in the middle of it.
            time.sleep(0.05)
        raise ServerFailed(f"the carrier's log {self._log} has a line that is no event")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.host, self.port))
            except OSError:
                return True
            return False


def _event(line: str) -> tuple[str, str, str, float]:
    event, attempt, number, seconds, micro = line.split("|")
    return event, attempt, number, float(seconds) + float(micro) / 1e6
