"""Reservation: leads become attempts, within the limits, for the leading master only."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from discador.core.attempt import State, attempt_id
from discador.core.attempt.identifier import RANDOM_BYTES
from discador.core.campaign import CampaignState
from discador.core.lead import LeadState
from discador.store.campaigns import get_campaign
from discador.store.counters import Tally
from discador.store.leadership import require_epoch
from discador.store.live import by_live
from discador.store.records import NOT_DIALLABLE, READY, WAITS, Campaign, Reserved, ReservePlan
from discador.store.system import share_switch
from discador.store.tables import attempt, lead, lead_zone, trunk
from discador.store.transaction import Repository, Transaction, reads, writes
from discador.store.types import to_microseconds

#: How often one reservation looks further when all it saw lies in closed zones: its locks must stay short.
_ROUNDS: Final = 8

_SHARE_TRUNK: Final = (
    sa.select(trunk.c.max_channels, trunk.c.disabled)
    .where(trunk.c.id == sa.bindparam("trunk"))
    .with_for_update(read=True)
)
_OF_CAMPAIGN: Final = attempt.c.campaign_id == sa.bindparam("campaign")
_OF_TRUNK: Final = attempt.c.trunk_id == sa.bindparam("trunk")
#: Channels held by the campaign, and by the trunk.
_HELD: Final = by_live(
    sa.select(*(sa.func.sum(sa.case((mine, 1), else_=0)) for mine in (_OF_CAMPAIGN, _OF_TRUNK))).where(
        attempt.c.live == 1, sa.or_(_OF_CAMPAIGN, _OF_TRUNK)
    )
)
_TAKE: Final = (
    sa.select(lead.c.id, lead.c.number, lead.c.zones, lead.c.state, lead.c.last_no)
    .where(lead.c.campaign_id == sa.bindparam("campaign"), lead.c.ready == READY)
    .order_by(lead.c.priority, lead.c.due_at, lead.c.id)
    .limit(sa.bindparam("size"))
    .offset(sa.bindparam("start"))
    .with_for_update(skip_locked=True)
)
_RESERVE: Final = (
    sa.update(lead)
    .where(lead.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(state=LeadState.RESERVED, ready=NOT_DIALLABLE, last_no=lead.c.last_no + 1, reason="")
)


class Reservation(Repository):
    """From lead to queued attempt."""

    @reads
    def zones(self, tx: Transaction, campaign_id: int) -> set[str]:
        """Return the zone keys of a campaign's leads (`records.zones_of`): of those ready, and perhaps some more."""
        return set(tx.execute(sa.select(lead_zone.c.zones).where(lead_zone.c.campaign_id == campaign_id)).scalars())

    @writes
    def promote(self, tx: Transaction, campaign_id: int, limit: int = 5000) -> int:
        """Make up to `limit` leads ready that waited for a time that has come, longest due first; return how many."""
        due = (
            sa.select(lead.c.id)
            .where(lead.c.campaign_id == campaign_id, lead.c.ready == WAITS, lead.c.due_at <= tx.now())
            .order_by(lead.c.due_at)
            .limit(limit)
        )
        ids = tx.execute(due.with_for_update(skip_locked=True)).scalars().all()
        if ids:
            tx.execute(sa.update(lead).where(lead.c.id.in_(ids)).values(ready=READY))
        return len(ids)

    @writes
    def reserve(self, tx: Transaction, epoch: int, plan: ReservePlan) -> list[Reserved]:
        """Reserve leads by priority, then due time; their attempts are `queued` and durable on return.

        At most `plan.limit`, and so many that the attempts not ended stay within `max_channels` of the campaign and of
        the trunk. Nothing while the system is switched off, the campaign does not run or the trunk is disabled. Leads
        with zones in `plan.closed_zones` are put off until those open.

        Raises StaleLeader, NotFound (campaign-not-found).
        """
        # Alone: two reservations at once would both see the same free channels.
        require_epoch(tx, epoch, alone=True)
        if not share_switch(tx):
            return []
        campaign = get_campaign(tx, plan.campaign_id, share=True)
        if campaign.state is not CampaignState.RUNNING:
            return []
        wanted = min(plan.limit, _free_channels(tx, campaign, plan.trunk_id))
        if wanted <= 0:
            return []
        chosen, put_off = _take(tx, plan, wanted)
        for opens_at, ids in put_off.items():
            tx.execute(sa.update(lead).where(lead.c.id.in_(ids)).values(ready=WAITS, due_at=opens_at))
        return _queue(tx, plan, campaign, chosen) if chosen else []


def _free_channels(tx: Transaction, campaign: Campaign, trunk_id: int) -> int:
    way = tx.execute(_SHARE_TRUNK, {"trunk": trunk_id}).one_or_none()
    if way is None or way.disabled:
        return 0
    held = tx.execute(_HELD, {"campaign": campaign.id, "trunk": trunk_id}).one()
    return min(campaign.settings.max_channels - int(held[0] or 0), int(way.max_channels) - int(held[1] or 0))


def _take(tx: Transaction, plan: ReservePlan, wanted: int) -> tuple[list[sa.Row[Any]], dict[datetime, list[int]]]:
    """Return the leads to reserve, and the ids of those that wait for their zones by the time these open."""
    size = max(wanted, plan.batch) if plan.closed_zones else wanted
    chosen: list[sa.Row[Any]] = []
    put_off: defaultdict[datetime, list[int]] = defaultdict(list)
    for turn in range(_ROUNDS):
        rows = tx.execute(_TAKE, {"campaign": plan.campaign_id, "size": size, "start": turn * size}).all()
        for row in rows:
            opens_at = plan.closed_zones.get(row.zones)
            if opens_at is not None:
                put_off[opens_at].append(row.id)
            elif len(chosen) < wanted:
                chosen.append(row)
        if len(chosen) == wanted or len(rows) < size:
            break
    return chosen, put_off


def _queue(tx: Transaction, plan: ReservePlan, campaign: Campaign, chosen: Sequence[sa.Row[Any]]) -> list[Reserved]:
    tx.execute(_RESERVE, {"ids": [row.id for row in chosen]})
    now_us = to_microseconds(tx.now())
    # A microsecond apart, so that the order of ids is the order of reservation.
    reserved = [
        Reserved(attempt_id(now_us + place, secrets.token_bytes(RANDOM_BYTES)), row.id, row.number, row.last_no + 1)
        for place, row in enumerate(chosen)
    ]
    rows = [
        {"id": new.attempt_id, "lead_id": new.lead_id, "no": new.no, "number": new.number, "origin": row.state}
        for new, row in zip(reserved, chosen, strict=True)
    ]
    constants: dict[str, int | str | None] = {
        "campaign_id": plan.campaign_id,
        "trunk_id": plan.trunk_id,
        "node_id": plan.node_id,
        "mode": campaign.settings.mode.value,
        "state": State.QUEUED.value,
        "reached": State.QUEUED.value,
        "detail": "",
        "digits": "",
        "worker": "",
        "created_at": now_us,
        "expires_at": now_us + round(plan.expires_in_s * 1_000_000),
    }
    tx.insert_many(attempt, rows, constants=constants)
    tally = Tally()
    for state, count in Counter(row.state for row in chosen).items():
        tally.lead_moved(plan.campaign_id, state, LeadState.RESERVED, count)
    tally.write(tx)
    return reserved
