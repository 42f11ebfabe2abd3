"""Commands to a running process, by its instance id: today, to restart.

`send_restart` leaves a key that expires by itself; `CommandWatch` of the process named reads it, and stops in
order with exit code 0. Whoever supervises the process (`discador up`, compose, Kubernetes) starts it again.
A command is lost with Redis; whoever sent it sees that the instance did not change, and sends it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from . import keys
from .redis_client import Redis

_RESTART: Final = b"restart"
_TTL_S: Final = 60


async def send_restart(redis: Redis, instances: Iterable[str]) -> None:
    """Ask each instance to finish what it has and exit."""
    async with redis.pipeline(transaction=False) as pipe:
        for instance in instances:
            pipe.set(_key(instance), _RESTART, ex=_TTL_S)
        await pipe.execute()


class CommandWatch:
    """A loop that looks each second whether this process is commanded to restart."""

    name = "commands"
    interval = 1.0

    def __init__(self, redis: Redis, instance: str, restart: Callable[[str], object]) -> None:
        self._redis = redis
        self._instance = instance
        self._restart = restart

    async def run_once(self) -> None:
        """Take the command, if there is one, and carry it out."""
        if await self._redis.getdel(_key(self._instance)) == _RESTART:
            self._restart("restart commanded")


def _key(instance: str) -> str:
    return keys.key("command", instance)
