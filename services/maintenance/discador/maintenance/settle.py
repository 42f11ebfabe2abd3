"""What a gateway knows of an attempt → what becomes of the attempt. Pure.

The facts come from Asterisk, in this order: a live channel, the gateway's memory of ended calls, the CDR, the boot
id (reliability.md §3). What nobody can tell stays in doubt, and is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from discador.core.attempt import State
from discador.core.attempt.events import (
    Adopted,
    Answered,
    DoubtRaised,
    Event,
    HungUp,
    Lost,
    NotDialled,
    Pressed,
)
from discador.store.records import Attempt, Happening
from discador.v1 import gateway_pb2 as wire

#: States in which a person has been heard: the channel was seen up.
_UP: Final = (State.ANSWERED, State.WAITING, State.CONNECTED)


class Settled(StrEnum):
    """How an attempt was settled; the keys of `Rescue.settled`."""

    ADOPTED = "adopted"
    ENDED = "ended"
    NOT_DIALLED = "not_dialled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The happenings to apply, in order, and how that settles the attempt (None: not yet)."""

    happenings: tuple[Happening, ...] = ()
    settled: Settled | None = None


def settle(attempt: Attempt, fate: wire.AttemptFate, now: datetime, grace_s: float) -> Settlement:
    """Return what `fate` means for `attempt`, at `now` by the database's clock.

    "Not dialled" and "no trace" end an attempt only `grace_s` after its `not_after`: until then an Originate may still
    be on its way, and the lead would be called twice. NO_TRACE ends only what is in doubt already: what was seen
    alive gets a doubt first, so that the CDR of a call that ends at this moment, or an event still in the stream,
    has a second to arrive.
    """
    when = _moment(fate, "ended_at") or now
    if fate.fate == wire.FATE_LIVE:
        return _alive(attempt, fate, now)
    if fate.fate == wire.FATE_ENDED:
        ended = _say(attempt, HungUp(fate.hangup_cause, fate.answered), when, "rescue_ended", fate.source)
        return Settlement((*_missed(attempt, fate, when), ended), Settled.ENDED)
    if fate.fate == wire.FATE_NOT_DIALLED:
        # A gateway says so of what it never heard of; until the deadline the request may still be under way to it.
        return _not_dialled(attempt, fate, now) if _is_over(attempt, now, grace_s) else Settlement()
    if fate.fate == wire.FATE_NO_TRACE:
        if attempt.state is not State.IN_DOUBT:
            return Settlement(doubt(attempt, "asterisk has no trace of it", now))
        if _is_over(attempt, now, grace_s):
            return lose(attempt, "asterisk has no trace of it", now)
    return Settlement()


def lose(attempt: Attempt, reason: str, now: datetime) -> Settlement:
    """Return the end of an attempt of which nothing can be learnt any more: it counts as `unknown`."""
    lost = _say(attempt, Lost(reason), now, "rescue_lost")
    return Settlement((*doubt(attempt, reason, now), lost), Settled.LOST)


def doubt(attempt: Attempt, reason: str, now: datetime) -> tuple[Happening, ...]:
    """Return the doubt about an attempt that is not in doubt yet; only a doubt can end as lost."""
    if attempt.state is State.IN_DOUBT:
        return ()
    return (_say(attempt, DoubtRaised(reason), now, "rescue_doubt"),)


def _not_dialled(attempt: Attempt, fate: wire.AttemptFate, now: datetime) -> Settlement:
    reason = f"proven by {fate.source or 'the gateway'}"
    ended = _say(attempt, NotDialled(reason), now, "rescue_not_dialled")
    if attempt.state in (State.SUBMITTING, State.SUBMITTED, State.IN_DOUBT):
        return Settlement((ended,), Settled.NOT_DIALLED)
    # We saw it ring. Two witnesses who contradict each other make a doubt, and the doubt an unknown outcome.
    return Settlement((*doubt(attempt, f"it rang, and {reason} it was not dialled", now), ended), Settled.LOST)


def _alive(attempt: Attempt, fate: wire.AttemptFate, now: datetime) -> Settlement:
    found = State.ANSWERED if fate.answered else State.SUBMITTED
    known = attempt.state in _UP or (attempt.state in (State.SUBMITTED, State.RINGING) and not fate.answered)
    if known:
        return Settlement()
    adopted = _say(attempt, Adopted(found), _moment(fate, "answered_at") or now, "rescue_adopted", fate.source)
    return Settlement((*_pressed(attempt, fate, now), adopted), Settled.ADOPTED)


def _missed(attempt: Attempt, fate: wire.AttemptFate, at: datetime) -> tuple[Happening, ...]:
    """Return what happened while nobody listened: the answer, and the keys (one may say: do not call again)."""
    answered_at = _moment(fate, "answered_at")
    answer: tuple[Happening, ...] = ()
    if fate.answered and answered_at is not None and attempt.answered_at is None:
        answer = (_say(attempt, Answered(), answered_at, "rescue_answered", fate.source),)
    return (*answer, *_pressed(attempt, fate, at))


def _pressed(attempt: Attempt, fate: wire.AttemptFate, at: datetime) -> tuple[Happening, ...]:
    new = fate.digits.removeprefix(attempt.digits)
    return tuple(_say(attempt, Pressed(digit), at, "digit", digit) for digit in new)


def _is_over(attempt: Attempt, now: datetime, grace_s: float) -> bool:
    return attempt.not_after is None or now > attempt.not_after + timedelta(seconds=grace_s)


def _say(attempt: Attempt, event: Event, at: datetime, kind: str, detail: str = "") -> Happening:
    return Happening(attempt.id, event, at, None, kind, detail)


def _moment(fate: wire.AttemptFate, name: str) -> datetime | None:
    return getattr(fate, name).ToDatetime(tzinfo=UTC) if fate.HasField(name) else None
