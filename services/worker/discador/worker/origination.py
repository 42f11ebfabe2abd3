"""An attempt that passed the gate → what the gateway is asked to dial. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from discador.core.campaign import DigitAction
from discador.store.records import Gated
from discador.v1 import gateway_pb2 as wire
from discador.worker.number_format import written

#: The wire's words for what a key does.
_ACTION: Final[Mapping[DigitAction, str]] = {
    DigitAction.REPEAT: "repeat",
    DigitAction.OPT_OUT: "opt_out",
    DigitAction.HANGUP: "hang_up",
}


def origination_of(gated: Gated) -> wire.Origination:
    """Return the order to dial; its deadline `not_after` is the one that the gate committed."""
    attempt, settings, trunk = gated.attempt, gated.campaign.settings, gated.trunk
    order = wire.Origination(
        attempt_id=str(attempt.id),
        channel=trunk.dial.replace("{number}", written(attempt.number, trunk.number_format)),
        caller_id=settings.caller_id or trunk.caller_id,
        ring_timeout_s=max(1, round(settings.ring_timeout_s)),
        message=settings.message,
        digits={digit: _ACTION[action] for digit, action in settings.digits.items()},
        attempt_header=not trunk.hide_attempt_header,
    )
    if attempt.not_after is not None:
        order.not_after.FromDatetime(attempt.not_after)
    if attempt.submitting_at is not None:
        order.gated_at.FromDatetime(attempt.submitting_at)
    return order
