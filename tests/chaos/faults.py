"""Faults, each a small function: it strikes, heals, and returns when it had healed (epoch seconds).

A fault whose effect a restart heals (a SIGKILL) has healed in the instant it struck, unless it says otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from redis import Redis as RedisClient

from discador.v1 import gateway_pb2 as wire
from tests.chaos.arena import Arena
from tests.system.installation import until

FREEZE_S = 8.0
STRIKE_AT = 0.3  # of the leads have been called

Strike = Callable[[Arena], float]

# What was promised for the time until calls are placed again (I5), seconds, once the killed process runs again.
MASTER_S, WORKER_S, GATEWAY_S, ASTERISK_S, REDIS_S, DATABASE_S = 6.0, 12.0, 5.0, 10.0, 5.0, 5.0


@dataclass(frozen=True)
class Fault:
    """`prepare` runs before the campaign starts. `via` names the links that go through a proxy."""

    name: str
    strike: Strike
    resumes_within_s: float
    prepare: Callable[[Arena], None] | None = None
    via: tuple[str, ...] = ()


# -- deaths ----------------------------------------------------------------------------------------------------------
def kill(name: str) -> Strike:
    def strike(arena: Arena) -> float:
        arena.fleet.shoot(name)
        return time.time()

    return strike


def kill_thrice(name: str) -> Strike:
    """Three deaths, at moments that the seed chooses."""

    def strike(arena: Arena) -> float:
        for _ in range(3):
            arena.fleet.shoot(name)
            time.sleep(arena.rng.uniform(0.5, 4.0))
        return time.time()

    return strike


def armed(name: str, point: str) -> Callable[[Arena], None]:
    """Start a service so that it dies (once) at a kill point: at the n-th passage, as the seed says."""

    def prepare(arena: Arena) -> None:
        # The points of batches are passed some ten times in a campaign, those of single calls some hundred times.
        arena.fleet.relaunch(name, {"DISCADOR_KILL_AT": f"{point}:{arena.rng.randint(3, 12)}"})
        arena.times["armed"] = arena.fleet.pid_of(name)
        arena.fleet.until_ready()

    return prepare


def wait_for_death(name: str) -> Strike:
    """Wait until the kill point was reached: another process runs under that name then."""

    def strike(arena: Arena) -> float:
        until(lambda: arena.fleet.pid_of(name) != arena.times["armed"], 30, f"{name} to reach its kill point")
        return time.time()

    return strike


def armed_to_freeze(name: str, point: str) -> Callable[[Arena], None]:
    """Start a service so that it freezes at a kill point: between two steps, inside of nothing."""

    def prepare(arena: Arena) -> None:
        arena.fleet.relaunch(name, {"DISCADOR_FREEZE_AT": f"{point}:{arena.rng.randint(3, 12)}"})
        arena.times["armed"] = arena.fleet.pid_of(name)
        arena.fleet.until_ready()

    return prepare


def thaw_later(name: str, after_s: float) -> Strike:
    """Wait until it is frozen; continue it so much later."""

    def strike(arena: Arena) -> float:
        until(lambda: arena.fleet.is_stopped(name), 40, f"{name} to freeze")
        time.sleep(after_s)
        arena.fleet.thaw(name)
        return time.time()

    return strike


def kill_asterisk(arena: Arena) -> float:
    """SIGKILL with calls ringing and up; healed when it is fully booted again."""
    arena.asterisk.kill()
    time.sleep(1.0)
    arena.asterisk.start()
    return time.time()


def restart_asterisk(arena: Arena) -> float:
    """As an operator does it: calls are hung up, the AMI says Shutdown."""
    arena.asterisk.restart()
    return time.time()


def wipe_redis(arena: Arena) -> float:
    arena.redis.wipe()
    return time.time()


def kill_redis(arena: Arena) -> float:
    """SIGKILL, away for two seconds, back empty."""
    arena.redis.kill()
    time.sleep(2.0)
    arena.redis.start()
    return time.time()


def wipe_redis_again_and_again(arena: Arena) -> float:
    for _ in range(6):
        arena.redis.wipe()
        time.sleep(arena.rng.uniform(0.3, 1.5))
    return time.time()


def kill_mariadb(arena: Arena) -> float:
    """SIGKILL, away for two seconds; healed when its recovery is through."""
    arena.mariadb.kill()
    time.sleep(2.0)
    arena.mariadb.start()
    return time.time()


def kill_everything(arena: Arena) -> float:
    """Every service, Redis, MariaDB and Asterisk at once; started in a random order."""
    services = list(arena.fleet.specs)
    for name in services:
        arena.fleet.shoot(name, restart=False)
    for server in (arena.redis, arena.mariadb, arena.asterisk):
        server.kill()
    starts: list[Callable[[], object]] = [arena.redis.start, arena.mariadb.start, arena.asterisk.start]
    starts += [lambda name=name: arena.fleet.launch(name) for name in services]  # type: ignore[misc]
    arena.rng.shuffle(starts)
    for start in starts:
        start()
        time.sleep(arena.rng.uniform(0.0, 0.5))
    return time.time()


def kill_services(arena: Arena) -> float:
    """Every service at once; the servers live. Started in a random order."""
    services = list(arena.fleet.specs)
    for name in services:
        arena.fleet.shoot(name, restart=False)
    arena.rng.shuffle(services)
    for name in services:
        arena.fleet.launch(name)
    return time.time()


# -- freezes ---------------------------------------------------------------------------------------------------------
def freeze(name: str) -> Strike:
    def strike(arena: Arena) -> float:
        arena.fleet.freeze(name)
        time.sleep(FREEZE_S)
        arena.fleet.thaw(name)
        return time.time()

    return strike


def freeze_server(which: str, seconds: float = FREEZE_S) -> Strike:
    """Asterisk (Originates queue in its socket, calls ring and are up), MariaDB or Redis."""

    def strike(arena: Arena) -> float:
        server = getattr(arena, which)
        server.freeze()
        time.sleep(seconds)
        server.thaw()
        return time.time()

    return strike


# -- links -----------------------------------------------------------------------------------------------------------
def cut_link(which: str, seconds: float) -> Strike:
    def strike(arena: Arena) -> float:
        arena.proxies[which].cut()
        time.sleep(seconds)
        arena.proxies[which].heal()
        return time.time()

    return strike


def stall_link(which: str, seconds: float) -> Strike:
    """Half-open: nobody is told, what was sent meanwhile arrives late."""

    def strike(arena: Arena) -> float:
        arena.proxies[which].stall()
        time.sleep(seconds)
        arena.proxies[which].heal()
        return time.time()

    return strike


def stall_and_cut_link(which: str, seconds: float) -> Strike:
    """Half-open, and then what was sent meanwhile is lost."""

    def strike(arena: Arena) -> float:
        arena.proxies[which].stall()
        time.sleep(seconds)
        arena.proxies[which].cut()
        arena.proxies[which].heal()
        return time.time()

    return strike


def slow_link(which: str, delay_s: float, seconds: float) -> Strike:
    def strike(arena: Arena) -> float:
        arena.proxies[which].delay = delay_s
        time.sleep(seconds)
        arena.proxies[which].delay = 0.0
        return time.time()

    return strike


def lose_commits(arena: Arena) -> float:
    """The answers to six COMMITs of the worker (gate, events) are lost; the commits are done."""
    proxy = arena.proxies["database"]
    proxy.lose_commits(6)
    until(lambda: proxy.commits_lost == 6, 40, "six COMMITs to lose their answers")
    return time.time()


# -- two of a kind ---------------------------------------------------------------------------------------------------
def with_second(name: str, like: str) -> Callable[[Arena], None]:
    def prepare(arena: Arena) -> None:
        arena.fleet.add(name, like)
        time.sleep(3.0)
        arena.fleet.until_ready()

    return prepare


def kill_leader(arena: Arena) -> float:
    arena.fleet.shoot(arena.leader(), restart=False)
    return time.time()


def freeze_leader(arena: Arena) -> float:
    """Frozen for 8 s: the other leads meanwhile, the thawed one must notice. Healed when it struck: a standby lives."""
    name, struck = arena.leader(), time.time()
    arena.fleet.freeze(name)
    time.sleep(FREEZE_S)
    arena.fleet.thaw(name)
    return struck


def second_gateway_comes_and_goes(arena: Arena) -> float:
    """Another gateway of the same node starts (the newest owns it), is killed six seconds later, for good."""
    arena.fleet.add("ami-gateway-2", "ami-gateway")
    time.sleep(6.0)
    arena.fleet.shoot("ami-gateway-2", restart=False)
    return time.time()


# -- strange ---------------------------------------------------------------------------------------------------------
def pause_under(strike: Strike) -> Strike:
    """Pause with the queue full, strike at once; resume when it is over and the calls have ended."""

    def both(arena: Arena) -> float:
        arena.times["paused"] = arena.pause()
        healed = strike(arena)
        time.sleep(max(0.0, arena.times["paused"] + 14.0 - time.time()))
        arena.resume()
        arena.times["resumed"] = time.time()
        return max(healed, arena.times["resumed"])

    return both


def replay_events(arena: Arena) -> float:
    """For six seconds: batches of the stream appended again, events of a batch reordered, rubbish besides."""
    client = RedisClient.from_url(arena.redis.url)
    key, copies = "discador:events:asterisk", []
    ends = time.time() + 6
    while time.time() < ends:
        for _, fields in client.xrange(key):
            if b"rubbish" in fields:
                continue
            batch = wire.CallEventBatch.FromString(fields[b"batch"])
            if batch.gateway_id == "again":
                continue
            events = list(batch.events)
            arena.rng.shuffle(events)
            copy = wire.CallEventBatch(node=batch.node, gateway_id="again", events=events)
            copies.append({"batch": copy.SerializeToString()})
        for fields in arena.rng.sample(copies, min(5, len(copies))):
            client.xadd(key, fields)
        client.xadd(key, {"batch": arena.rng.randbytes(20), "rubbish": b"x"})
        client.xadd("discador:jobs", {"rubbish": b"x"})
        time.sleep(0.05)
    client.close()
    return time.time()


def replay_jobs(arena: Arena) -> float:
    """Every job that passes by is published again, twice."""
    client = RedisClient.from_url(arena.redis.url)
    ends, last = time.time() + 5, "-"
    while time.time() < ends:
        for id_, fields in client.xrange("discador:jobs", min=last, count=200):
            if b"again" not in fields:
                for _ in range(2):
                    client.xadd("discador:jobs", {**fields, b"again": b"1"})
            last = f"({id_.decode()}"
        time.sleep(0.02)
    client.close()
    return time.time()


def clock_off(name: str, by: str) -> Callable[[Arena], None]:
    """One service lives an hour in the past or in the future."""

    def prepare(arena: Arena) -> None:
        library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
        fake = {"LD_PRELOAD": library, "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        arena.fleet.relaunch(name, **fake)
        time.sleep(3.0)
        arena.fleet.until_ready()

    return prepare


def nothing(arena: Arena) -> float:
    """The control: what the run looks like without a fault."""
    return time.time()
