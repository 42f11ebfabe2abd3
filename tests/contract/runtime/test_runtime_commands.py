"""Commands to one process, through real servers."""

from __future__ import annotations

from discador.runtime.commands import CommandWatch, send_restart
from discador.runtime.redis_client import Redis


async def test_a_restart_reaches_the_instance_it_names_once_and_no_other(redis: Redis) -> None:
    heard: list[str] = []
    one = CommandWatch(redis, "worker-1", lambda reason: heard.append(f"one {reason}"))
    two = CommandWatch(redis, "worker-2", lambda reason: heard.append(f"two {reason}"))
    await send_restart(redis, ["worker-1"])
    for watch in (two, one, one):
        await watch.run_once()
    assert heard == ["one restart commanded"]


async def test_a_command_to_nobody_is_forgotten(redis: Redis) -> None:
    await send_restart(redis, ["gone"])
    assert 0 < await redis.ttl("discador:command:gone") <= 60
