"""Reading attempts: their pages, their histories, and what the sweeps look for."""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from discador.core.attempt import Outcome, State
from discador.core.campaign import CampaignState
from discador.store.errors import NotFound
from discador.store.live import by_live
from discador.store.questions import read_in_question
from discador.store.records import Attempt, EventRow, LiveCount
from discador.store.rows import ATTEMPT, attempt_from
from discador.store.tables import ONLY_ROW, attempt, call_event, campaign, system
from discador.store.transaction import Repository, Transaction, reads, writes

_EVENT = tuple(call_event.c[name] for name in EventRow.__dataclass_fields__)
_QUEUED = (attempt.c.live == 1, attempt.c.state == State.QUEUED)


class Attempts(Repository):
    """Attempts; what changes them is `reservation`, `gate` and `progress`."""

    @reads
    def get(self, tx: Transaction, attempt_id: uuid.UUID) -> tuple[Attempt, builtins.list[EventRow]]:
        """Return an attempt and what happened to it, in order. Raises NotFound."""
        row = tx.execute(sa.select(*ATTEMPT).where(attempt.c.id == attempt_id)).one_or_none()
        if row is None:
            raise NotFound("attempt", attempt_id)
        events = sa.select(*_EVENT).where(call_event.c.attempt_id == attempt_id)
        return attempt_from(row), [EventRow(*e) for e in tx.execute(events.order_by(call_event.c.at, call_event.c.seq))]

    @reads
    def list(
        self,
        tx: Transaction,
        limit: int,
        before_id: uuid.UUID | None = None,
        campaign_id: int | None = None,
        lead_id: int | None = None,
        state: State | None = None,
        outcome: Outcome | None = None,
    ) -> builtins.list[Attempt]:
        """Return attempts, newest first (the order of their ids); `before_id` is the last one of the page before."""
        query = sa.select(*ATTEMPT)
        if before_id is not None:
            query = query.where(attempt.c.id < before_id)
        for column, value in (
            ("campaign_id", campaign_id),
            ("lead_id", lead_id),
            ("state", state),
            ("outcome", outcome),
        ):
            if value is not None:
                query = query.where(attempt.c[column] == value)
        if state is not None and state is not State.ENDED:
            query = by_live(query.where(attempt.c.live == 1))
        return _attempts(tx, query.order_by(attempt.c.id.desc()).limit(limit))

    @reads
    def live_counts(self, tx: Transaction) -> builtins.list[LiveCount]:
        """Return how many attempts have not ended, by campaign, trunk, node and state."""
        key = (attempt.c.campaign_id, attempt.c.trunk_id, attempt.c.node_id, attempt.c.state)
        rows = tx.execute(by_live(sa.select(*key, sa.func.count()).where(attempt.c.live == 1)).group_by(*key))
        return [LiveCount(*row) for row in rows]

    @reads
    def unpublished(self, tx: Transaction, older_than_s: float, limit: int) -> builtins.list[uuid.UUID]:
        """Return attempts still queued after that time and not expired: their job may never have reached Redis."""
        now = tx.now()
        waiting = (attempt.c.created_at < now - timedelta(seconds=older_than_s), attempt.c.expires_at > now)
        return _ids(tx, by_live(sa.select(attempt.c.id).where(*_QUEUED, *waiting)).order_by(attempt.c.id).limit(limit))

    @reads
    def ways_of(self, tx: Transaction, ids: Iterable[uuid.UUID]) -> builtins.list[tuple[uuid.UUID, int, int]]:
        """Return id, trunk and node of these attempts, by id: what their job says."""
        way = sa.select(attempt.c.id, attempt.c.trunk_id, attempt.c.node_id)
        chosen = sorted(set(ids))
        rows = tx.execute(way.where(attempt.c.id.in_(chosen)).order_by(attempt.c.id)) if chosen else ()
        return [(row.id, row.trunk_id, row.node_id) for row in rows]

    @reads
    def queued_of_stopped(self, tx: Transaction, limit: int) -> builtins.list[uuid.UUID]:
        """Return queued attempts that may not be dialled: their campaign does not run, or the system is off."""
        off = sa.select(system.c.id).where(system.c.id == ONLY_ROW, ~system.c.dialling).exists()
        query = by_live(
            sa.select(attempt.c.id)
            .join(campaign, campaign.c.id == attempt.c.campaign_id)
            .where(*_QUEUED, sa.or_(campaign.c.state != CampaignState.RUNNING, off))
        )
        return _ids(tx, query.order_by(attempt.c.id).limit(limit))

    @reads
    def queued_expired(self, tx: Transaction, limit: int) -> builtins.list[uuid.UUID]:
        """Return queued attempts whose time is over; the gate refuses them already."""
        query = by_live(sa.select(attempt.c.id).where(*_QUEUED, attempt.c.expires_at <= tx.now()))
        return _ids(tx, query.order_by(attempt.c.id).limit(limit))

    @reads
    def in_question(self, tx: Transaction, limit: int, node_id: int | None = None) -> builtins.list[Attempt]:
        """Return attempts that somebody must ask Asterisk about, longest unheard of first; then `touch` them.

        In doubt; past `not_after` + 2 s without a sign of life; ringing 10 s longer than they may; in a call and not
        heard of for 30 s. Never one that was asked about within the last second.
        """
        return read_in_question(tx, limit, node_id)

    @reads
    def live_on_node(self, tx: Transaction, node_id: int) -> builtins.list[Attempt]:
        """Return all attempts of a node that have not ended."""
        query = by_live(sa.select(*ATTEMPT).where(attempt.c.live == 1, attempt.c.node_id == node_id))
        return _attempts(tx, query.order_by(attempt.c.id))

    @writes
    def touch(self, tx: Transaction, ids: Iterable[uuid.UUID]) -> None:
        """Note that these were asked about now."""
        chosen = sorted(set(ids))
        if chosen:
            tx.execute(sa.update(attempt).where(attempt.c.id.in_(chosen)).values(checked_at=tx.now()))

    @reads
    def ended_among(self, tx: Transaction, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Return those that have ended: a channel of theirs that lives is to be hung up."""
        chosen = sorted(set(ids))
        if not chosen:
            return set()
        query = sa.select(attempt.c.id).where(attempt.c.id.in_(chosen), attempt.c.state == State.ENDED)
        return set(_ids(tx, query))

    @reads
    def oldest_queued_age_s(self, tx: Transaction) -> float:
        """Return how long the oldest queued attempt has waited, 0 if none is queued."""
        oldest = tx.execute(by_live(sa.select(sa.func.min(attempt.c.created_at)).where(*_QUEUED))).scalar_one()
        return 0.0 if oldest is None else max(0.0, (tx.now() - oldest).total_seconds())


def _attempts(tx: Transaction, query: sa.Select[tuple[object, ...]]) -> list[Attempt]:
    return [attempt_from(row) for row in tx.execute(query)]


def _ids(tx: Transaction, query: sa.Select[tuple[uuid.UUID]]) -> list[uuid.UUID]:
    return list(tx.execute(query).scalars())
