"""The stand-in Asterisk: its calls, its clock, its records, and the dialplan of deploy/asterisk/extensions.conf."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from . import wire_text
from .call import Call
from .call_records import CallRecordFile
from .carrier import Carrier, by_digits
from .wire_text import Channel

#: (kind, text): the kind names what a filter of events can tell apart.
Listener = Callable[[str, bytes], None]


class Asterisk:
    """One run after another of a switch. `speed` divides every duration of a call (not the fence's deadline).

    `invites` is the witness: how often each attempt id went out to the carrier, over all runs.
    """

    version = "22.10.1-simulated"

    def __init__(self, carrier: Carrier = by_digits, *, call_records: Path | None = None, speed: float = 1.0) -> None:
        self.invites: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.fenced = 0
        self.carrier = carrier
        self.records = CallRecordFile(call_records)
        self.speed = speed
        self.clock_offset_s = 0.0  # what its clock is ahead of the real one
        self.calls: dict[str, Call] = {}
        self.listeners: set[Listener] = set()
        self.noisy = False  # send events that only an unfiltered manager.conf lets through
        self._serials = itertools.count(1)
        self._seen: set[str] = set()
        self._started_s = int(time.time())

    # -- its clock and its life --------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Its clock, epoch seconds."""
        return time.time() + self.clock_offset_s

    @property
    def started_at(self) -> datetime:
        """Start of this run; never the same for two runs."""
        return datetime.fromtimestamp(self._started_s, UTC)

    @property
    def uptime_s(self) -> int:
        return max(0, int(self.now) - self._started_s)

    def die(self) -> None:
        """End as by SIGKILL: calls are gone, without a record and without a word."""
        for call in tuple(self.calls.values()):
            call.vanish()
        self.calls.clear()

    def begin_anew(self) -> None:
        """A new run."""
        self._started_s = max(int(self.now), self._started_s + 1)

    # -- calls -------------------------------------------------------------------------------------------------------

    def originate(self, headers: Mapping[str, str], variables: Mapping[str, str]) -> str | None:
        """Take an Originate; return why not, or None. What becomes of it is told by events."""
        channel = headers.get("Channel", "")
        if not channel:
            return "Channel not specified"
        asyncio.get_running_loop().call_soon(self._begin, dict(headers), dict(variables), channel)
        return None

    def hangup(self, name: str, cause: int) -> bool:
        """Hang up the channel of this name or id; False if there is none."""
        return any(call.hangup_of(name, cause) for call in tuple(self.calls.values()))

    def serial(self) -> int:
        return next(self._serials)

    def first_time(self, attempt_id: str) -> bool:
        """What the strict fence asks."""
        if attempt_id in self._seen:
            return False
        self._seen.add(attempt_id)
        return True

    def tell(self, kind: str, event: bytes) -> None:
        """Send an event to every session that wants it."""
        for listener in tuple(self.listeners):
            listener(kind, event)

    def noise(self, channel: Channel) -> None:
        """Events that nobody needs."""
        if self.noisy:
            self.tell("VarSet", wire_text.var_set(channel, "SIPCALLID", "çãé-noise"))

    def _begin(self, headers: dict[str, str], variables: dict[str, str], channel: str) -> None:
        attempt_id = headers.get("ChannelId") or f"{int(self.now)}.{self.serial()}"
        guard = channel.removeprefix("Local/").removesuffix("/n")
        known = guard in ("call@discador-guard", "strict@discador-guard")
        if attempt_id in self.calls or not known:
            failed = wire_text.originate_failed(
                headers.get("ActionID", ""), attempt_id, channel, headers.get("Context", ""), ""
            )
            self.tell("OriginateResponse", failed)
            return
        call = Call(self, attempt_id, headers, variables, strict=guard.startswith("strict"))
        self.calls[attempt_id] = call
        call.begin()
