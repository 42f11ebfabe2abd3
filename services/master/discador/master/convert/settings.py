"""Campaign settings ↔ the wire. Zero and empty on the wire mean *left out*: the core's default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from discador.core.attempt import Outcome
from discador.core.campaign import CampaignSettings, Mode
from discador.core.compliance import BR_DEFAULT, CallingWindow, Caps
from discador.core.compliance.span import format_clock
from discador.core.errors import Fault, InvalidSettings
from discador.core.lead.retry_policy import DAY_S, DEFAULT_RULES, RetryPolicy
from discador.master.convert.enums import DIGIT_ACTION, MODE, member
from discador.v1 import campaign_pb2 as wire

T = TypeVar("T")

_MAX_ATTEMPTS: Final = RetryPolicy().max_attempts_per_lead

#: Where the core's document and the wire part: the core's path → the wire's.
_PATHS: Final = {
    "caps.per_number_per_day": "max_attempts_per_number_day",
    "caps.min_spacing_s": "min_spacing_s",
    "retry.max_attempts_per_lead": "max_attempts_per_lead",
}


def settings_from_wire(message: wire.CampaignSettings, default_zone: str) -> CampaignSettings:
    """Return the settings that the message describes.

    Raises:
        InvalidSettings: every fault found, each with its path on the wire (below `settings`).
    """
    faults: list[Fault] = []
    retry = _read(RetryPolicy.from_json, _retry(message, faults), "retry", RetryPolicy(), faults)
    caps = _read(Caps.from_json, _caps(message), "caps", Caps(), faults)
    window = _window(message.window, faults)
    flat = _read(CampaignSettings.from_json, _flat(message, default_zone, faults), "", None, faults)
    if faults or flat is None:
        raise InvalidSettings(tuple(faults))
    return replace(flat, caps=caps, window=window, retry=retry)


def settings_to_wire(settings: CampaignSettings) -> wire.CampaignSettings:
    """Return the message; `settings_from_wire` reads it back to equal settings."""
    return wire.CampaignSettings(
        mode=MODE[settings.mode],  # type: ignore[arg-type]  # the stubs know enum members only
        priority=settings.priority,
        max_channels=settings.max_channels,
        target_calls=settings.target_calls,
        ring_timeout_s=round(settings.ring_timeout_s),
        caller_id=settings.caller_id,
        message=settings.message,
        digits={digit: DIGIT_ACTION[action] for digit, action in settings.digits.items()},  # type: ignore[misc]
        max_attempts_per_lead=settings.retry_policy.max_attempts_per_lead,
        max_attempts_per_number_day=settings.caps.per_number_per_day,
        min_spacing_s=round(settings.caps.min_spacing_s),
        retry_rules=[
            wire.RetryRule(
                outcome=outcome.value,
                delay_s=rule.delay_s,
                max_attempts=rule.max_attempts or 0,
                multiplier=rule.multiplier,
                max_delay_s=rule.max_delay_s,
            )
            for outcome, rule in settings.retry.rules.items()
            if DEFAULT_RULES.get(outcome) != rule
        ],
        window=_window_to_wire(settings.window),
        time_zone=settings.time_zone,
        trunk_ids=settings.trunk_ids,
    )


def _read(read: Callable[[Any], T], document: dict[str, Any], under: str, default: T, faults: list[Fault]) -> T:
    try:
        return read(document)
    except InvalidSettings as error:
        for fault in error.faults:
            path = ".".join(part for part in (under, fault.path) if part)
            faults.append(Fault(_PATHS.get(path, path.replace("retry.rules.", "retry_rules.")), fault.message))
        return default


def _flat(message: wire.CampaignSettings, default_zone: str, faults: list[Fault]) -> dict[str, Any]:
    mode = member(MODE, message.mode) if message.mode else Mode.BROADCAST
    if mode is not Mode.BROADCAST:
        faults.append(Fault("mode", "must be DIAL_MODE_BROADCAST: this version has no agents to connect anybody to"))
    digits = {}
    for digit, number in message.digits.items():
        action = member(DIGIT_ACTION, number)
        if action is None:
            faults.append(Fault(f"digits.{digit[:5]}", "must be an action that this version knows"))
        else:
            digits[digit] = action.value
    # The retry policy's own bound is not written down twice.
    attempts = message.max_attempts_per_lead
    return {
        "mode": Mode.BROADCAST.value,
        "priority": message.priority or 50,
        "max_channels": message.max_channels or 10,
        "target_calls": message.target_calls,
        "ring_timeout_s": message.ring_timeout_s or 30,
        "caller_id": message.caller_id,
        "message": message.message,
        "digits": digits,
        "max_attempts_per_lead": attempts if attempts not in (0, _MAX_ATTEMPTS) else None,
        "time_zone": message.time_zone or default_zone,
        "trunk_ids": list(message.trunk_ids),
    }


def _caps(message: wire.CampaignSettings) -> dict[str, Any]:
    return {
        "per_number_per_day": message.max_attempts_per_number_day or 2,
        "min_spacing_s": message.min_spacing_s,
    }


def _retry(message: wire.CampaignSettings, faults: list[Fault]) -> dict[str, Any]:
    rules = {outcome.value: rule.to_json() for outcome, rule in DEFAULT_RULES.items()}
    named: set[str] = set()
    for n, rule in enumerate(message.retry_rules):
        if rule.outcome not in set(Outcome) or rule.outcome in named:
            fault = "is named twice" if rule.outcome in named else f"must be one of {', '.join(Outcome)}"
            faults.append(Fault(f"retry_rules[{n}].outcome", fault))
            continue
        named.add(rule.outcome)
        rules[rule.outcome] = {
            "delay_s": rule.delay_s,
            "max_attempts": rule.max_attempts or None,
            "multiplier": rule.multiplier or 1.0,
            "max_delay_s": rule.max_delay_s or max(DAY_S, rule.delay_s),
        }
    return {"rules": rules}


def _window(message: wire.CallingWindow, faults: list[Fault]) -> CallingWindow:
    if not message.spans and not message.always:
        # The calendar of Brazil; holidays given are added to its own.
        holidays = _read(
            CallingWindow.from_json,
            {"always": True, "holidays": list(message.holidays)},
            "window",
            BR_DEFAULT,
            faults,
        ).holidays
        return replace(BR_DEFAULT, holidays=holidays)
    document = {
        "spans": [
            {"weekdays": list(span.weekdays), "opens": span.opens, "closes": span.closes} for span in message.spans
        ],
        "holidays": list(message.holidays),
        "always": message.always,
    }
    return _read(CallingWindow.from_json, document, "window", BR_DEFAULT, faults)


def _window_to_wire(window: CallingWindow) -> wire.CallingWindow:
    holidays = sorted(day.isoformat() for day in window.holidays)
    if window.calendar == BR_DEFAULT.calendar and window.spans == BR_DEFAULT.spans and not window.always:
        return wire.CallingWindow(holidays=holidays)
    return wire.CallingWindow(
        spans=[
            wire.WindowSpan(
                weekdays=sorted(span.weekdays), opens=format_clock(span.opens), closes=format_clock(span.closes)
            )
            for span in window.spans
        ],
        holidays=holidays,
        always=window.always,
    )
