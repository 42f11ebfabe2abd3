"""`python -m discador.simulator --port 5038`: run until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
from random import Random

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
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    await simulator.start()
    print(f"simulator: AMI on {simulator.host}:{simulator.port}, calls {settings.profile}", flush=True)
    await stopped.wait()
    await simulator.stop()


if __name__ == "__main__":
    asyncio.run(run(read()))
