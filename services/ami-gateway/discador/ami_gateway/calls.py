"""The calls of this node as the gateway has seen them: one record an attempt, one end a call.

Facts may come twice, late, or in any order; the record takes each at most once and only forward. Synchronous
and without I/O; the clock is an argument of the book. Ended calls are remembered for 15 minutes, or the last
200,000 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from discador.v1 import gateway_pb2 as wire

from . import facts

REMEMBER_S: Final = 900.0
REMEMBER_CALLS: Final = 200_000
# A call that nobody answered and that ends without a cause: the guard gave up ringing (seen on Asterisk 16 and 22).
_RANG_OUT: Final = 19  # Q.850 "no answer from user"
_NO_RESPONSE: Final = 18  # Q.850 "no user responding": it did not even ring


class Phase(IntEnum):
    """How far a call got. From ENDED on it is over."""

    SENT = 1  # written to Asterisk, or about to be; no answer yet
    ACCEPTED = 2
    RINGING = 3
    ANSWERED = 4
    ENDED = 5
    REFUSED = 6


@dataclass(slots=True)
class Call:
    """What is known of one attempt. Times are epoch seconds by the gateway's clock."""

    attempt_id: str
    phase: Phase
    boot_id: str
    seen_at: float
    watched: bool = False  # sent in this session with Asterisk: no event of it can have been missed
    leg: str = ""  # id of the channel to the trunk, once it is known
    not_after: float = 0.0  # 0: unknown, another process sent it
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int = 0
    tech_cause: str = ""
    digits: str = ""
    reason: str = ""
    failed_at: float | None = None  # Asterisk said that the Originate failed; its hang-up is awaited
    absent_since: float | None = None  # first list of live channels that lacked it

    @property
    def over(self) -> bool:
        return self.phase >= Phase.ENDED


class CallBook:
    """All calls, by attempt id. `emit` gets an event for each step, in order."""

    def __init__(self, emit: Callable[[wire.CallEvent], None], now: Callable[[], float]) -> None:
        self.boot_id = ""
        self._emit = emit
        self._now = now
        self._open: dict[str, Call] = {}
        self._over: dict[str, Call] = {}  # in order of their ends

    # -- looking -----------------------------------------------------------------------------------------------------

    def get(self, attempt_id: str) -> Call | None:
        """Return the record of an attempt, if it is remembered."""
        return self._open.get(attempt_id) or self._over.get(attempt_id)

    @property
    def live(self) -> int:
        """Calls that Asterisk took and that have not ended."""
        return sum(1 for call in self._open.values() if call.phase > Phase.SENT and call.absent_since is None)

    def live_calls(self) -> Iterator[wire.LiveCall]:
        """What is alive, for a NODE_UP event or a snapshot."""
        for call in self._open.values():
            if call.absent_since is None and call.boot_id == self.boot_id:
                live = wire.LiveCall(attempt_id=call.attempt_id, answered=call.phase is Phase.ANSWERED)
                set_time(live.created_at, call.seen_at)
                yield live

    def failed_before(self, moment: float) -> list[Call]:
        """Originates that ended before `moment` without anything else being heard of them."""
        return [call for call in self._open.values() if call.failed_at is not None and call.failed_at < moment]

    # -- what we did -------------------------------------------------------------------------------------------------

    def begin(self, attempt_id: str, not_after: float) -> Call:
        """Remember that the Originate of an attempt is about to be written. Call it before writing, once ever."""
        call = Call(attempt_id, Phase.SENT, self.boot_id, self._now(), watched=True, not_after=not_after)
        self._open[attempt_id] = call
        return call

    def accepted(self, attempt_id: str) -> None:
        """Asterisk took the Originate."""
        call = self._open.get(attempt_id)
        if call is not None and call.phase is Phase.SENT:
            call.phase = Phase.ACCEPTED
            self._say(wire.CALL_EVENT_KIND_SUBMITTED, call)

    def refused(self, attempt_id: str, reason: str) -> Call:
        """Proven: the call was not placed, and will not be."""
        call = self.get(attempt_id) or self.begin(attempt_id, 0.0)
        if not call.over:
            call.phase = Phase.REFUSED
            call.reason = reason
            self._close(call)
            event = self._event(wire.CALL_EVENT_KIND_REFUSED, call)
            event.reason = reason
            self._emit(event)
        return call

    def never_sent(self, attempt_id: str, reason: str) -> None:
        """Remember, without an event, that an attempt was turned away unsent."""
        if self.get(attempt_id) is None:
            call = self.begin(attempt_id, 0.0)
            call.phase, call.reason = Phase.REFUSED, reason
            self._close(call)

    # -- what Asterisk tells -----------------------------------------------------------------------------------------

    def apply(self, fact: facts.CallFact) -> None:
        """Take one fact. A call that this process did not originate is adopted."""
        call = self.get(fact.attempt_id) or self.adopt(fact.attempt_id)
        if call.over:
            return
        match fact:
            case facts.Dialled():
                self._on_leg(call, fact.leg)
            case facts.Ringing():
                if self._on_leg(call, fact.leg) and call.phase < Phase.RINGING:
                    call.phase = Phase.RINGING
                    self._say(wire.CALL_EVENT_KIND_RINGING, call)
            case facts.Answered():
                if self._on_leg(call, fact.leg) and call.phase < Phase.ANSWERED:
                    call.phase = Phase.ANSWERED
                    call.answered_at = self._now()
                    self._say(wire.CALL_EVENT_KIND_ANSWERED, call)
            case facts.HungUp():
                if self._on_leg(call, fact.leg):
                    self._hung_up(call, fact.cause, fact.tech_cause)
            case facts.Unanswered():
                self._unanswered(call, fact)
            case facts.OriginateFailed():
                if not call.leg and call.failed_at is None:
                    call.failed_at = self._now()
            case facts.Pressed():
                call.digits += fact.digit
                event = self._event(wire.CALL_EVENT_KIND_DIGIT, call)
                event.digit = fact.digit
                self._emit(event)
            case facts.Fenced():
                self.refused(call.attempt_id, f"fence-{fact.reason}")

    def hung_up(self, attempt_id: str, cause: int, ended_at: float | None = None) -> None:
        """End a call whose end was learnt elsewhere (the CDR)."""
        call = self._open.get(attempt_id)
        if call is not None:
            self._hung_up(call, cause, "", ended_at)

    def new_session(self, boot_id: str) -> None:
        """Events may have been missed since the last session with Asterisk."""
        self.boot_id = boot_id
        for call in self._open.values():
            call.watched = False

    def reconcile(self, live: Iterable[facts.LiveCall]) -> None:
        """Compare with a complete list of live calls, just received.

        What is in the list is alive; what is not has been absent since this moment at the latest. Nothing is
        ended here: a hang-up may be on its way, and the call records know the cause.
        """
        now = self._now()
        listed = set()
        for one in live:
            listed.add(one.attempt_id)
            call = self.get(one.attempt_id) or self.adopt(one.attempt_id, now - one.age_s)
            if call.over:
                continue  # it hung up while the list was on its way
            call.absent_since = call.failed_at = None
            call.boot_id = self.boot_id
            call.leg = call.leg or one.leg
            call.phase = max(call.phase, Phase.ACCEPTED)
            if one.ringing:
                call.phase = max(call.phase, Phase.RINGING)
            if one.answered and call.phase < Phase.ANSWERED and one.leg == call.leg:
                call.phase = Phase.ANSWERED
                call.answered_at = now
        for call in self._open.values():
            if call.absent_since is None and call.attempt_id not in listed:
                call.absent_since = now

    def prune(self) -> None:
        """Forget what ended long ago, and what was lost sight of long ago."""
        limit = self._now() - REMEMBER_S
        old: list[str] = []
        for attempt_id, call in self._over.items():
            if (call.ended_at or 0.0) >= limit and len(self._over) - len(old) <= REMEMBER_CALLS:
                break
            old.append(attempt_id)
        for attempt_id in old:
            del self._over[attempt_id]
        lost = [c.attempt_id for c in self._open.values() if c.absent_since is not None and c.absent_since < limit]
        for attempt_id in lost:
            del self._open[attempt_id]

    def adopt(self, attempt_id: str, since: float | None = None) -> Call:
        """Remember a call that another process sent."""
        call = Call(attempt_id, Phase.ACCEPTED, self.boot_id, self._now() if since is None else since)
        self._open[attempt_id] = call
        return call

    # -- inside ------------------------------------------------------------------------------------------------------

    def _on_leg(self, call: Call, leg: str) -> bool:
        """True if the channel is the one to the trunk; the first one seen is, later ones ring agents."""
        call.leg = call.leg or leg
        if call.leg != leg:
            return False
        call.absent_since = call.failed_at = None
        self.accepted(call.attempt_id)
        return True

    def _unanswered(self, call: Call, fact: facts.Unanswered) -> None:
        if call.leg:
            return  # its own hang-up knows the cause and the SIP status
        if call.watched:
            self.refused(call.attempt_id, f"no-channel: {fact.status.lower()}, cause {fact.cause}")
        else:
            self._hung_up(call, fact.cause, "")

    def _hung_up(self, call: Call, cause: int, tech_cause: str, ended_at: float | None = None) -> None:
        answered = call.phase is Phase.ANSWERED
        if cause == 0 and not answered:
            cause = _RANG_OUT if call.phase is Phase.RINGING else _NO_RESPONSE
        call.phase = Phase.ENDED
        call.cause = cause
        call.tech_cause = tech_cause
        self._close(call, ended_at)
        event = self._event(wire.CALL_EVENT_KIND_HUNG_UP, call, ended_at)
        event.hangup_cause = cause
        event.tech_cause = tech_cause
        event.answered = answered
        self._emit(event)

    def _close(self, call: Call, ended_at: float | None = None) -> None:
        call.ended_at = self._now() if ended_at is None else ended_at
        self._open.pop(call.attempt_id, None)
        self._over[call.attempt_id] = call

    def _say(self, kind: wire.CallEventKind, call: Call) -> None:
        self._emit(self._event(kind, call))

    def _event(self, kind: wire.CallEventKind, call: Call, at: float | None = None) -> wire.CallEvent:
        event = wire.CallEvent(kind=kind, attempt_id=call.attempt_id)
        set_time(event.at, self._now() if at is None else at)
        return event


def set_time(stamp: Timestamp, epoch_s: float) -> None:
    """Write epoch seconds into a protobuf time, to the microsecond."""
    micros = round(epoch_s * 1_000_000)
    stamp.seconds, rest = divmod(micros, 1_000_000)
    stamp.nanos = rest * 1000
