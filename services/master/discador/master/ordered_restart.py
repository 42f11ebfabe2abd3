"""The restart of everything: workers first, so that no call that passed the gate is sent to a gateway that is gone."""

from __future__ import annotations

import asyncio
from typing import Final

from discador.master.fleet import Fleet
from discador.runtime.commands import send_restart
from discador.runtime.redis_client import Redis

#: A worker looks for commands each second and waits for the answers to what it has sent.
_PATIENCE_S: Final = 6.0
_PERIOD_S: Final = 0.1


async def restart_in_order(redis: Redis, fleet: Fleet) -> None:
    """Command every instance in sight to restart; the others when the workers are gone, or after six seconds.

    Raises RedisError, OSError.
    """
    instances = {one.instance.instance: one.instance.service for one in (await fleet.look()).services}
    workers = {instance for instance, service in instances.items() if service == "worker"}
    await send_restart(redis, workers)
    end = asyncio.get_running_loop().time() + _PATIENCE_S
    while workers & {one.instance.instance for one in (await fleet.look()).services}:
        if asyncio.get_running_loop().time() > end:
            break
        await asyncio.sleep(_PERIOD_S)
    await send_restart(redis, instances.keys() - workers)
