"""The leader's loop that turns leads into jobs: promote, look, reserve, publish.

Ten times a second and when woken; twice a second while no campaign runs. A trunk's queue is filled up when it is half
empty, so that one reservation brings many leads.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from redis.exceptions import RedisError

from discador.core.attempt import State
from discador.core.compliance import CallingWindow
from discador.core.pacing import PacingInput, Throughput, calls_to_reserve, queue_limit
from discador.master.fleet import Fleet
from discador.master.jobs import Job, Jobs
from discador.master.leadership import Leadership
from discador.master.routes import HORIZON_S, closed_zones, max_backlog, routes
from discador.runtime.killpoint import killpoint
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import DatabaseUnavailable, StaleLeader
from discador.store.records import Campaign, LiveCount, Node, ReservePlan, Trunk

EXPIRES_IN_S: Final = 20.0  #: an attempt that no worker took by then gives its lead back
_MAX_BATCH: Final = 200
_HOUSEKEEPING_S: Final = 1.0
_REST_S: Final = 0.5
_ENDLESS: Final = 1_000_000  # the reservation itself finds out how many leads are ready
_log: Final = get_logger("dialler")


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the database says at the beginning of a round; of trunks and nodes, within the last second."""

    campaigns: list[Campaign]
    trunks: dict[int, Trunk]
    nodes: dict[int, Node]
    live: list[LiveCount]


@dataclass(frozen=True, slots=True)
class _Closed:
    """Closed zones of a campaign, good for a second and for these windows."""

    window: CallingWindow
    zones: dict[str, datetime]
    until: float


class _Load:
    """Attempts that have not ended, kept up to date through a round."""

    def __init__(self, live: list[LiveCount]) -> None:
        self.by_campaign: Counter[int] = Counter()
        self.by_trunk: Counter[int] = Counter()
        self.queued: Counter[int] = Counter()
        for count in live:
            self.by_campaign[count.campaign_id] += count.count
            self.by_trunk[count.trunk_id] += count.count
            if count.state is State.QUEUED:
                self.queued[count.trunk_id] += count.count

    def add(self, campaign: Campaign, trunk: Trunk, calls: int) -> None:
        self.by_campaign[campaign.id] += calls
        self.by_trunk[trunk.id] += calls
        self.queued[trunk.id] += calls


class Dialler:
    """Reserves within every limit. The store checks epoch, switch, state and channels again in its transaction."""

    name = "dialler"
    interval = 0.1

    def __init__(self, store: Store, threads: Threads, jobs: Jobs, fleet: Fleet, leadership: Leadership) -> None:
        self._store = store
        self._threads = threads
        self._jobs = jobs
        self._fleet = fleet
        self._leadership = leadership
        self._closed: dict[int, _Closed] = {}
        self._throughput: dict[int, Throughput] = {}
        self._turn = 0
        self._rest_until = self._routes_until = 0.0
        self._trunks: dict[int, Trunk] = {}
        self._nodes: dict[int, Node] = {}
        self._obstacle = ""

    def rouse(self) -> None:
        """End the rest, and trust nothing known: something was commanded."""
        self._rest_until = self._routes_until = 0.0

    async def run_once(self) -> int:
        """Reserve and publish what every limit allows now; return how many."""
        epoch = self._leadership.epoch
        if epoch is None or asyncio.get_running_loop().time() < self._rest_until:
            return 0
        try:
            reserved = await self._round(epoch)
        except StaleLeader as error:
            await self._leadership.step_down(str(error))
            return 0
        except (DatabaseUnavailable, RedisError, OSError) as error:
            # Without either nothing may be dialled; when it is back the next round goes on by itself.
            self._tell(getattr(error, "error_id", "redis-unavailable"))
            return 0
        self._tell("")
        return reserved

    async def _round(self, epoch: int) -> int:
        now = asyncio.get_running_loop().time()
        anew = now >= self._routes_until
        if anew:
            self._routes_until = now + _HOUSEKEEPING_S
        survey = await self._threads.run(self._look, anew)
        if not survey.campaigns:
            self._closed.clear()
            self._throughput.clear()
            self._rest_until = asyncio.get_running_loop().time() + _REST_S
            return 0
        load = _Load(survey.live)
        limits = self._queue_limits(survey.trunks, load)
        backlog: int | None = None
        most = max_backlog(survey.trunks.values())
        total = 0
        for campaign in self._in_turn(survey.campaigns):
            closed = await self._closed_zones(campaign)
            for trunk in routes(campaign.settings, survey.trunks, survey.nodes, self._is_up):
                if load.queued[trunk.id] > limits[trunk.id] // 2:
                    continue
                if backlog is None:
                    backlog = (await self._jobs.backlog()).total
                asked = calls_to_reserve(
                    PacingInput(
                        target_calls=campaign.settings.concurrent_calls,
                        live_calls=load.by_campaign[campaign.id],
                        campaign_free_channels=campaign.settings.max_channels - load.by_campaign[campaign.id],
                        trunk_free_channels=trunk.max_channels - load.by_trunk[trunk.id],
                        calls_per_second=trunk.max_calls_per_second,
                        queued=load.queued[trunk.id],
                        horizon_s=HORIZON_S,
                        backlog=backlog,
                        max_backlog=most,
                        hopper=_ENDLESS,
                        max_queued=limits[trunk.id],
                    )
                ).calls
                if asked < 1:
                    continue
                wanted = min(asked, _MAX_BATCH)
                taken = await self._reserve(epoch, campaign, trunk, wanted, closed)
                load.add(campaign, trunk, taken)
                self._throughput[trunk.id] = self._throughput[trunk.id].added(taken)
                backlog += taken
                total += taken
                if taken < wanted:
                    break  # no lead of this campaign is ready for another trunk either
        self._turn += total > 0
        return total

    def _look(self, anew: bool) -> _Survey:
        campaigns = self._store.campaigns.dialling()
        if not campaigns:
            return _Survey([], {}, {}, [])
        if anew or not self._trunks:
            self._trunks = {trunk.id: trunk for trunk in self._store.trunks.list()}
            self._nodes = {node.id: node for node in self._store.nodes.list()}
        return _Survey(campaigns, self._trunks, self._nodes, self._store.attempts.live_counts())

    def _queue_limits(self, trunks: dict[int, Trunk], load: _Load) -> dict[int, int]:
        """Look how fast the trunks' queues are emptied; return how many may be queued on each."""
        now = asyncio.get_running_loop().time()
        known = self._throughput
        self._throughput = {
            one: known.get(one, Throughput(now, load.queued[one])).seen(now, load.queued[one]) for one in trunks
        }
        return {one: queue_limit(seen.per_second) for one, seen in self._throughput.items()}

    def _in_turn(self, campaigns: list[Campaign]) -> list[Campaign]:
        """By priority; those of equal priority take turns at being first."""
        by_id = sorted(campaigns, key=lambda campaign: campaign.id)
        turn = self._turn % len(by_id)
        return sorted(by_id[turn:] + by_id[:turn], key=lambda campaign: campaign.settings.priority)

    def _is_up(self, node: str) -> bool:
        report = self._fleet.latest.gateway_of(node)
        return report is not None and report.is_up

    async def _closed_zones(self, campaign: Campaign) -> dict[str, datetime]:
        """Promote leads that became due, and look at the clock, once a second for each campaign."""
        now = asyncio.get_running_loop().time()
        known = self._closed.get(campaign.id)
        window = campaign.settings.window
        if known is None or known.until <= now or known.window != window:
            zones = await self._threads.run(self._keep_house, campaign.id, window)
            known = self._closed[campaign.id] = _Closed(window, zones, now + _HOUSEKEEPING_S)
        return known.zones

    def _keep_house(self, campaign_id: int, window: CallingWindow) -> dict[str, datetime]:
        self._store.reservation.promote(campaign_id)
        return closed_zones(window, self._store.reservation.zones(campaign_id), self._store.ping())

    async def _reserve(
        self, epoch: int, campaign: Campaign, trunk: Trunk, limit: int, closed: dict[str, datetime]
    ) -> int:
        plan = ReservePlan(
            campaign_id=campaign.id,
            trunk_id=trunk.id,
            node_id=trunk.node_id,
            limit=limit,
            expires_in_s=EXPIRES_IN_S,
            closed_zones=closed,
        )
        reserved = await self._threads.run(self._store.reservation.reserve, epoch, plan)
        if reserved:
            killpoint("master.reserved")
            await self._jobs.publish(Job(one.attempt_id, trunk.id, trunk.node_id) for one in reserved)
            killpoint("master.published")
            _log.debug("dialler.reserved", campaign_id=campaign.id, trunk_id=trunk.id, size=len(reserved))
        return len(reserved)

    def _tell(self, obstacle: str) -> None:
        """Log a change of what stands in the way, not each round."""
        if obstacle != self._obstacle:
            self._obstacle = obstacle
            if obstacle:
                _log.warning("dialler.stopped", reason=obstacle)
            else:
                _log.info("dialler.resumed")
