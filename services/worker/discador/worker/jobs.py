"""Takes dial jobs from `discador:jobs`, as many as there are free slots, and acknowledges those that are done.

A job is a hint that an attempt waits; the database decides. So losing one costs three seconds (the master's sweep
publishes queued attempts again), and having one twice costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from redis.exceptions import RedisError

from discador.core.attempt.events import Blocked
from discador.runtime.errors import ServiceError
from discador.runtime.killpoint import killpoint
from discador.runtime.log import get_logger
from discador.runtime.streams import Entry, Taken, Wiped, WorkStream
from discador.store.errors import StoreError
from discador.worker.cancellation import raise_if_cancelled
from discador.worker.gathering import Gathering
from discador.worker.job import InvalidJob, Job, read_job
from discador.worker.pace import NoToken

KEY: Final = "discador:jobs"
GROUP: Final = "workers"
#: A job that was not renewed for so long has lost its worker.
LEASE_S: Final = 15.0
_PAUSE_S: Final = 0.5  # after an error of Redis or of the database
#: Between reads, so that each brings many jobs when there are many, and the gate takes them together. A job that comes
#: after a pause is read at once.
_BREATH_S: Final = 0.1
_FORGET_S: Final = 600.0  # consumers of workers that have died

CarryOut = Callable[[Job], Awaitable[None]]
GiveUp = Callable[[Sequence[UUID]], Awaitable[None]]


class Jobs:
    """Reads jobs and has each carried out in a task of its own.

    `take` runs until quiet, `Renewal` until the end; `drained` waits until nothing is held.

    Args:
        carry_out: returns when the job is done; raises NoToken or StoreError if it was not touched.
        give_up: ends attempts whose job was delivered too often.
        slots: jobs held at once.
    """

    def __init__(
        self,
        stream: WorkStream,
        consumer: str,
        slots: int,
        patience_s: float,
        carry_out: CarryOut,
        give_up: GiveUp,
    ) -> None:
        self._stream = stream
        self._consumer = consumer
        self._slots = slots
        self._patience_s = patience_s
        self._carry_out = carry_out
        self._give_up = give_up
        self._held: dict[UUID, Job] = {}
        self._done: set[UUID] = set()  # of those held: they wait for their acknowledgement only
        self._freed = asyncio.Event()
        self._acks: Gathering[str, None] = Gathering(self._ack_batch, limit=200, linger_s=0.1)
        self._rest_until = 0.0
        self._reclaim_at = 0.0
        self._log = get_logger("jobs")
        self.closed = False

    @property
    def in_flight(self) -> int:
        """Jobs held between reading and the answer to Originate."""
        return len(self._held)

    async def take(self) -> None:
        """Read and carry out jobs until `close`; ends when the last one has been carried out."""
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            while not self.closed:
                raise_if_cancelled()
                free = self._slots - len(self._held) + len(self._done)
                if free < 1 or clock() < self._rest_until:
                    await self._wait_for_a_slot()
                    continue
                try:
                    entries = await self._read(free)
                except Wiped:
                    self._log.warning("jobs.wiped")
                    continue
                except (RedisError, OSError) as error:
                    self._log.warning("jobs.redis_unavailable", error_type=type(error).__name__)
                    self._rest_until = clock() + _PAUSE_S
                    continue
                for entry in entries:
                    if not self.closed:  # otherwise it stays pending, for the others
                        await self._begin(entry, group)
                if entries:
                    await asyncio.sleep(_BREATH_S)

    async def close(self) -> None:
        """Take no more; return when nothing is held any more."""
        self.closed = True
        self._freed.set()
        while self._held:
            await self._wait_for_a_slot()

    async def renew(self) -> None:
        """Keep what is held from being taken for lost, and forget workers that died long ago."""
        try:
            await self._stream.renew(self._consumer, [job.entry_id for job in self._held.values()])
            await self._stream.drop_idle_consumers(round(_FORGET_S * 1000))
        except (Wiped, RedisError, OSError) as error:
            self._log.warning("jobs.not_renewed", jobs=len(self._held), error_type=type(error).__name__)

    async def _read(self, free: int) -> Sequence[Entry]:
        clock = asyncio.get_running_loop().time
        if clock() >= self._reclaim_at:
            self._reclaim_at = clock() + LEASE_S / 3
            taken: Taken = await self._stream.reclaim(self._consumer, round(LEASE_S * 1000), free)
            if taken.dead:
                await self._bury(taken.dead)
            if taken.entries:
                return taken.entries
        entries = await self._stream.read(self._consumer, free, block_ms=1000)
        if entries:
            killpoint("worker.job_read")
        return entries

    async def _begin(self, entry: Entry, group: asyncio.TaskGroup) -> None:
        try:
            job = read_job(entry.id, entry.fields, self._patience_s)
        except InvalidJob as error:
            self._log.error("job.invalid", error=error)
            await self._acks.join(entry.id)
            return
        held = self._held.get(job.attempt_id)
        if held is not None:
            # Published again while it waits here. The first entry stands for it, unless this is that one.
            if held.entry_id != entry.id:
                group.create_task(self._acks.join(entry.id), name="job.duplicate")
            return
        self._held[job.attempt_id] = job
        group.create_task(self._hold(job), name=f"job {job.attempt_id}")

    async def _hold(self, job: Job) -> None:
        try:
            if await self._is_done(job):
                killpoint("worker.before_ack")
                self._done.add(job.attempt_id)
                self._freed.set()
                await self._acks.join(job.entry_id)
        finally:
            # Held until now, so that a quiet worker does not end before its last job is acknowledged.
            self._held.pop(job.attempt_id, None)
            self._done.discard(job.attempt_id)
            self._freed.set()

    async def _is_done(self, job: Job) -> bool:
        try:
            await self._carry_out(job)
        except NoToken as error:
            if self.closed:
                return False  # left to the others, to whom the stream gives it
            self._log.info("job.gave_up_waiting", attempt_id=str(job.attempt_id), reason=str(error))
        except StoreError as error:
            # Acknowledged all the same: the sweep publishes what is still queued when the database is back.
            self._log.warning("job.not_gated", attempt_id=str(job.attempt_id), error_id=error.error_id)
            self._rest_until = asyncio.get_running_loop().time() + _PAUSE_S
        except Exception as error:
            # A fault of ours with this one job must not end the others.
            self._log.error("job.failed", attempt_id=str(job.attempt_id), error=error)
        return True

    async def _ack_batch(self, ids: Sequence[str]) -> Sequence[None]:
        try:
            await self._stream.ack(ids)
        except (RedisError, OSError) as error:
            # They will be delivered again, and miss the gate.
            self._log.warning("jobs.ack_failed", jobs=len(ids), error_type=type(error).__name__)
        return [None] * len(ids)

    async def _bury(self, dead: Sequence[Entry]) -> None:
        ids = []
        for entry in dead:
            try:
                ids.append(read_job(entry.id, entry.fields, 0.0).attempt_id)
            except InvalidJob as error:
                self._log.error("job.invalid", error=error)
        self._log.error("jobs.buried", jobs=len(dead))
        try:
            await self._give_up(ids)
        except (StoreError, ServiceError) as error:
            # They are still queued: they will be published again, or expire. Whoever is dialled now must not suffer.
            self._log.warning("jobs.not_given_up", jobs=len(ids), error_id=error.error_id)

    async def _wait_for_a_slot(self) -> None:
        self._freed.clear()
        try:
            async with asyncio.timeout(0.1):
                await self._freed.wait()
        except TimeoutError:
            return


class Renewal:
    """Renews the lease on held jobs."""

    name = "jobs.renewal"
    interval = LEASE_S / 3

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def run_once(self) -> None:
        """Renew once."""
        await self._jobs.renew()


#: Why an attempt ends whose job was delivered too often. `Blocked` and not `NotDialled`: one that passed the gate
#: after all is not touched by it.
UNDELIVERABLE: Final = Blocked("undeliverable: its job was delivered too often without being carried out")
