"""Places calls: each attempt id is written to Asterisk at most once, in order, a batch at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from discador.runtime.errors import Exhausted
from discador.runtime.killpoint import killpoint
from discador.v1 import gateway_pb2 as wire

from . import translate
from .actions import originate
from .calls import Call, CallBook, Phase
from .errors import GatewayError
from .link import AmiLink, Received
from .order import Order, OrderInvalid, not_after_there, order_of
from .sender_clock import SenderClock

ANSWER_S: Final = 5.0
_UNSENT_LIMIT: Final = 256 * 1024  # bytes that Asterisk has not taken: it is not reading

_VERDICT: Final = {
    Phase.SENT: wire.ORIGINATE_VERDICT_UNKNOWN,
    Phase.REFUSED: wire.ORIGINATE_VERDICT_REFUSED,
}


class Originator:
    """Serves the Originate RPC.

    `link` returns the link to send on, or None; `why_not` says why there is none; `clock_offset_s` is Asterisk's
    clock minus ours; `refusing` returns a reason not to place calls at all (standby), or None.
    """

    def __init__(
        self,
        book: CallBook,
        *,
        link: Callable[[], AmiLink | None],
        why_not: Callable[[], str],
        clock_offset_s: Callable[[], float],
        refusing: Callable[[], str | None],
        events_full: Callable[[], bool],
        max_in_flight: int,
        strict: bool = False,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.stopping = False
        self.idle = asyncio.Event()  # no batch waits for Asterisk
        self.idle.set()
        self._batches = 0
        self._sender_clock = SenderClock()
        self._book = book
        self._link = link
        self._why_not = why_not
        self._clock_offset_s = clock_offset_s
        self._refusing = refusing
        self._events_full = events_full
        self._max_in_flight = max_in_flight
        self._strict = strict
        self._answer_s = answer_s

    async def originate(self, originations: Sequence[wire.Origination]) -> list[wire.OriginateResult]:
        """Place the calls and return what Asterisk said to each, in order.

        Raises `Exhausted` under load: nothing of the batch was sent then, nor will be.
        """
        try:
            self._check_room(len(originations))
        except Exhausted as error:
            for one in originations:
                self._book.never_sent(one.attempt_id, error.error_id)
            raise
        # No await from here to the end of the loop: the batch is written in order and in one piece.
        waiting = [answer for one in originations if (answer := self._place(one)) is not None]
        killpoint("gateway.written")
        if waiting:
            self._batches += 1
            self.idle.clear()
            try:
                await asyncio.wait(waiting, timeout=self._answer_s)
            finally:
                self._batches -= 1
                if not self._batches:
                    self.idle.set()
        return [self._result(one.attempt_id) for one in originations]

    def _check_room(self, count: int) -> None:
        if self._events_full():
            raise Exhausted("call events wait for Redis; nothing was sent", error_id="events-full", retry_after_s=2.0)
        link = self._link()
        if link is None:
            return
        if link.pending + count > self._max_in_flight:
            raise Exhausted("too many calls wait for Asterisk's answer; nothing was sent", error_id="ami-busy")
        if link.unsent_bytes > _UNSENT_LIMIT:
            raise Exhausted("Asterisk does not read; nothing was sent", error_id="ami-busy")

    def _place(self, origination: wire.Origination) -> asyncio.Future[Received] | None:
        """Write one Originate, or record why not. None if there is no answer to wait for."""
        attempt_id = origination.attempt_id
        if not translate.is_attempt_id(attempt_id) or self._book.get(attempt_id) is not None:
            return None  # the second is answered from memory
        try:
            order = order_of(origination)
        except OrderInvalid as error:
            self._book.refused(attempt_id, str(error))
            return None
        # A refusal, not an RPC error: the caller would have to doubt, and whoever comes after us could not tell.
        reason = "stopping: nothing was sent" if self.stopping else self._refusing()
        link = self._link()
        if reason is None and link is None:
            reason = self._why_not()
        not_after = self._deadline(order)
        if reason is None and not_after <= time.time():
            reason = "expired"
        if reason is not None or link is None:
            self._book.refused(attempt_id, reason or "ami-down")
            return None
        return self._send(link, order, not_after)

    def _deadline(self, order: Order) -> float:
        """The order's deadline by our clock, whatever the difference to the sender's."""
        if order.gated_at is None:
            return order.not_after
        # The monotonic clock: ours may be set while an estimate lives.
        now = time.monotonic()
        self._sender_clock.learn(order.gated_at, now)
        return time.time() + self._sender_clock.ours(order.not_after) - now

    def _send(self, link: AmiLink, order: Order, not_after: float) -> asyncio.Future[Received] | None:
        self._book.begin(order.attempt_id, not_after)
        killpoint("gateway.before_write")
        try:
            there = not_after_there(not_after, time.time(), self._clock_offset_s())
            answer = link.send(originate(order, there, strict=self._strict))
        except GatewayError as error:
            self._book.refused(order.attempt_id, f"{error.error_id}: {error}")
            return None
        answer.add_done_callback(partial(self._answered, order.attempt_id))
        return answer

    def _answered(self, attempt_id: str, answer: asyncio.Future[Received]) -> None:
        """Record Asterisk's answer, however late it comes. A lost link says nothing: the call stays SENT."""
        if answer.cancelled() or answer.exception() is not None:
            return
        response = answer.result()
        if translate.succeeded(response):
            self._book.accepted(attempt_id)
        else:
            self._book.refused(attempt_id, f"asterisk: {translate.why(response)}")

    def _result(self, attempt_id: str) -> wire.OriginateResult:
        call = self._book.get(attempt_id)
        if call is None:
            return wire.OriginateResult(
                attempt_id=attempt_id, verdict=wire.ORIGINATE_VERDICT_REFUSED, reason="invalid-attempt-id"
            )
        verdict = _VERDICT.get(call.phase, wire.ORIGINATE_VERDICT_ACCEPTED)
        return wire.OriginateResult(attempt_id=attempt_id, verdict=verdict, reason=_reason(call))


def _reason(call: Call) -> str:
    if call.phase is Phase.SENT:
        return "asterisk has not answered"
    return call.reason if call.phase is Phase.REFUSED else ""
