"""Settles the attempts of which nobody knows how they went, by asking the gateways of their nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from discador.core.attempt import State
from discador.maintenance.gateways import LOOKUP_LIMIT, Gateways, GatewayUnreachable
from discador.maintenance.report import Report
from discador.maintenance.settle import Settlement, doubt, lose, settle
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.records import Attempt, Happening, Node
from discador.v1 import gateway_pb2 as wire

#: A silence of a node that nobody noticed for so long is over.
FORGOTTEN_S: Final = 30.0


class Rescuer:
    """Each second: asks about every attempt in question and records what became of it. Never dials.

    Args:
        lost_grace_s: from `not_after` until "no trace" means lost.
        give_up_s: how long a node may be out of reach, or unable to tell, before its attempts in question are lost.
    """

    name = "rescuer"
    interval = timedelta(seconds=1)

    def __init__(
        self,
        store: Store,
        threads: Threads,
        gateways: Gateways,
        report: Report,
        *,
        lost_grace_s: float,
        give_up_s: float,
    ) -> None:
        self._store = store
        self._threads = threads
        self._gateways = gateways
        self._report = report
        self._lost_grace_s = lost_grace_s
        self._give_up_s = give_up_s
        self._running = asyncio.Lock()
        self._silences: dict[int, tuple[float, float]] = {}  # since when, and last noticed when
        self._log = get_logger("rescuer")

    async def run_once(self) -> int:
        """Return how many attempts were settled. Safe to run beside another rescuer, and after a crash.

        Raises:
            StoreError: the database is away; nothing is lost by it.
        """
        async with self._running:
            try:
                found, errors = await self._rescue_all()
            except Exception as error:
                self._report.last_error = str(error)
                raise
            self._report.last_run_at = datetime.now(UTC)
            self._report.last_error = "; ".join(errors)
            return found

    async def _rescue_all(self) -> tuple[int, list[str]]:
        nodes = await self._threads.run(self._store.nodes.list)
        rounds = await asyncio.gather(*(self._rescue_node(node) for node in nodes))
        # What is in doubt is asked about each second: where there was no question and no doubt, there is none.
        if self._report.in_doubt or any(one.asked for one in rounds):
            counts = await self._threads.run(self._store.attempts.live_counts)
            self._report.in_doubt = sum(each.count for each in counts if each.state is State.IN_DOUBT)
        return sum(one.settled for one in rounds), [one.error for one in rounds if one.error]

    async def _rescue_node(self, node: Node) -> _Round:
        attempts, now = await self._threads.run(self._read, node.id)
        if not attempts:
            return _Round()
        # Durable before anything is asked: from here on nobody takes an answer that comes late for news.
        reason = "no event since its deadline for dialling"
        submitting = [attempt for attempt in attempts if attempt.state is State.SUBMITTING]
        await self._apply([happening for attempt in submitting for happening in doubt(attempt, reason, now)])
        error = ""
        try:
            fates = {fate.attempt_id: fate for fate in await self._gateways.lookup(node, [one.id for one in attempts])}
        except GatewayUnreachable as unreachable:
            fates, error = {}, str(unreachable)
        settlements = self._settle(node, attempts, fates, now)
        settled = await self._record(attempts, settlements)
        return _Round(len(attempts), settled, error)

    def _read(self, node_id: int) -> tuple[Sequence[Attempt], datetime]:
        found = self._store.attempts.in_question(LOOKUP_LIMIT, node_id=node_id)
        return found, self._store.ping() if found else datetime.now(UTC)

    def _settle(
        self, node: Node, attempts: Sequence[Attempt], fates: dict[str, wire.AttemptFate], now: datetime
    ) -> list[Settlement]:
        if self._has_been_silent_too_long(node, fates):
            self._log.error("rescue.node_given_up", node=node.name, attempts=len(attempts))
            reason = f"node {node.name} was out of reach for {self._give_up_s:.0f} s"
            return [lose(attempt, reason, now) for attempt in attempts]
        undetermined = wire.AttemptFate()
        return [
            settle(attempt, fates.get(str(attempt.id), undetermined), now, self._lost_grace_s) for attempt in attempts
        ]

    def _has_been_silent_too_long(self, node: Node, fates: dict[str, wire.AttemptFate]) -> bool:
        now = asyncio.get_running_loop().time()
        if any(fate.fate not in (wire.FATE_UNSPECIFIED, wire.FATE_UNDETERMINED) for fate in fates.values()):
            self._silences.pop(node.id, None)
            return False
        since, last = self._silences.get(node.id, (now, now))
        if now - last > FORGOTTEN_S:
            since = now  # nobody had a question in between: that was another silence
        self._silences[node.id] = since, now
        return now - since >= self._give_up_s

    async def _record(self, attempts: Sequence[Attempt], settlements: Sequence[Settlement]) -> int:
        happenings = [happening for settlement in settlements for happening in settlement.happenings]
        changed = await self._apply(happenings)
        untouched = [
            attempt.id for attempt, settlement in zip(attempts, settlements, strict=True) if not settlement.happenings
        ]
        if untouched:
            await self._threads.run(self._store.attempts.touch, untouched)
        settled = 0
        for attempt, settlement in zip(attempts, settlements, strict=True):
            if settlement.settled is not None and attempt.id in changed:
                settled += 1
                self._report.settled[settlement.settled.value] += 1
                self._log.info("attempt.settled", attempt_id=str(attempt.id), how=settlement.settled.value)
        return settled

    async def _apply(self, happenings: Sequence[Happening]) -> set[UUID]:
        """Record the happenings; return the attempts that they changed."""
        if not happenings:
            return set()
        results = await self._threads.run(self._store.progress.apply, list(happenings))
        return {result.attempt.id for result in results if result.changed and result.attempt is not None}


@dataclass(frozen=True, slots=True)
class _Round:
    """What came of asking one node."""

    asked: int = 0
    settled: int = 0
    error: str = ""
