"""Call events of a gateway → happenings that the store understands. Pure.

The only place of the worker that knows the wire form of an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from discador.core.attempt import parse_attempt_id
from discador.core.attempt.events import Accepted, Answered, Event, HungUp, Pressed, Refused, Ringing
from discador.core.errors import InvalidAttemptId
from discador.store.records import Happening
from discador.v1 import gateway_pb2 as wire

_CORE: Final[Mapping[int, tuple[str, Callable[[wire.CallEvent], Event]]]] = {
    wire.CALL_EVENT_KIND_SUBMITTED: ("submitted", lambda e: Accepted()),
    wire.CALL_EVENT_KIND_REFUSED: ("refused", lambda e: Refused(e.reason)),
    wire.CALL_EVENT_KIND_RINGING: ("ringing", lambda e: Ringing()),
    wire.CALL_EVENT_KIND_ANSWERED: ("answered", lambda e: Answered()),
    wire.CALL_EVENT_KIND_DIGIT: ("digit", lambda e: Pressed(e.digit)),
    wire.CALL_EVENT_KIND_HUNG_UP: ("hung_up", lambda e: HungUp(e.hangup_cause, e.answered)),
}


def happening_of(event: wire.CallEvent, now: datetime) -> Happening | None:
    """Return what `event` means for its attempt; None for what is no event of an attempt of ours.

    `now` stands in for an event that does not say when it happened. An id that is not ours (another program
    originated over the same Asterisk) or a kind that this version does not know is passed over.
    """
    known = _CORE.get(event.kind)
    if known is None:
        return None
    try:
        attempt_id = parse_attempt_id(event.attempt_id)
    except InvalidAttemptId:
        return None
    kind, make = known
    at = moment(event.at) if event.HasField("at") else now
    return Happening(attempt_id, make(event), at, event.seq or None, kind, detail=_detail(event))


def moment(stamp: Timestamp) -> datetime:
    """Return the wire's time as an aware datetime in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def _detail(event: wire.CallEvent) -> str:
    if event.kind == wire.CALL_EVENT_KIND_HUNG_UP:
        return f"{event.hangup_cause} {event.tech_cause}".rstrip()
    return event.digit or event.reason
