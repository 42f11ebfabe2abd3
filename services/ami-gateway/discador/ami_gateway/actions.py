"""What we ask of Asterisk: the headers of AMI actions. Pure; the link adds an ActionID where none is given."""

from __future__ import annotations

from typing import Final

from .link import Header
from .order import Order

Headers = dict[str, Header]

_PLAYS: Final = 2  # of a message that asks for a digit, when none is pressed
_GUARD_MARGIN_S: Final = 10


def login(username: str, secret: str) -> Headers:
    return {"Action": "Login", "Username": username, "Secret": secret, "Events": "on"}


def logoff() -> Headers:
    return {"Action": "Logoff"}


def ping() -> Headers:
    return {"Action": "Ping"}


def core_status() -> Headers:
    return {"Action": "CoreStatus"}


def core_settings() -> Headers:
    return {"Action": "CoreSettings"}


def core_show_channels() -> Headers:
    return {"Action": "CoreShowChannels"}


def only_events(expression: str) -> Headers:
    """Let through on this connection what the expression matches, besides what is let through already."""
    return {"Action": "Filter", "Operation": "Add", "Filter": expression}


def hangup(channel: str, cause: int) -> Headers:
    """`channel` may be a channel's Uniqueid: Asterisk takes it where it wants a name."""
    return {"Action": "Hangup", "Channel": channel, "Cause": cause}


def originate(order: Order, not_after: int, *, strict: bool) -> Headers:
    """Dial through the guard (ADR 0003), which refuses after `not_after`, in whole seconds of Asterisk's clock."""
    variables = {
        "ATTEMPT": order.attempt_id,
        "NOT_AFTER": not_after,
        "NUMBER": order.number,
        "TRUNK": order.trunk,
        "RING": order.ring_s,
        "HEADER": "yes" if order.header else "no",
        "MESSAGE": order.message,
        "DIGITS": order.digits,
        "REPEAT": order.repeat,
        "OPT_OUT": order.opt_out,
        "PLAYS": _PLAYS if order.digits else 1,
    }
    return {
        "Action": "Originate",
        "ActionID": order.attempt_id,
        "ChannelId": order.attempt_id,
        "Channel": f"Local/{'strict' if strict else 'call'}@discador-guard/n",
        "Context": "discador-answered",
        "Exten": "s",
        "Priority": 1,
        "Async": "true",
        # The guard's own Dial ends the ringing; this only ends a guard that does not.
        "Timeout": (order.ring_s + _GUARD_MARGIN_S) * 1000,
        "CallerID": order.caller_id,
        # Two underscores: the channel to the trunk inherits them.
        "Variable": [f"__DISCADOR_{name}={value}" for name, value in variables.items()],
    }


def probe(attempt_id: str) -> Headers:
    """An Originate that a standing guard refuses: its time is over. Nothing is dialled in any case."""
    return {
        "Action": "Originate",
        "ActionID": attempt_id,
        "ChannelId": attempt_id,
        "Channel": "Local/call@discador-guard/n",
        "Context": "discador-answered",
        "Exten": "s",
        "Priority": 1,
        "Async": "true",
        "Timeout": 3000,
        "Variable": [f"__DISCADOR_ATTEMPT={attempt_id}", "__DISCADOR_NOT_AFTER=1"],
    }
