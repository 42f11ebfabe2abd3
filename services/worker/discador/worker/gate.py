"""The once-only gate: the durable intent to dial, in micro-batches.

What comes back has been committed as `submitting` by this worker, and by no other: it may be sent, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from discador.runtime.killpoint import killpoint
from discador.runtime.log import get_logger
from discador.runtime.threads import Threads
from discador.store import Store
from discador.store.records import Block, Candidate, Gated, Pass
from discador.worker.gathering import Gathering
from discador.worker.judge import judge

#: A batch closes after this long, or with this many attempts: 35 k a second were measured with 50.
LINGER_S: Final = 0.01
BATCH: Final = 50


class Gate:
    """Takes attempts through the gate of the store, `not_after_s` before their deadline at Asterisk.

    Args:
        is_disabled: whether a node is switched off; the candidate itself does not tell.
    """

    def __init__(
        self,
        store: Store,
        threads: Threads,
        worker: str,
        not_after_s: float,
        is_disabled: Callable[[int], bool],
    ) -> None:
        self._store = store
        self._threads = threads
        self._worker = worker
        self._not_after_s = not_after_s
        self._is_disabled = is_disabled
        self._gathering: Gathering[UUID, Gated | None] = Gathering(self._pass_batch, limit=BATCH, linger_s=LINGER_S)
        self._log = get_logger("gate")
        self.passed = 0
        self.blocked = 0
        self.missed = 0

    async def pass_through(self, attempt_id: UUID) -> Gated | None:
        """Return the attempt, committed as `submitting`; None if it must not be dialled (its end, if it has one, is
        committed as well).

        Raises:
            StoreError: the database is away, or the commit's answer was lost. Send nothing; the rescuer settles it.
        """
        return await self._gathering.join(attempt_id)

    async def _pass_batch(self, attempt_ids: Sequence[UUID]) -> Sequence[Gated | None]:
        killpoint("worker.before_gate")
        result = await self._threads.run(
            self._store.gate.pass_through, self._worker, tuple(attempt_ids), self._not_after_s, self._judge
        )
        killpoint("worker.gated")
        self.passed += len(result.passed)
        self.blocked += len(result.blocked)
        self.missed += len(result.missed)
        for attempt_id, reason in result.blocked:
            self._log.info("attempt.blocked", attempt_id=str(attempt_id), reason=reason)
        gated = {one.attempt.id: one for one in result.passed}
        return [gated.pop(attempt_id, None) for attempt_id in attempt_ids]

    def _judge(self, candidate: Candidate) -> Pass | Block:
        return judge(candidate, node_disabled=self._is_disabled(candidate.attempt.node_id))
