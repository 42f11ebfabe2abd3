"""The one Originate of each attempt: sent at its moment, together with those of the same node, and never again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import grpc

from discador.runtime.killpoint import killpoint
from discador.runtime.log import get_logger
from discador.store.records import Gated, Happening, Node
from discador.v1 import gateway_pb2 as wire
from discador.worker.cancellation import is_cancelled
from discador.worker.gateways import Gateways
from discador.worker.gathering import Gathering
from discador.worker.origination import origination_of
from discador.worker.standstill import Standstill
from discador.worker.verdict import happenings_of, in_doubt, takes_calls

#: Below `not_after`: an answer that comes later is of no use, the rescuer asks.
DEADLINE_S: Final = 8.0
LINGER_S: Final = 0.004
BATCH: Final = 100  # what OriginateRequest may hold


class Originator:
    """Sends the Originates of all nodes."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._nodes: dict[int, Gathering[tuple[Node, Gated], Happening | None]] = {}
        self._standstills: defaultdict[int, Standstill] = defaultdict(Standstill)
        self._log = get_logger("originate")
        self.sent = 0

    async def until_free(self, node: Node, within_s: float) -> bool:
        """Wait until the node takes calls when they are sent (see `standstill`); False if it does not in time."""
        clock = asyncio.get_running_loop().time
        standstill, end = self._standstills[node.id], clock() + within_s
        while (wait_s := standstill.wait_s(clock())) > 0:
            left_s = end - clock()
            if left_s <= 0:
                return False
            await asyncio.sleep(min(wait_s, left_s))
        return True

    async def send(self, node: Node, gated: Gated) -> Happening | None:
        """Send it now and once; return what is to be recorded, None if Asterisk took it.

        Never raises for a failed call: that is a doubt.
        """
        gathering = self._nodes.get(node.id)
        if gathering is None:
            gathering = self._nodes[node.id] = Gathering(self._send_batch, limit=BATCH, linger_s=LINGER_S)
        return await gathering.join((node, gated))

    async def _send_batch(self, batch: Sequence[tuple[Node, Gated]]) -> Sequence[Happening | None]:
        node = batch[-1][0]
        asked = [gated.attempt.id for _, gated in batch]
        request = wire.OriginateRequest(originations=[origination_of(gated) for _, gated in batch])
        self.sent += len(asked)
        clock, standstill, free = asyncio.get_running_loop().time, self._standstills[node.id], False
        number = standstill.sent(clock())
        try:
            stub = await self._gateways.stub(node)
            # No wait_for_ready, no retry: a request that waits for a connection would arrive at another moment.
            answer: wire.OriginateResponse = await stub.Originate(request, timeout=DEADLINE_S)
            killpoint("worker.originate_sent")
        except (grpc.RpcError, OSError, asyncio.CancelledError) as error:
            if is_cancelled():
                raise
            # Also CancelledError: the channel was closed under the call.
            reason = f"originate failed: {_name(error)}"
            self._log.warning("originate.failed", node=node.name, attempts=len(asked), error_type=_name(error))
            happenings = [in_doubt(attempt_id, reason, datetime.now(UTC)) for attempt_id in asked]
        else:
            free = takes_calls(answer.results)
            happenings = happenings_of(asked, answer.results, datetime.now(UTC))
        finally:
            standstill.answered(number, clock(), free)
        told = {happening.attempt_id: happening for happening in happenings}
        return [told.get(attempt_id) for attempt_id in asked]


def _name(error: BaseException) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code().name
    return type(error).__name__
