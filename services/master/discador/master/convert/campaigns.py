"""Campaigns on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from discador.core.attempt import Outcome
from discador.core.campaign.why import Check
from discador.core.lead import LeadState
from discador.master.convert.enums import CAMPAIGN_STATE
from discador.master.convert.settings import settings_to_wire
from discador.master.convert.stamps import stamp
from discador.store.records import Campaign
from discador.v1 import campaign_pb2 as wire

_CHECK_STATE: Mapping[bool | None, wire.CheckState] = {
    True: wire.CHECK_STATE_OK,
    False: wire.CHECK_STATE_FAILED,
    None: wire.CHECK_STATE_UNKNOWN,
}


def campaign_to_wire(campaign: Campaign) -> wire.Campaign:
    """Return the campaign without counters and checks."""
    return wire.Campaign(
        id=campaign.id,
        name=campaign.name,
        state=CAMPAIGN_STATE[campaign.state],  # type: ignore[arg-type]  # the stubs know enum members only
        settings=settings_to_wire(campaign.settings),
        etag=etag_of(campaign.version),
        created_at=stamp(campaign.created_at),
        updated_at=stamp(campaign.updated_at),
    )


def counters_to_wire(
    leads: Mapping[LeadState, int], outcomes: Mapping[Outcome, int], live: int
) -> wire.CampaignCounters:
    """Return the counters; zeros are left out."""
    return wire.CampaignCounters(
        leads={state.value: count for state, count in leads.items() if count},
        outcomes={outcome.value: count for outcome, count in outcomes.items() if count},
        live=live,
    )


def checks_to_wire(checks: Iterable[Check]) -> list[wire.Check]:
    """Return the checks in their order."""
    return [
        wire.Check(
            id=check.id, state=_CHECK_STATE[check.ok], title=check.title, detail=check.detail, remedy=check.remedy
        )
        for check in checks
    ]


def etag_of(version: int) -> str:
    """Return the etag of a version."""
    return f"v{version}"


def version_of(etag: str) -> int | None:
    """Return the version that an etag names: None if there is none to compare, −1 if it is none of ours."""
    if not etag:
        return None
    digits = etag.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
