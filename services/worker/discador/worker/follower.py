"""Follows the event stream of one node, in order, while this worker holds the node's lease.

An event is acknowledged after its transaction, so it is applied at least once; the store makes the second time
harmless. While the database is away the events stay where they are, and are applied when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from google.protobuf.message import DecodeError
from redis.exceptions import RedisError

from discador.core.attempt import State
from discador.core.attempt.events import DoubtRaised
from discador.runtime.errors import Exhausted
from discador.runtime.killpoint import killpoint
from discador.runtime.log import get_logger
from discador.runtime.streams import Entry, Wiped, WorkStream
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import StoreError
from discador.store.records import Applied, Happening
from discador.v1 import gateway_pb2 as wire
from discador.worker.cancellation import raise_if_cancelled
from discador.worker.translate import happening_of, moment

T = TypeVar("T")

GROUP: Final = "outcomes"
FIELD: Final = b"batch"
#: Events of one transaction.
CHUNK: Final = 200
_ENTRIES: Final = 100
#: Between two reads, so that one transaction takes what came meanwhile.
_BREATH_S: Final = 0.1
#: How often to look for entries that were read and never applied, and how long they must have lain.
_SWEEP_S: Final = 2.0
_STRAY_MS: Final = 1_500
_RETRY_FIRST_S: Final = 0.1
_RETRY_LIMIT_S: Final = 2.0

#: What should be alive in Asterisk: a worker saw it accepted.
_SHOULD_LIVE: Final = (State.SUBMITTED, State.RINGING, State.ANSWERED, State.WAITING, State.CONNECTED)


class LeaseLost(Exception):
    """Another worker follows the node now: stop in the middle."""

    error_id = "events-lease-lost"


class Follower:
    """The follower of one node.

    Args:
        stream: the node's; entries are never given up, so its `max_deliveries` must be out of reach.
        held: whether the lease is held, by the local clock.
    """

    def __init__(
        self,
        node_id: int,
        node_name: str,
        stream: WorkStream,
        consumer: str,
        store: Store,
        threads: Threads,
        held: Callable[[], bool],
    ) -> None:
        self._node_id = node_id
        self._stream = stream
        self._consumer = consumer
        self._store = store
        self._threads = threads
        self._held = held
        self._log = get_logger("follower").bind(node=node_name)
        self.applied = 0

    async def run(self) -> None:
        """Follow for ever, whenever the lease is held."""
        while True:
            raise_if_cancelled()
            if not self._held():
                await asyncio.sleep(0.1)
                continue
            try:
                await self.follow()
            except LeaseLost:
                self._log.info("follower.stopped")
            except Wiped:
                # What was in it is lost; the rescuer asks the gateway about attempts without news.
                self._log.warning("follower.wiped")
            except (RedisError, OSError) as error:
                self._log.warning("follower.redis_unavailable", error_type=type(error).__name__)
                await asyncio.sleep(_RETRY_FIRST_S)

    async def follow(self) -> None:
        """Apply what others left pending, then what comes, until the lease is lost.

        Raises:
            LeaseLost, Wiped, RedisError.
        """
        await self._stream.ensure()
        # Whoever had the lease before has it no more: whatever is pending, with anybody, is ours, and older.
        while taken := (await self._stream.reclaim(self._consumer, 0, _ENTRIES)).entries:
            await self.apply(taken)
        self._log.info("follower.started")
        clock = asyncio.get_running_loop().time
        swept_at = clock()
        while True:
            self._check_lease()
            if clock() - swept_at >= _SWEEP_S:
                swept_at = clock()
                # A read of the former holder may have taken entries after our first look: nobody else will.
                entries: Sequence[Entry] = (await self._stream.reclaim(self._consumer, _STRAY_MS, _ENTRIES)).entries
            else:
                entries = await self._stream.read(self._consumer, _ENTRIES, block_ms=1000)
            if entries:
                await self.apply(entries)
                await asyncio.sleep(_BREATH_S)

    async def apply(self, entries: Sequence[Entry]) -> None:
        """Apply the events of these entries in order, then acknowledge them."""
        waiting: list[Happening] = []
        for event in self._events_in(entries):
            if event.kind == wire.CALL_EVENT_KIND_NODE_UP:
                await self._apply_all(waiting)
                waiting = await self._missing(event)
            elif event.kind == wire.CALL_EVENT_KIND_NODE_DOWN:
                self._log.warning("node.down", reason=event.reason)
            elif (happening := happening_of(event, datetime.now(UTC))) is not None:
                waiting.append(happening)
        await self._apply_all(waiting)
        killpoint("follower.applied")
        await self._stream.ack(entry.id for entry in entries)

    def _events_in(self, entries: Sequence[Entry]) -> list[wire.CallEvent]:
        events: list[wire.CallEvent] = []
        for entry in entries:
            try:
                events += wire.CallEventBatch.FromString(entry.fields[FIELD]).events
            except (KeyError, DecodeError) as error:
                self._log.error("follower.unreadable_entry", entry=entry.id, error_type=type(error).__name__)
        return events

    async def _missing(self, node_up: wire.CallEvent) -> list[Happening]:
        """Return the doubts about attempts that should be alive on the node and are not.

        Not by any clock: all events up to this one have been applied and none after it, so whatever was accepted
        by now was accepted before the gateway looked. A doubt too many is lifted by the next event.
        """
        alive = {call.attempt_id for call in node_up.live}
        expected = await self._insist(partial(self._store.attempts.live_on_node, self._node_id))
        at = moment(node_up.at) if node_up.HasField("at") else datetime.now(UTC)
        reason = "the gateway connected anew and found no channel of it"
        missing = [
            Happening(attempt.id, DoubtRaised(reason), at, None, "in_doubt", reason)
            for attempt in expected
            if attempt.state in _SHOULD_LIVE and str(attempt.id) not in alive
        ]
        self._log.info("node.up", alive=len(alive), missing=len(missing), boot_id=node_up.boot_id)
        return missing

    async def _apply_all(self, happenings: Sequence[Happening]) -> None:
        for start in range(0, len(happenings), CHUNK):
            chunk = list(happenings[start : start + CHUNK])
            try:
                results = await self._insist(partial(self._store.progress.apply, chunk))
            except (LeaseLost, asyncio.CancelledError):
                raise
            except Exception as error:
                # One event that the store chokes on must not stop the node: find it, and go on without it.
                self._log.error("follower.chunk_failed", events=len(chunk), error=error)
                results = await self._one_by_one(chunk)
            self._account(results)

    async def _one_by_one(self, happenings: Sequence[Happening]) -> list[Applied]:
        results: list[Applied] = []
        for happening in happenings:
            try:
                results += await self._insist(partial(self._store.progress.apply, [happening]))
            except (LeaseLost, asyncio.CancelledError):
                raise
            except Exception as error:
                self._log.error(
                    "follower.event_dropped", attempt_id=str(happening.attempt_id), kind=happening.kind, error=error
                )
        return results

    def _account(self, results: Sequence[Applied]) -> None:
        self.applied += len(results)
        for result in results:
            if result.illegal is not None:
                known = str(result.attempt.id) if result.attempt else None
                self._log.warning("event.illegal", attempt_id=known, reason=result.illegal)

    async def _insist(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, once the database lets it; raises LeaseLost as soon as the lease is."""
        pause_s = _RETRY_FIRST_S
        while True:
            self._check_lease()
            try:
                return await self._threads.run(work)
            except (StoreError, Exhausted) as error:
                if isinstance(error, StoreError) and error.kind != "unavailable":
                    raise
                self._log.warning("follower.database_unavailable", retry_in_s=pause_s, error_id=error.error_id)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _RETRY_LIMIT_S)

    def _check_lease(self) -> None:
        raise_if_cancelled()
        if not self._held():
            raise LeaseLost
