"""How many calls a second Asterisk itself carries: a bare AMI client, as fast as it takes them.

`python -m tests.rig.ami_ceiling [calls] [16|22]` measures without and with the fence, in one run on one Asterisk.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from tests.rig.ami import Ami
from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.originate import fenced, unfenced

#: The carrier answers at once and talks until Asterisk, at the end of a message of 0.4 s, hangs up.
NUMBER = "5511999990000"
MESSAGE = "beep"
#: Calls under way at once: enough to keep Asterisk busy, few enough that none waits for seconds.
AT_ONCE = 200


@dataclass(frozen=True)
class Ceiling:
    """The result of one measurement; `invites` is the carrier's own count.

    `cpu` is Asterisk's own processor time in seconds: it compares runs also when the machine has other work.
    """

    calls: int
    seconds: float
    events: int
    invites: int
    cpu: float

    @property
    def calls_per_second(self) -> float:
        return self.calls / self.seconds


async def measure(
    asterisk: Asterisk, carrier: Carrier, calls: int, *, fence: bool, at_once: int = AT_ONCE, within: float = 120.0
) -> Ceiling:
    """Place `calls` calls, at most `at_once` of them under way, and wait until each has ended."""
    before = len(carrier.times())
    events = 0
    pending: set[str] = set()
    room = asyncio.Semaphore(at_once)
    async with Ami(asterisk.host, asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret) as ami:

        async def follow() -> None:
            nonlocal events
            ended = 0
            while ended < calls:
                event = await ami.events.get()
                events += 1
                if event.get("Event") == "Hangup" and event.get("Linkedid") in pending:
                    pending.discard(event["Linkedid"])
                    ended += 1
                    room.release()

        following = asyncio.create_task(follow())
        start, cpu = time.monotonic(), _processor_time(asterisk.pid)
        async with asyncio.timeout(within):
            for _ in range(calls):
                await room.acquire()
                attempt = str(uuid.uuid4())
                pending.add(attempt)
                if fence:
                    request = fenced(attempt, NUMBER, int(time.time()) + 20, MESSAGE=MESSAGE)
                else:
                    request = unfenced(attempt, NUMBER, MESSAGE=MESSAGE)
                ami.send("Originate", *request)
                await ami.drain()
            await following
        seconds = time.monotonic() - start
        cpu = _processor_time(asterisk.pid) - cpu
    return Ceiling(calls, seconds, events, len(carrier.times()) - before, cpu)


def _processor_time(pid: int) -> float:
    """User and system time of a process in seconds, from its stat line (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(calls: int, version: str) -> None:
    with Carrier() as carrier, Asterisk(version, carrier_port=carrier.port) as asterisk:
        for fence in (False, True, False, True):
            result = asyncio.run(measure(asterisk, carrier, calls, fence=fence))
            print(
                f"Asterisk {version}, {'behind the fence' if fence else 'without a fence '}: "
                f"{result.calls_per_second:.0f} calls/s, {1000 * result.cpu / calls:.1f} ms CPU a call, "
                f"{result.events / calls:.1f} events a call, {result.invites} INVITEs for {calls} calls",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, sys.argv[2] if len(sys.argv) > 2 else "22")
