"""Campaigns: their settings, their commands, and when they are done."""

from __future__ import annotations

import builtins
import json

import sqlalchemy as sa

from discador.core.attempt import Outcome
from discador.core.campaign import CampaignSettings, CampaignState, Command, decide
from discador.core.lead import LeadState
from discador.store.counters import make_counters, read_counters
from discador.store.errors import CampaignNotDraft, EtagMismatch, NotFound
from discador.store.leadership import require_epoch
from discador.store.live import by_live
from discador.store.names import take_name
from discador.store.records import READY, WAITS, Campaign, ImportState
from discador.store.rows import CAMPAIGN, campaign_from
from discador.store.tables import (
    ONLY_ROW,
    attempt,
    campaign,
    campaign_counter,
    import_,
    import_error,
    lead,
    lead_list,
    lead_zone,
    system,
)
from discador.store.transaction import Repository, Transaction, reads, writes

_ROW = sa.select(*CAMPAIGN).where(campaign.c.id == sa.bindparam("id"))
_SHARED = _ROW.with_for_update(read=True)
_LOCKED = _ROW.with_for_update()
_RUNNING = sa.select(*CAMPAIGN).where(campaign.c.state == CampaignState.RUNNING).order_by(campaign.c.id)
_DIALLING = _RUNNING.where(sa.select(system.c.id).where(system.c.id == ONLY_ROW, system.c.dialling).exists())


class Campaigns(Repository):
    """The list of campaigns."""

    @writes
    def create(self, tx: Transaction, name: str, settings: CampaignSettings) -> Campaign:
        """Add a draft. Raises InvalidValue, NameTaken."""
        now = tx.now()
        with take_name("campaign", campaign, name):
            campaign_id = tx.insert_one(
                campaign,
                name=name,
                state=CampaignState.DRAFT,
                settings=_dump(settings),
                version=1,
                created_at=now,
                updated_at=now,
            )
        make_counters(tx, campaign_id)
        return get_campaign(tx, campaign_id)

    @reads
    def get(self, tx: Transaction, campaign_id: int) -> Campaign:
        """Return a campaign. Raises NotFound."""
        return get_campaign(tx, campaign_id)

    @reads
    def list(
        self, tx: Transaction, limit: int, before_id: int | None = None, state: CampaignState | None = None
    ) -> builtins.list[Campaign]:
        """Return campaigns, newest first; `before_id` is the last one of the page before."""
        query = sa.select(*CAMPAIGN).order_by(campaign.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(campaign.c.id < before_id)
        if state is not None:
            query = query.where(campaign.c.state == state)
        return [campaign_from(row) for row in tx.execute(query)]

    @reads
    def running(self, tx: Transaction) -> builtins.list[Campaign]:
        """Return all running campaigns, by id."""
        return [campaign_from(row) for row in tx.execute(_RUNNING)]

    @reads
    def dialling(self, tx: Transaction) -> builtins.list[Campaign]:
        """Return all running campaigns, by id; none while the system is switched off."""
        return [campaign_from(row) for row in tx.execute(_DIALLING)]

    @writes
    def update(
        self,
        tx: Transaction,
        campaign_id: int,
        name: str | None = None,
        settings: CampaignSettings | None = None,
        expected_version: int | None = None,
    ) -> Campaign:
        """Change name or settings. Raises NotFound, NameTaken, EtagMismatch (not `expected_version` any more)."""
        current = get_campaign(tx, campaign_id, lock=True)
        if expected_version is not None and expected_version != current.version:
            raise EtagMismatch(f"campaign {campaign_id} has been changed since it was read: read it again")
        with take_name("campaign", campaign, name or current.name):
            tx.execute(
                sa.update(campaign)
                .where(campaign.c.id == campaign_id)
                .values(
                    name=name or current.name,
                    settings=_dump(settings or current.settings),
                    version=current.version + 1,
                    updated_at=tx.now(),
                )
            )
        return get_campaign(tx, campaign_id)

    @writes
    def command(self, tx: Transaction, campaign_id: int, command: Command) -> Campaign:
        """Give a command. A pause or a stop holds from the commit on: the gate locks the same row.

        Raises NotFound, and `core.errors.IllegalTransition` (campaign-illegal-transition).
        """
        current = get_campaign(tx, campaign_id, lock=True)
        _move(tx, campaign_id, decide(current.state, command))
        return get_campaign(tx, campaign_id)

    @writes
    def delete_draft(self, tx: Transaction, campaign_id: int) -> None:
        """Delete a campaign that was never started, with its leads. Raises NotFound, CampaignNotDraft."""
        if get_campaign(tx, campaign_id, lock=True).state is not CampaignState.DRAFT:
            raise CampaignNotDraft(f"campaign {campaign_id} has been started: it is kept for its records")
        imports = sa.select(import_.c.id).where(import_.c.campaign_id == campaign_id)
        tx.execute(sa.delete(import_error).where(import_error.c.import_id.in_(imports)))
        # In parts: one statement about a million leads would take longer than a statement may.
        some = sa.select(lead.c.id).where(lead.c.campaign_id == campaign_id).limit(5000)
        while ids := tx.execute(some).scalars().all():
            tx.execute(sa.delete(lead).where(lead.c.id.in_(ids)))
        for table in (import_, lead_zone, lead_list, campaign_counter):
            tx.execute(sa.delete(table).where(table.c.campaign_id == campaign_id))
        tx.execute(sa.delete(campaign).where(campaign.c.id == campaign_id))

    @reads
    def counters(self, tx: Transaction, campaign_id: int) -> tuple[dict[LeadState, int], dict[Outcome, int]]:
        """Return leads by state, and ended attempts by outcome (all of them, also where it is 0)."""
        return read_counters(tx, campaign_id)

    @reads
    def live_count(self, tx: Transaction, campaign_id: int) -> int:
        """Return how many attempts of the campaign have not ended."""
        live = by_live(sa.select(sa.func.count()).where(attempt.c.live == 1, attempt.c.campaign_id == campaign_id))
        return int(tx.execute(live).scalar_one())

    @writes
    def mark_completed(self, tx: Transaction, epoch: int, campaign_id: int) -> bool:
        """Complete a running campaign with nothing left to do: no lead that is or will be due, no live attempt, no
        running import. Return whether it was. Raises StaleLeader, NotFound."""
        require_epoch(tx, epoch, alone=False)
        if get_campaign(tx, campaign_id, lock=True).state is not CampaignState.RUNNING:
            return False
        busy = (
            _any_live(campaign_id),
            *(
                sa.select(lead.c.id).where(lead.c.campaign_id == campaign_id, lead.c.ready == ready)
                for ready in (READY, WAITS)
            ),
            sa.select(import_.c.id).where(
                import_.c.campaign_id == campaign_id, import_.c.state == ImportState.RUNNING, ~import_.c.dry_run
            ),
        )
        if any(tx.execute(query.limit(1)).first() for query in busy):
            return False
        _move(tx, campaign_id, decide(CampaignState.RUNNING, Command.COMPLETE))
        return True

    @writes
    def mark_stopped(self, tx: Transaction, epoch: int, campaign_id: int) -> bool:
        """Finish the stop of a campaign whose last attempt has ended; return whether that was done. Raises
        StaleLeader, NotFound."""
        require_epoch(tx, epoch, alone=False)
        if get_campaign(tx, campaign_id, lock=True).state is not CampaignState.STOPPING:
            return False
        if tx.execute(_any_live(campaign_id).limit(1)).first():
            return False
        _move(tx, campaign_id, decide(CampaignState.STOPPING, Command.COMPLETE))
        return True


def get_campaign(tx: Transaction, campaign_id: int, *, lock: bool = False, share: bool = False) -> Campaign:
    """Return a campaign; locked against everybody, or only against its change. Raises NotFound."""
    query = _LOCKED if lock else _SHARED if share else _ROW
    row = tx.execute(query, {"id": campaign_id}).one_or_none()
    if row is None:
        raise NotFound("campaign", campaign_id)
    return campaign_from(row)


def _any_live(campaign_id: int) -> sa.Select[tuple[bytes]]:
    return by_live(sa.select(attempt.c.id).where(attempt.c.live == 1, attempt.c.campaign_id == campaign_id))


def _move(tx: Transaction, campaign_id: int, state: CampaignState) -> None:
    tx.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(state=state, updated_at=tx.now()))


def _dump(settings: CampaignSettings) -> str:
    return json.dumps(settings.to_json(), ensure_ascii=False, separators=(",", ":"))
