"""Carries out one job: its turn, the gate, the Originate, the record. The order is the promise."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.errors import StoreError
from discador.store.records import Gated, Happening, Node
from discador.worker.directory import Directory
from discador.worker.gate import Gate
from discador.worker.gateways import Gateways
from discador.worker.gathering import Gathering
from discador.worker.job import Job
from discador.worker.originate import Originator
from discador.worker.pace import LATENESS_S, NoToken, Pace
from discador.worker.verdict import not_dialled

#: How long a job waits for its gateway to be connected, before anything durable is done for it.
READY_S: Final = 1.0
#: A call that could not be sent this long before its deadline is not sent at all.
MARGIN_S: Final = 2.0
#: Tries to write down a refusal or a doubt; without it the rescuer finds out by asking the gateway.
RECORD_TRIES: Final = 3


class Dialler:
    """Carries out jobs, many at a time; holds nothing that would be missed after a crash."""

    def __init__(
        self,
        store: Store,
        threads: Threads,
        directory: Directory,
        gateways: Gateways,
        pace: Pace,
        gate: Gate,
        originator: Originator,
        not_after_s: float,
    ) -> None:
        self._store = store
        self._threads = threads
        self._directory = directory
        self._gateways = gateways
        self._pace = pace
        self._gate = gate
        self._originator = originator
        self._not_after_s = not_after_s
        self._recording: Gathering[Happening, None] = Gathering(self._record_batch, limit=100, linger_s=0.01)
        self._log = get_logger("dialler")

    async def carry_out(self, job: Job) -> None:
        """Dial the job's attempt, if everything allows it; at most once, whatever happens.

        Returns when nothing is left to do for the job: it may be acknowledged.

        Raises:
            NoToken: no turn in time; the attempt is untouched.
            StoreError: the gate could not be passed; nothing was sent.
        """
        node = await self._directory.node(job.node_id)
        if node is None or not await self._gateways.is_ready(node, READY_S):
            # An Originate into nowhere would be a doubt to settle; as it is, the attempt waits or expires.
            self._log.debug("job.gateway_not_ready", attempt_id=str(job.attempt_id), node_id=job.node_id)
            return
        if not await self._originator.until_free(node, READY_S):
            self._log.debug("job.node_stands_still", attempt_id=str(job.attempt_id), node_id=job.node_id)
            return
        moment = await self._pace.moment(job.trunk_id, job.patience_s)
        gated = await self._gate.pass_through(job.attempt_id)
        if gated is not None:
            # The gate's deadline counts from its commit, which cannot have been earlier than `moment` was granted.
            happening = await self._send(node, gated, moment)
            if happening is not None:
                await self._recording.join(happening)

    async def _send(self, node: Node, gated: Gated, moment: float) -> Happening | None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._not_after_s - MARGIN_S
        while True:
            await asyncio.sleep(moment - clock())
            await self._originator.until_free(node, deadline - clock())
            now = clock()
            if now >= deadline:
                # This process stood still after the gate; Asterisk's fence would refuse the call, too.
                return not_dialled(gated.attempt.id, "not sent: too late after the gate", datetime.now(UTC))
            if now <= moment + LATENESS_S:
                return await self._originator.send(node, gated)
            try:
                moment = await self._pace.moment(gated.attempt.trunk_id, deadline - now, gated=True)
            except NoToken as error:
                return not_dialled(gated.attempt.id, f"not sent: {error}", datetime.now(UTC))

    async def _record_batch(self, happenings: Sequence[Happening]) -> Sequence[None]:
        for attempt in range(1, RECORD_TRIES + 1):
            try:
                await self._threads.run(self._store.progress.apply, list(happenings))
                break
            except StoreError as error:
                self._log.warning("record.failed", happenings=len(happenings), attempt=attempt, error=error)
                if attempt < RECORD_TRIES:
                    await asyncio.sleep(0.2 * attempt)
        return [None] * len(happenings)
