"""Leases on real servers, with a clock that the test moves where time matters."""

from __future__ import annotations

import asyncio

import pytest

from discador.runtime import keys
from discador.runtime.lease import Lease, LeaseKeeper
from discador.runtime.redis_client import Redis, connect


class HandClock:
    """A monotonic clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def keeper(redis: Redis, holder: str, told: list[str], *, ttl_ms: int = 5000, **kwargs: object) -> LeaseKeeper:
    steal = bool(kwargs.pop("steal", False))

    async def gained(fence: int) -> None:
        told.append(f"{holder} gained")

    async def lost() -> None:
        told.append(f"{holder} lost")

    lease = Lease(redis, "leader", holder, ttl_ms, **kwargs)  # type: ignore[arg-type]
    return LeaseKeeper(lease, steal=steal, on_gained=gained, on_lost=lost)


async def test_of_two_holders_one_gets_the_lease(redis: Redis) -> None:
    one, two = (Lease(redis, "leader", holder, 5000) for holder in ("one", "two"))
    assert sorted(await asyncio.gather(one.acquire(), two.acquire())) == [False, True]
    assert one.held != two.held
    assert await one.current_holder() == ("one" if one.held else "two")


async def test_only_the_holder_can_renew_or_release(redis: Redis) -> None:
    one, two = (Lease(redis, "leader", holder, 5000) for holder in ("one", "two"))
    await one.acquire()
    assert not await two.renew()
    await two.release()
    assert await one.renew()
    await one.release()
    assert not one.held
    assert await two.acquire()


async def test_a_frozen_holder_stops_believing_when_its_time_has_passed(redis: Redis, clock: HandClock) -> None:
    lease = Lease(redis, "leader", "one", 5000, clock=clock)
    await lease.acquire()
    clock.now += 4.9
    assert lease.held
    assert lease.remaining_s == pytest.approx(0.1)
    clock.now += 0.2  # no server was asked, nobody told us
    assert not lease.held


async def test_the_local_end_is_never_later_than_the_servers(redis: Redis, clock: HandClock) -> None:
    lease = Lease(redis, "leader", "one", 5000, clock=clock)
    await lease.acquire()
    await lease.renew()
    server_ms = await redis.pttl(keys.lease("leader"))
    assert server_ms <= 5000
    assert lease.remaining_s * 1000 <= 5000


async def test_the_newest_wins_when_it_steals_and_the_robbed_one_learns_at_its_next_renewal(redis: Redis) -> None:
    old, new = (Lease(redis, "node", holder, 5000) for holder in ("old", "new"))
    await old.acquire()
    assert await new.acquire(steal=True)
    assert new.fence > old.fence  # type: ignore[operator]
    assert not await old.renew()
    assert not old.held
    assert new.held


async def test_the_fence_rises_at_each_acquisition_also_across_a_wipe(redis: Redis) -> None:
    fences = []
    for holder in ("one", "two", "one"):
        lease = Lease(redis, "leader", holder, 5000)
        assert await lease.acquire(steal=True)
        fences.append(lease.fence)
        await redis.flushall()
    assert fences == sorted(set(fences))


async def test_a_lease_that_is_not_renewed_falls_to_another(redis: Redis, eventually) -> None:  # type: ignore[no-untyped-def]
    dead, heir = Lease(redis, "leader", "dead", 150), Lease(redis, "leader", "heir", 5000)
    await dead.acquire()
    assert not await heir.acquire()
    await eventually(heir.acquire)
    assert not dead.held


async def test_a_keeper_reports_gain_and_loss_in_turn(redis: Redis, clock: HandClock) -> None:
    told: list[str] = []
    one = keeper(redis, "one", told, clock=clock)
    assert one.interval == 1.0
    await one.run_once()
    await one.run_once()
    assert told == ["one gained"]
    clock.now += 60  # frozen; another took over meanwhile
    await redis.delete(keys.lease("leader"))
    two = keeper(redis, "two", told)
    await two.run_once()
    await one.run_once()
    assert told == ["one gained", "two gained", "one lost"]
    await two.close()
    await one.run_once()
    assert told[3:] == ["two lost", "one gained"]


async def test_a_keeper_that_overslept_hears_of_the_loss_before_it_gains_again(redis: Redis, clock: HandClock) -> None:
    told: list[str] = []
    one = keeper(redis, "one", told, clock=clock)
    await one.run_once()
    clock.now += 60
    await one.run_once()
    assert told == ["one gained", "one lost", "one gained"]


async def test_a_robbed_keeper_does_not_steal_back(redis: Redis) -> None:
    told: list[str] = []
    old, new = (keeper(redis, holder, told, steal=True) for holder in ("old", "new"))
    await old.run_once()
    await new.run_once()
    for _ in range(3):
        await old.run_once()
        await new.run_once()
    assert told == ["old gained", "new gained", "old lost"]
    await new.close()
    await old.run_once()
    assert told[3:] == ["new lost", "old gained"]


async def test_a_wipe_lets_a_keeper_lose_and_regain_with_a_new_fence(redis: Redis) -> None:
    told: list[str] = []
    one = keeper(redis, "one", told)
    await one.run_once()
    before = one.lease.fence
    await redis.flushall()
    await one.run_once()
    assert told == ["one gained", "one lost", "one gained"]
    assert one.lease.fence > before  # type: ignore[operator]


async def test_a_keeper_gives_the_lease_back_when_taking_up_fails(redis: Redis) -> None:
    async def fails(fence: int) -> None:
        raise ConnectionError("the database is away")

    one = LeaseKeeper(Lease(redis, "leader", "one", 5000), on_gained=fails)
    with pytest.raises(ConnectionError):
        await one.run_once()
    assert not one.held
    assert await Lease(redis, "leader", "two", 5000).acquire()


async def test_a_keeper_holds_on_by_its_own_clock_while_redis_is_away(redis: Redis, clock: HandClock) -> None:
    told: list[str] = []
    one = keeper(redis, "one", told, clock=clock)
    await one.run_once()
    away = connect("redis://127.0.0.1:1/0")
    real = (one.lease._renew, one.lease._acquire)
    one.lease._renew = away.register_script("return 0")
    one.lease._acquire = away.register_script("return 0")
    clock.now += 4
    await one.run_once()
    assert one.held
    clock.now += 2
    await one.run_once()
    assert told == ["one gained", "one lost"]
    one.lease._renew, one.lease._acquire = real
    await one.run_once()
    assert told == ["one gained", "one lost", "one gained"]
    await away.aclose()
