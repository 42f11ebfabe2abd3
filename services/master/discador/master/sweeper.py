"""The leader's loops that bring back what was left lying: unpublished, cancelled, expired, finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from discador.core.attempt.events import Cancelled, Event, Expired
from discador.core.campaign import CampaignState
from discador.core.lead import DIALLABLE, LeadState
from discador.master.jobs import Job, Jobs
from discador.master.leadership import Leadership
from discador.master.routes import max_backlog
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import StaleLeader
from discador.store.records import Happening, ImportState

UNPUBLISHED_S: Final = 3.0
_BATCH: Final = 500
_SILENT_IMPORT: Final = timedelta(minutes=5)
_log: Final = get_logger("sweeper")


class Republisher:
    """Publishes attempts again that have no job: the master died before it published, Redis was wiped, or a worker
    gave the job up.

    Each at most once in 3 s, and only while Redis holds less than its bound, so that workers which are away do
    not find a mountain of jobs. A duplicate that slips through stops at the gate.
    """

    name = "republisher"
    interval = 1.0

    def __init__(self, store: Store, threads: Threads, jobs: Jobs, leadership: Leadership) -> None:
        self._store = store
        self._threads = threads
        self._jobs = jobs
        self._leadership = leadership
        self._published_at: dict[UUID, float] = {}

    async def run_once(self) -> int:
        """Return how many jobs were published again."""
        if self._leadership.epoch is None:
            self._published_at.clear()
            return 0
        lying = await self._threads.run(self._store.attempts.unpublished, UNPUBLISHED_S, _BATCH)
        now = asyncio.get_running_loop().time()
        self._published_at = {
            attempt_id: at for attempt_id in lying if (at := self._published_at.get(attempt_id)) is not None
        }
        due = [one for one in lying if now - self._published_at.get(one, float("-inf")) >= UNPUBLISHED_S]
        if not due:
            return 0
        most = max_backlog(await self._threads.run(self._store.trunks.list))
        # What merely waits its turn has its job still: an entry lives until it is acknowledged.
        published = await self._jobs.published(most)
        missing = [one for one in due if str(one) not in published]
        ways = await self._threads.run(self._store.attempts.ways_of, missing[: max(0, most - len(published))])
        jobs = [Job(*way) for way in ways]
        await self._jobs.publish(jobs)
        self._published_at.update((job.attempt_id, now) for job in jobs)
        if jobs:
            _log.info("sweeper.republished", size=len(jobs))
        return len(jobs)


class Returner:
    """Ends queued attempts that nobody shall dial: campaign or system stopped, or waited too long. Leads go back."""

    name = "returner"
    interval = 0.5

    def __init__(self, store: Store, threads: Threads, leadership: Leadership) -> None:
        self._store = store
        self._threads = threads
        self._leadership = leadership

    async def run_once(self) -> int:
        """Return how many attempts were ended."""
        if self._leadership.epoch is None:
            return 0
        attempts = self._store.attempts
        cancelled = await self._threads.run(
            self._end, attempts.queued_of_stopped, Cancelled("the campaign or the system was stopped"), "cancelled"
        )
        expired = await self._threads.run(self._end, attempts.queued_expired, Expired(), "expired")
        if cancelled or expired:
            _log.info("sweeper.returned", cancelled=cancelled, expired=expired)
        return cancelled + expired

    def _end(self, find: Callable[[int], list[UUID]], event: Event, kind: str) -> int:
        found = find(_BATCH)
        if not found:
            return 0
        now = self._store.ping()
        applied = self._store.progress.apply([Happening(one, event, now, None, kind) for one in found])
        return sum(1 for one in applied if one.ended)


class Finisher:
    """Completes campaigns with nothing left to dial, and stops those whose last call has ended."""

    name = "finisher"
    interval = 1.0

    def __init__(self, store: Store, threads: Threads, leadership: Leadership) -> None:
        self._store = store
        self._threads = threads
        self._leadership = leadership

    async def run_once(self) -> int:
        """Return how many campaigns ended."""
        epoch = self._leadership.epoch
        if epoch is None:
            return 0
        try:
            ended = await self._threads.run(self._finish, epoch)
        except StaleLeader as error:
            await self._leadership.step_down(str(error))
            return 0
        for campaign_id in ended:
            _log.info("sweeper.campaign_ended", campaign_id=campaign_id)
        return len(ended)

    def _finish(self, epoch: int) -> list[int]:
        campaigns = self._store.campaigns
        running = [one.id for one in campaigns.running() if self._may_be_done(one.id)]
        done = [campaign_id for campaign_id in running if campaigns.mark_completed(epoch, campaign_id)]
        stopping = campaigns.list(1000, state=CampaignState.STOPPING)
        return done + [one.id for one in stopping if campaigns.mark_stopped(epoch, one.id)]

    def _may_be_done(self, campaign_id: int) -> bool:
        """Ask the counters, which lock nothing, before the operation that locks the campaign."""
        leads, _ = self._store.campaigns.counters(campaign_id)
        return not any(leads[state] for state in (*DIALLABLE, LeadState.RESERVED))


class ImportSweeper:
    """Fails imports that nobody carries on: their master died. The same file sent again goes on behind them.

    A running import keeps its campaign from completing, so it must not stay for ever.
    """

    name = "import-sweeper"
    interval = 30.0

    def __init__(self, store: Store, threads: Threads, leadership: Leadership) -> None:
        self._store = store
        self._threads = threads
        self._leadership = leadership

    async def run_once(self) -> int:
        """Return how many imports were failed."""
        if self._leadership.epoch is None:
            return 0
        return await self._threads.run(self._fail_silent)

    def _fail_silent(self) -> int:
        silent_since = self._store.ping() - _SILENT_IMPORT
        silent = [
            job
            for job in self._store.imports.list(200)
            if job.state is ImportState.RUNNING and job.updated_at < silent_since
        ]
        for job in silent:
            self._store.imports.fail(job.id, "import-interrupted: the master ended; send the same file again to go on")
        return len(silent)
