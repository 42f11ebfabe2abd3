"""What the gate locks and reads before its judge decides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from discador.core.attempt import State
from discador.core.campaign import CampaignState
from discador.store.records import Attempt, Campaign, Lead, Trunk, Usage
from discador.store.rows import ATTEMPT, CAMPAIGN, LEAD, TRUNK, attempt_from, campaign_from, lead_from, trunk_from
from discador.store.tables import attempt, campaign, dnc, lead, number_usage, trunk
from discador.store.transaction import Transaction
from discador.store.types import from_microseconds
from discador.store.usage import lock_numbers

_OWNERS = (
    sa.select(attempt.c.campaign_id)
    .where(attempt.c.id.in_(sa.bindparam("ids", expanding=True)), attempt.c.state == State.QUEUED)
    .distinct()
)
_SHARE_CAMPAIGNS = (
    sa.select(*CAMPAIGN)
    .where(campaign.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(campaign.c.id)
    .with_for_update(read=True)
)
_LOCK_QUEUED = (
    sa.select(*ATTEMPT)
    .where(
        attempt.c.id.in_(sa.bindparam("ids", expanding=True)),
        attempt.c.state == State.QUEUED,
        attempt.c.campaign_id.in_(sa.bindparam("campaigns", expanding=True)),
    )
    .order_by(attempt.c.id)
    .with_for_update()
)
_LOCK_LEADS = (
    sa.select(*LEAD).where(lead.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(lead.c.id).with_for_update()
)
_TRUNKS = sa.select(*TRUNK).where(trunk.c.id.in_(sa.bindparam("ids", expanding=True)))
_USAGES = (
    sa.select(*(number_usage.c[name] for name in Usage.__dataclass_fields__), dnc.c.number.is_not(None))
    .outerjoin(dnc, dnc.c.number == number_usage.c.number)
    .where(number_usage.c.number.in_(sa.bindparam("numbers", expanding=True)))
)


def share_running(tx: Transaction, ids: Sequence[uuid.UUID]) -> dict[int, Campaign]:
    """Return the running campaigns of these attempts; nobody can pause them until the transaction ends."""
    owners = sorted(tx.execute(_OWNERS, {"ids": ids}).scalars())
    rows = map(campaign_from, tx.execute(_SHARE_CAMPAIGNS, {"ids": owners})) if owners else ()
    return {each.id: each for each in rows if each.state is CampaignState.RUNNING}


def lock_queued(tx: Transaction, ids: Sequence[uuid.UUID], campaigns: Mapping[int, Campaign]) -> list[Attempt]:
    """Lock and return those attempts that are still queued, by id."""
    if not campaigns:
        return []
    rows = tx.execute(_LOCK_QUEUED, {"ids": sorted(set(ids)), "campaigns": sorted(campaigns)})
    return [attempt_from(row) for row in rows]


def lock_leads(tx: Transaction, attempts: Sequence[Attempt]) -> dict[int, Lead]:
    """Lock and return the leads of the attempts: before the use of their numbers, as `progress` does."""
    rows = tx.execute(_LOCK_LEADS, {"ids": sorted({each.lead_id for each in attempts})})
    return {each.id: each for each in map(lead_from, rows)}


def read_trunks(tx: Transaction, attempts: Sequence[Attempt]) -> dict[int, Trunk]:
    """Return the trunks of the attempts."""
    rows = tx.execute(_TRUNKS, {"ids": sorted({each.trunk_id for each in attempts})})
    return {each.id: each for each in map(trunk_from, rows)}


def lock_usages(tx: Transaction, attempts: Sequence[Attempt]) -> tuple[dict[str, Usage], set[str], datetime]:
    """Lock the use of the numbers; return it, those on the do-not-call list, and the time once all is locked."""
    numbers = lock_numbers(tx, (each.number for each in attempts))
    found = tx.execute(_USAGES.add_columns(tx.dialect.now_us), {"numbers": numbers}).all()
    usages = {row[0]: Usage(*row[:-2]) for row in found}
    return usages, {row[0] for row in found if row[-2]}, from_microseconds(int(found[0][-1]))
