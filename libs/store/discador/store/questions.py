"""Which live attempts have been silent for too long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from discador.core.attempt import State
from discador.store.live import by_live
from discador.store.records import Attempt
from discador.store.rows import ATTEMPT, CAMPAIGN, attempt_from, campaign_from
from discador.store.tables import attempt, campaign
from discador.store.transaction import Transaction

#: Seconds (architecture, life of an attempt, step 5).
ASK_AGAIN_S: Final = 1.0
NO_SIGN_S: Final = 2.0
RING_GRACE_S: Final = 10.0
SILENT_CALL_S: Final = 30.0

_CALLS: Final = (State.ANSWERED, State.WAITING, State.CONNECTED)


def read_in_question(tx: Transaction, limit: int, node_id: int | None) -> list[Attempt]:
    """Return attempts to ask about, longest unheard of first: see `Attempts.in_question`."""
    now = tx.now()
    heard_at = sa.func.coalesce(attempt.c.checked_at, attempt.c.submitting_at, attempt.c.created_at)
    state = attempt.c.state
    silent = sa.or_(
        state == State.IN_DOUBT,
        sa.and_(
            state.in_((State.SUBMITTING, State.SUBMITTED)),
            attempt.c.not_after < now - timedelta(seconds=NO_SIGN_S),
        ),
        sa.and_(state == State.RINGING, attempt.c.ringing_at < _ring_limit(tx, now)),
        sa.and_(state.in_(_CALLS), heard_at < now - timedelta(seconds=SILENT_CALL_S)),
    )
    due = heard_at < now - timedelta(seconds=ASK_AGAIN_S)
    query = by_live(sa.select(*ATTEMPT).where(attempt.c.live == 1, silent, due))
    if node_id is not None:
        query = query.where(attempt.c.node_id == node_id)
    rows = tx.execute(query.order_by(heard_at, attempt.c.id).limit(limit))
    return [attempt_from(row) for row in rows]


def _ring_limit(tx: Transaction, now: datetime) -> sa.ColumnElement[Any]:
    """Return an expression for the moment before which a ringing attempt must have begun to ring to be overdue."""
    live = by_live(sa.select(attempt.c.campaign_id).where(attempt.c.live == 1, attempt.c.state == State.RINGING))
    campaigns = [campaign_from(row) for row in tx.execute(sa.select(*CAMPAIGN).where(campaign.c.id.in_(live)))]
    # The ring timeouts stand inside the settings, so they are read here and handed back as constants.
    limits = {
        each.id: sa.literal(
            now - timedelta(seconds=each.settings.ring_timeout_s + RING_GRACE_S), attempt.c.ringing_at.type
        )
        for each in campaigns
    }
    if not limits:
        return sa.literal(None, attempt.c.ringing_at.type)
    return sa.case(limits, value=attempt.c.campaign_id, else_=None)
