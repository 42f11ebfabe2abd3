"""AMI messages → facts. With `actions` the only module that knows names of AMI headers. Pure.

Every channel of an attempt has the attempt's id as Linkedid (ADR 0003): the guard's two Local legs, of which
nothing is said here, and the channel to the trunk, which is the call. An Originate is matched by ActionID only:
the failure of a second Originate with a live id carries the *live* call's Uniqueid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from .facts import (
    Answered,
    Booted,
    Dialled,
    Fact,
    Fenced,
    HungUp,
    LiveCall,
    OriginateFailed,
    Pressed,
    Ringing,
    ShuttingDown,
    Unanswered,
)

Received = Mapping[str, Any]

_ATTEMPT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RINGING: Final = "5"  # AST_STATE_RINGING in Asterisk's channelstate.h
_UP: Final = "6"  # AST_STATE_UP
_GUARD: Final = "Local/"


def is_attempt_id(text: str) -> bool:
    """True for the canonical text of a UUID version 7."""
    return _ATTEMPT.fullmatch(text) is not None


def fact_of(message: Received) -> Fact | None:
    """Return what an event says; None for an event that says nothing about us."""
    read = _READERS.get(_text(message, "event"))
    return None if read is None else read(message)


def live_calls(items: Iterable[Received]) -> list[LiveCall]:
    """Return our calls out of the items of CoreShowChannels, one an attempt."""
    found: dict[str, LiveCall] = {}
    for item in items:
        attempt_id = _ours(item, "linkedid")
        if attempt_id is None:
            continue
        age_s = _clock(_text(item, "duration"))
        known = found.get(attempt_id)
        if _text(item, "channel").startswith(_GUARD):
            found.setdefault(attempt_id, LiveCall(attempt_id, "", answered=False, ringing=False, age_s=age_s))
            continue
        leg, state = _text(item, "uniqueid"), _text(item, "channelstate")
        # A call may have legs to agents as well; the one to the trunk was there first.
        if known is None or not known.leg or _order(leg) < _order(known.leg):
            found[attempt_id] = LiveCall(attempt_id, leg, state == _UP, state == _RINGING, age_s)
    return list(found.values())


def boot_id(core_status: Received) -> str:
    """Return what names this run of Asterisk: when it started, by its own clock, to the second."""
    return f"{_text(core_status, 'corestartupdate')}T{_text(core_status, 'corestartuptime')}"


def version(core_settings: Received) -> str:
    """Return Asterisk's version."""
    return _text(core_settings, "asteriskversion")


def timestamp(ping: Received) -> float | None:
    """Return Asterisk's clock (epoch seconds) out of the answer to Ping."""
    try:
        return float(_text(ping, "timestamp"))
    except ValueError:
        return None


def succeeded(response: Received) -> bool:
    """True if the response says that the action was taken."""
    return _text(response, "response") == "Success"


def why(response: Received) -> str:
    """Return the text of a response."""
    return _text(response, "message")


def _text(message: Received, name: str) -> str:
    value = message.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)


def _number(message: Received, name: str) -> int:
    text = _text(message, name).strip()
    return int(text) if text.isascii() and text.isdigit() else 0


def _clock(duration: str) -> float:
    hours, _, rest = duration.partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    except ValueError:
        return 0.0


def _order(leg: str) -> tuple[float, int]:
    """Asterisk's own ids are `<epoch seconds>.<serial>`."""
    second, _, serial = leg.rpartition(".")
    try:
        return float(second), int(serial)
    except ValueError:
        return 0.0, 0


def _ours(message: Received, name: str) -> str | None:
    text = _text(message, name)
    return text if is_attempt_id(text) else None


def _of_call(message: Received) -> str | None:
    """Return the attempt of a channel's event, unless the channel is a leg of the guard."""
    return None if _text(message, "channel").startswith(_GUARD) else _ours(message, "linkedid")


def _new_channel(message: Received) -> Fact | None:
    attempt_id = _of_call(message)
    return None if attempt_id is None else Dialled(attempt_id, _text(message, "uniqueid"))


def _new_state(message: Received) -> Fact | None:
    attempt_id = _of_call(message)
    if attempt_id is None:
        return None
    match _text(message, "channelstate"):
        case state if state == _RINGING:
            return Ringing(attempt_id, _text(message, "uniqueid"))
        case state if state == _UP:
            return Answered(attempt_id, _text(message, "uniqueid"))
    return None


def _hangup(message: Received) -> Fact | None:
    attempt_id = _of_call(message)
    if attempt_id is None:
        return None
    return HungUp(attempt_id, _text(message, "uniqueid"), _number(message, "cause"), _text(message, "techcause"))


def _originate_response(message: Received) -> Fact | None:
    attempt_id = _ours(message, "actionid")
    if attempt_id is None or _text(message, "response") == "Success":
        return None
    return OriginateFailed(attempt_id, _number(message, "reason"))


def _user_event(message: Received) -> Fact | None:
    attempt_id = _ours(message, "attempt")
    if attempt_id is None:
        return None
    match _text(message, "userevent"):
        case "DiscadorDigit":
            digit = _text(message, "digit")
            return Pressed(attempt_id, digit) if re.fullmatch(r"[0-9A-D*#]", digit) else None
        case "DiscadorFenced":
            return Fenced(attempt_id, _text(message, "reason") or "refused")
        case "DiscadorUnanswered":
            return Unanswered(attempt_id, _text(message, "status"), _number(message, "cause"))
    return None


def _fully_booted(message: Received) -> Fact:
    return Booted(_number(message, "uptime"))


def _shutdown(message: Received) -> Fact:
    return ShuttingDown(_text(message, "restart").lower() == "true")


_READERS: Final[Mapping[str, Callable[[Received], Fact | None]]] = {
    "Newchannel": _new_channel,
    "Newstate": _new_state,
    "Hangup": _hangup,
    "OriginateResponse": _originate_response,
    "UserEvent": _user_event,
    "FullyBooted": _fully_booted,
    "Shutdown": _shutdown,
}

#: Events worth parsing: those that carry a fact, and the items of the lists that we ask for.
WANTED: Final = frozenset(name.encode() for name in (*_READERS, "CoreShowChannel", "CoreShowChannelsComplete"))
#: Regular expressions of what Asterisk should send us. Where manager.conf has no filter all of it is set, in one
#: piece, since the first one shuts out all that it does not name; anything more would cost a third of the rate.
#: Where it has the shipped ones, only the failures are added: the one sign of an Originate that came to nothing.
FAILURES: Final = "^Event: OriginateResponse[[:cntrl:]].*[[:cntrl:]]Response: Failure"
EVERYTHING: Final = (
    "^Event: ((UserEvent|FullyBooted|Shutdown)[[:cntrl:]]"
    "|(Newchannel|Newstate|Hangup)[[:cntrl:]].*[[:cntrl:]]Channel: PJSIP/"
    "|OriginateResponse[[:cntrl:]].*[[:cntrl:]]Response: Failure)"
)
