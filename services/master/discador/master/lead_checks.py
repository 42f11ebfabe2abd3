"""What a lead itself needs to be dialled now, in the order in which it is worth checking. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from discador.core.attempt import COUNTED, BlockReason
from discador.core.campaign import CampaignSettings
from discador.core.campaign.why import Check
from discador.core.compliance import NumberUsage, local_day, may_attempt, may_dial
from discador.core.compliance.zone import find_zone
from discador.core.lead import DIALLABLE, LeadState
from discador.store.records import READY, Attempt, Lead


def checks_of(
    lead: Lead, settings: CampaignSettings, attempts: Sequence[Attempt], *, on_dnc: bool, now: datetime
) -> tuple[tuple[Check, ...], datetime | None]:
    """Return the lead's checks, and when it will be dialled at the earliest (None: never, or unknown).

    Caps are judged by this lead's own attempts, and by what the gate told of the number last; the gate itself
    counts those of all campaigns.
    """
    zones = lead.zones or (settings.time_zone,)
    diallable = lead.state in DIALLABLE
    is_due = lead.ready == READY or lead.due_at is None or lead.due_at <= now
    window = may_dial(settings.window, zones, now)
    today = local_day(now, zones[0])
    counted = [one for one in attempts if one.usage_day == today and (one.outcome is None or one.outcome in COUNTED)]
    last_at = max((one.submitting_at for one in attempts if one.submitting_at is not None), default=None)
    caps = may_attempt(NumberUsage(today, len(counted), last_at), settings.caps, now, zones[0])
    held = lead.reason in (BlockReason.DAILY_CAP.value, BlockReason.SPACING.value) and not is_due
    state_detail = f"it is {lead.state.value}" + (f": {lead.reason}" if lead.reason else "")
    checks = (
        Check(
            "lead-diallable",
            diallable or lead.state is LeadState.RESERVED,
            "The lead can be dialled",
            state_detail,
            "A lead that is done, exhausted, blocked or invalid is not dialled again.",
        ),
        Check(
            "lead-not-reserved",
            lead.state is not LeadState.RESERVED,
            "No attempt is under way",
            "an attempt is under way" if lead.state is LeadState.RESERVED else "none is",
            "Wait for the attempt to end.",
        ),
        Check(
            "lead-not-dnc",
            not on_dnc,
            "The number is not on the do-not-call list",
            "it is on the list" if on_dnc else "it is not",
            "Remove the number from the list if the person agreed to be called.",
        ),
        Check(
            "lead-window-open",
            window.open,
            "The calling window is open where the number lies",
            window.reason,
            "Wait until it opens, or change the campaign's calling window if the law allows it.",
        ),
        Check(
            "lead-caps",
            caps.allowed and not held,
            "Attempt caps leave room for the number",
            f"attempts counted today: {len(counted)}" + (f"; held back: {lead.reason}" if held else ""),
            "Wait until the caps leave room again.",
        ),
        # Last: a closed window and a cap are reasons for a later due time.
        Check(
            "lead-due",
            is_due if diallable else None,
            "The lead is due",
            "due now"
            if is_due or lead.due_at is None
            else f"due at {lead.due_at.astimezone(find_zone(zones[0])).isoformat(timespec='seconds')}",
            "Wait until it is due; the campaign's retry rules decide when.",
        ),
    )
    if not diallable or on_dnc:
        return checks, None
    moments = [lead.due_at if not is_due and lead.due_at else now, now if caps.allowed else caps.allowed_at]
    if any(moment is None for moment in moments):
        return checks, None
    earliest = max(moment for moment in moments if moment is not None)
    opening = may_dial(settings.window, zones, earliest)
    return checks, earliest if opening.open else opening.opens_at
