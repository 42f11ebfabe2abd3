"""Leads: adding them singly, reading them in pages. Many at once come through `imports`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.exc

from discador.core.lead import LeadState
from discador.store.campaigns import get_campaign
from discador.store.counters import Tally
from discador.store.errors import LeadExists, NotFound
from discador.store.records import READY, Attempt, Lead, LeadList, NewLead, zones_key
from discador.store.rows import ATTEMPT, LEAD, attempt_from, lead_from
from discador.store.tables import attempt, lead, lead_list, lead_zone
from discador.store.transaction import Repository, Transaction, reads, writes
from discador.store.types import dump_json, to_microseconds

_LIST = tuple(lead_list.c[name] for name in LeadList.__dataclass_fields__)
_PAGE = 1000

#: The columns of a new lead, in the order of `new_lead_values`.
NEW_LEAD_COLUMNS = (
    "campaign_id", "list_id", "number", "name", "external_id", "priority", "zones", "fields",
    "state", "ready", "due_at", "attempts", "last_no", "outcome_counts", "last_outcome", "reason", "created_at",
)  # fmt: skip


class Leads(Repository):
    """The leads of campaigns."""

    @writes
    def create(self, tx: Transaction, campaign_id: int, new: NewLead) -> Lead:
        """Add one lead, ready at once. Raises NotFound (campaign-not-found), LeadExists.

        The do-not-call list is not asked: the gate does.
        """
        get_campaign(tx, campaign_id, share=True)
        values = new_lead_values(new, campaign_id, None, tx.now())
        if not tx.dialect.insert_many(tx.connection, lead, NEW_LEAD_COLUMNS, [values]):
            raise LeadExists(f"campaign {campaign_id} has a lead with this number already")
        note_zones(tx, campaign_id, {zones_key(new.zones)})
        tally = Tally()
        tally.lead_moved(campaign_id, None, LeadState.NEW)
        tally.write(tx)
        query = sa.select(*LEAD).where(lead.c.campaign_id == campaign_id, lead.c.number == new.number)
        return lead_from(tx.execute(query).one())

    @reads
    def get(self, tx: Transaction, lead_id: int) -> Lead:
        """Return a lead. Raises NotFound."""
        row = tx.execute(sa.select(*LEAD).where(lead.c.id == lead_id)).one_or_none()
        if row is None:
            raise NotFound("lead", lead_id)
        return lead_from(row)

    @reads
    def list(
        self,
        tx: Transaction,
        campaign_id: int,
        limit: int,
        after_id: int = 0,
        state: LeadState | None = None,
        number: str | None = None,
    ) -> builtins.list[Lead]:
        """Return leads of a campaign by id; `after_id` is the last one of the page before."""
        query = sa.select(*LEAD).where(lead.c.campaign_id == campaign_id, lead.c.id > after_id)
        if state is not None:
            query = query.where(lead.c.state == state)
        if number is not None:
            query = query.where(lead.c.number == number)
        return [lead_from(row) for row in tx.execute(query.order_by(lead.c.id).limit(limit))]

    def iterate(self, campaign_id: int) -> Iterator[Lead]:
        """Return all leads of a campaign by id, page by page: each is as it was when its page was read."""
        after_id = 0
        while page := self.list(campaign_id, _PAGE, after_id):
            yield from page
            after_id = page[-1].id

    @reads
    def lists(self, tx: Transaction, campaign_id: int, limit: int = 1000, after_id: int = 0) -> builtins.list[LeadList]:
        """Return the lead lists of a campaign by id."""
        query = sa.select(*_LIST).where(lead_list.c.campaign_id == campaign_id, lead_list.c.id > after_id)
        return [LeadList(*row) for row in tx.execute(query.order_by(lead_list.c.id).limit(limit))]

    @reads
    def attempts_of(self, tx: Transaction, lead_id: int) -> builtins.list[Attempt]:
        """Return the attempts of a lead, first to last."""
        query = sa.select(*ATTEMPT).where(attempt.c.lead_id == lead_id).order_by(attempt.c.no)
        return [attempt_from(row) for row in tx.execute(query)]


def new_lead_values(new: NewLead, campaign_id: int, list_id: int | None, now: datetime) -> tuple[Any, ...]:
    """Return the raw values of `NEW_LEAD_COLUMNS`."""
    at = to_microseconds(now)
    return (
        campaign_id, list_id, new.number, new.name, new.external_id, new.priority, zones_key(new.zones),
        dump_json(dict(new.fields)), LeadState.NEW.value, READY, at, 0, 0, "{}", "", "", at,
    )  # fmt: skip


def note_zones(tx: Transaction, campaign_id: int, keys: set[str]) -> None:
    """Remember that the campaign has leads with these zone keys."""
    rows: Sequence[dict[str, Any]] = [{"campaign_id": campaign_id, "zones": key} for key in sorted(keys)]
    tx.execute(tx.dialect.insert_ignore(lead_zone), rows)
