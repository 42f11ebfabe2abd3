"""Leads: adding them singly, reading them in pages. Many at once come through `imports`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.exc

from discador.core.lead import LeadState
from discador.store.campaigns import get_campaign
from discador.store.counters import Tally
from discador.store.errors import LeadExists, NotFound
from discador.store.records import READY, WAITS, Attempt, Lead, LeadList, NewLead, zones_key
from discador.store.rows import ATTEMPT, LEAD, attempt_from, lead_from
from discador.store.tables import attempt, lead, lead_list, lead_zone
from discador.store.transaction import Repository, Transaction, reads, writes
from discador.store.types import dump_json, to_microseconds

_LIST = tuple(lead_list.c[name] for name in LeadList.__dataclass_fields__)
_NEW = ("number", "name", "external_id", "priority", "zones", "fields")
_PAGE = 1000


class Leads(Repository):
    """The leads of campaigns."""

    @writes
    def create(self, tx: Transaction, campaign_id: int, new: NewLead) -> Lead:
        """Add one lead, ready at once. Raises NotFound (campaign-not-found), LeadExists.

        The do-not-call list is not asked: the gate does.
        """
        get_campaign(tx, campaign_id, share=True)
        if not insert_leads(tx, campaign_id, None, [new]):
            raise LeadExists(f"campaign {campaign_id} has a lead with this number already")
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
    def diallable(
        self, tx: Transaction, campaign_id: int, limit: int
    ) -> builtins.list[tuple[int, datetime | None, str]]:
        """Return `ready`, due time and reason of leads that may be dialled now or later: up to `limit` that are ready
        and up to `limit` that wait, soonest due first."""
        found: builtins.list[tuple[int, datetime | None, str]] = []
        for ready in (READY, WAITS):
            columns = sa.select(lead.c.ready, lead.c.due_at, lead.c.reason)
            query = columns.where(lead.c.campaign_id == campaign_id, lead.c.ready == ready).order_by(lead.c.due_at)
            found += [(row.ready, row.due_at, row.reason) for row in tx.execute(query.limit(limit))]
        return found

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
        else:
            # The optimiser would rather walk through all leads, of all campaigns, in the hope of a page soon.
            index = "lead_page" if state is None else "lead_state"
            query = query.with_hint(lead, f"FORCE INDEX ({index})", "mysql")
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


def insert_leads(tx: Transaction, campaign_id: int, list_id: int | None, new: Sequence[NewLead]) -> int:
    """Add leads, ready at once, but those whose number the campaign has; return how many are new. Counts them."""
    at = to_microseconds(tx.now())
    keys = {zones: zones_key(zones) for zones in {each.zones for each in new}}
    rows = [
        (each.number, each.name, each.external_id, each.priority, keys[each.zones], dump_json(each.fields))
        for each in new
    ]
    constants: dict[str, int | str | None] = {
        "campaign_id": campaign_id,
        "list_id": list_id,
        "state": LeadState.NEW.value,
        "ready": READY,
        "due_at": at,
        "attempts": 0,
        "last_no": 0,
        "outcome_counts": "{}",
        "last_outcome": "",
        "reason": "",
        "created_at": at,
    }
    added = tx.insert_values(lead, _NEW, rows, constants=constants, ignore=True)
    zones = [{"campaign_id": campaign_id, "zones": key} for key in sorted(set(keys.values()))]
    tx.insert_many(lead_zone, zones, ignore=True)
    tally = Tally()
    tally.lead_moved(campaign_id, None, LeadState.NEW, added)
    tally.write(tx)
    return added
