"""A holder that is really frozen: a process stopped by SIGSTOP, as a virtual machine's pause would."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from discador.runtime.embedded_redis import EmbeddedRedis
from discador.runtime.lease import Lease
from discador.runtime.redis_client import Redis

HOLDER = """
import asyncio, os, sys
from discador.runtime.lease import Lease, LeaseKeeper
from discador.runtime.redis_client import connect

async def main():
    lease = Lease(connect(os.environ["TEST_REDIS_URL"]), "leader", "holder", 1000)
    keeper = LeaseKeeper(lease)
    while True:
        # What a master would ask before each act; printed before anything can renew.
        print("held" if lease.held else "free", file=sys.stderr, flush=True)
        await keeper.run_once()
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


@pytest.fixture
def holder(
    redis: Redis, redis_server: EmbeddedRedis, child_environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**child_environment, "TEST_REDIS_URL": redis_server.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    yield process
    process.kill()
    process.communicate()


async def test_a_thawed_holder_does_not_believe_for_a_moment_that_it_still_holds(
    redis: Redis, holder: subprocess.Popen[bytes], eventually: Any
) -> None:
    assert holder.stderr is not None
    said = holder.stderr.fileno()
    while b"held" not in os.read(said, 64):
        pass
    holder.send_signal(signal.SIGSTOP)
    heir = Lease(redis, "leader", "heir", 60_000)
    await eventually(heir.acquire)
    while select.select([said], [], [], 0)[0]:
        os.read(said, 4096)  # what it said before it froze
    holder.send_signal(signal.SIGCONT)
    words: list[bytes] = []
    while len(words) < 5:
        words += os.read(said, 64).split()
    # The first word may have been decided before the freeze and printed after it.
    assert set(words[1:]) == {b"free"}
    assert heir.held
