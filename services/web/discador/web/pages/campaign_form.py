"""A campaign's settings as a form, and back. What the form cannot show is kept as it is."""

from __future__ import annotations

from typing import Any, Final

from discador.v1 import campaign_pb2
from discador.web.i18n.marks import N_
from discador.web.pages.form_reading import Fields

DIGITS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#")
#: Outcomes for which a retry can be set.
RETRIED: Final = ("busy", "no_answer", "congestion", "rejected", "machine", "abandoned", "failed", "unknown")
WINDOWS: Final = (
    ("default", N_("The default calendar of Brazil")),
    ("week", N_("The hours below")),
    ("always", N_("Any time (tests, or where the law exempts)")),
)
KEEP: Final = ("keep", N_("As it is: more spans than this form shows"))
NUMBERS: Final = (
    "priority",
    "max_channels",
    "target_calls",
    "ring_timeout_s",
    "max_attempts_per_lead",
    "max_attempts_per_number_day",
    "min_spacing_s",
)
TEXTS: Final = ("caller_id", "message", "time_zone")
#: What the master takes where a field is left empty.
DEFAULTS: Final = {
    "priority": 50,
    "max_channels": 10,
    "ring_timeout_s": 30,
    "max_attempts_per_lead": 10,
    "max_attempts_per_number_day": 2,
}
PREFIXES: Final = ("campaign.settings.", "campaign.")


def empty_values(zone: str) -> dict[str, Any]:
    """Return what the form of a new campaign shows."""
    settings = campaign_pb2.CampaignSettings(time_zone=zone)
    for name, value in DEFAULTS.items():
        setattr(settings, name, value)
    return values_of(campaign_pb2.Campaign(settings=settings))


def values_of(campaign: campaign_pb2.Campaign) -> dict[str, Any]:
    """Return the form's values for a campaign."""
    settings = campaign.settings
    values: dict[str, Any] = {"name": campaign.name, "etag": campaign.etag}
    values |= {name: getattr(settings, name) for name in (*NUMBERS, *TEXTS)}
    values |= {f"digit_{digit}": int(settings.digits.get(digit, 0)) for digit in DIGITS}
    values["trunk_ids"] = [str(trunk) for trunk in settings.trunk_ids]
    for rule in settings.retry_rules:
        values[f"retry_{rule.outcome}_delay"] = f"{rule.delay_s / 60:g}"
        values[f"retry_{rule.outcome}_attempts"] = rule.max_attempts or ""
    values["window"], week = _window_values(settings.window)
    values["holidays"] = "\n".join(settings.window.holidays)
    return values | week


def sent_values(fields: Fields) -> dict[str, Any]:
    """Return the values as they were sent, for the form that is shown again."""
    form = fields.form
    values: dict[str, Any] = {name: fields.text(name) for name in form}
    values["trunk_ids"] = list(form.getlist("trunk_ids")) if hasattr(form, "getlist") else []
    values.setdefault("window", "default")
    return values


def settings_from(fields: Fields, before: campaign_pb2.CampaignSettings | None) -> campaign_pb2.CampaignSettings:
    """Return the settings that the form describes; faults are noted in `fields`."""
    settings = campaign_pb2.CampaignSettings(mode=campaign_pb2.DIAL_MODE_BROADCAST)
    for name in NUMBERS:
        value = fields.integer(name)
        if not -(2**31) <= value < 2**31:
            value = -1  # the master says what the bounds are
        setattr(settings, name, value)
    for name in TEXTS:
        setattr(settings, name, fields.text(name))
    for digit in DIGITS:
        if action := fields.integer(f"digit_{digit}"):
            settings.digits[digit] = action  # type: ignore[assignment]  # the stubs know enum members only
    sent = fields.form.getlist("trunk_ids") if hasattr(fields.form, "getlist") else []
    settings.trunk_ids.extend(int(str(trunk)) for trunk in sent if str(trunk).isdigit())
    _read_retries(fields, settings, before)
    if fields.text("window") == "keep" and before is not None:
        settings.window.CopyFrom(before.window)
    else:
        _read_window(fields, settings)
    return settings


def _read_retries(
    fields: Fields, settings: campaign_pb2.CampaignSettings, before: campaign_pb2.CampaignSettings | None
) -> None:
    known = {rule.outcome: rule for rule in before.retry_rules} if before is not None else {}
    for outcome in RETRIED:
        delay, attempts = fields.text(f"retry_{outcome}_delay"), fields.integer(f"retry_{outcome}_attempts")
        if not delay and not attempts:
            continue
        rule = campaign_pb2.RetryRule(outcome=outcome, multiplier=1)
        if outcome in known:
            rule.CopyFrom(known[outcome])
        rule.delay_s = fields.number(f"retry_{outcome}_delay") * 60
        rule.max_delay_s = max(rule.max_delay_s, rule.delay_s) if rule.max_delay_s else 0
        rule.max_attempts = attempts
        settings.retry_rules.append(rule)
    settings.retry_rules.extend(rule for outcome, rule in known.items() if outcome not in RETRIED)


def _read_window(fields: Fields, settings: campaign_pb2.CampaignSettings) -> None:
    kind = fields.text("window")
    settings.window.always = kind == "always"
    settings.window.holidays.extend(line.strip() for line in fields.text("holidays").splitlines() if line.strip())
    if kind != "week":
        return
    spans: dict[tuple[str, str], list[int]] = {}
    for day in range(1, 8):
        if fields.checked(f"day_{day}"):
            hours = (fields.text(f"opens_{day}"), fields.text(f"closes_{day}"))
            spans.setdefault(hours, []).append(day)
    for (opens, closes), days in spans.items():
        # A browser's time field cannot say 24:00.
        settings.window.spans.add(weekdays=days, opens=opens, closes="24:00" if closes == "00:00" else closes)
    if not spans:
        fields.errors["window"] = N_("tick a day at least")


def _window_values(window: campaign_pb2.CallingWindow) -> tuple[str, dict[str, Any]]:
    week: dict[str, Any] = {}
    for span in window.spans:
        for day in span.weekdays:
            if f"day_{day}" in week:
                return "keep", {}
            week |= {f"day_{day}": "yes", f"opens_{day}": span.opens, f"closes_{day}": span.closes}
            if span.closes == "24:00":
                week[f"closes_{day}"] = "00:00"
    if window.always:
        return "always", {}
    return ("week" if week else "default"), week
