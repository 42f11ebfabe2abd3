"""`python -m discador.simulator --port 5038`: run until SIGTERM or SIGINT, or until the parent ends."""

from __future__ import annotations

import asyncio
from random import Random

from discador.runtime.parent import watch_parent
from discador.runtime.signals import stop_signals

from .asterisk import Asterisk
from .carrier import by_digits, mixed
from .server import Simulator
from .settings import SimulatorSettings, read


async def run(settings: SimulatorSettings) -> None:
    """Serve until told to stop."""
    carrier = by_digits if settings.profile == "digits" else mixed(Random(settings.seed))  # noqa: S311 - no secret
    asterisk = Asterisk(carrier, call_records=settings.call_records, speed=settings.speed)
    simulator = Simulator(
        asterisk, username=settings.username, secret=settings.secret, host=settings.host, port=settings.port
    )
    stopped = asyncio.Event()

    def stop(_reason: str) -> None:
        stopped.set()

    watch_parent(stop)
    with stop_signals(stop):
        await simulator.start()
        print(f"simulator: AMI on {simulator.host}:{simulator.port}, calls {settings.profile}", flush=True)
        await stopped.wait()
        await simulator.stop()


if __name__ == "__main__":
    asyncio.run(run(read()))
