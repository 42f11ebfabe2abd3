"""Progress: what happens to attempts, once and in one transaction with all its consequences."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from discador.core.attempt import AttemptView, Decision, State, decide
from discador.core.attempt.events import Blocked, Event, HungUp, Pressed
from discador.core.campaign import CampaignSettings, DigitAction
from discador.core.errors import IllegalEvent
from discador.store.counters import Tally
from discador.store.endings import Ending, settle
from discador.store.history import Entry, note, noted
from discador.store.records import Applied, Attempt, Happening
from discador.store.rows import ATTEMPT, CAMPAIGN, attempt_from, campaign_from
from discador.store.tables import attempt, campaign
from discador.store.transaction import Repository, Transaction, writes

#: What progress changes of an attempt.
_CHANGES = (
    "state", "reached", "outcome", "hangup_cause", "detail", "digits",
    "ringing_at", "answered_at", "ended_at", "checked_at",
)  # fmt: skip

_LOCK_ATTEMPTS = (
    sa.select(*ATTEMPT)
    .where(attempt.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(attempt.c.id)
    .with_for_update()
)
_CAMPAIGNS = sa.select(*CAMPAIGN).where(campaign.c.id.in_(sa.bindparam("ids", expanding=True)))

_ANSWERED = frozenset({State.ANSWERED, State.WAITING, State.CONNECTED})


class Progress(Repository):
    """The only way in which an attempt goes on after the gate, or ends before it."""

    @writes
    def apply(self, tx: Transaction, happenings: Sequence[Happening]) -> list[Applied]:
        """Apply events in the order given; return what each made of its attempt, in the same order.

        Repetitions (same attempt and `seq`), late and overtaken events change nothing, so a batch may be applied again
        whenever its result is not known. When an attempt ends, its lead goes on by `core.lead.after_attempt`; an end
        without a call gives back the number's use. A key that means opt-out puts the number on the do-not-call list.

        Times are those of the happenings as far as the database's clock allows: never before the intent, never in
        the future. Unknown attempts and illegal events are reported, never raised.
        """
        batch = _Batch(tx, happenings)
        applied = [batch.apply(happening) for happening in happenings]
        batch.write()
        return applied


class _Batch:
    """One batch on its way: everything is read, decided in memory, then written at once."""

    def __init__(self, tx: Transaction, happenings: Sequence[Happening]) -> None:
        self._tx = tx
        ids = sorted({each.attempt_id for each in happenings})
        found = map(attempt_from, tx.execute(_LOCK_ATTEMPTS, {"ids": ids})) if ids else ()
        self._attempts = {each.id: each for each in found}
        self._settings = self._read_settings()
        self._noted = noted(tx, (each.attempt_id for each in happenings if each.seq is not None))
        self._now = tx.now()
        self._touched: set[uuid.UUID] = set()
        self._entries: list[Entry] = []
        self._endings: list[Ending] = []
        self._opted_out: list[Attempt] = []

    def apply(self, happening: Happening) -> Applied:
        current = self._attempts.get(happening.attempt_id)
        if current is None:
            return Applied(None, None, False, False, "unknown-attempt")
        if happening.seq is not None:
            key = (happening.attempt_id, happening.seq)
            if key in self._noted:
                return Applied(current, current.state, False, False)
            self._noted.add(key)
        at = min(max(happening.at, current.submitting_at or current.created_at), self._now)
        event = happening.event
        try:
            decision = decide(AttemptView(current.state, current.mode, current.reached), event, at)
        except IllegalEvent as error:
            self._entries.append((current.id, happening.seq, happening.kind, at, happening.detail or error.error_id))
            return Applied(current, current.state, False, False, error.error_id)
        # The reconciler says the same of a long call every half minute: only what is new goes into the history.
        if happening.seq is not None or decision.changed or isinstance(event, Pressed):
            detail = happening.detail or decision.detail
            self._entries.append((current.id, happening.seq, happening.kind, at, detail))
        after = _after(current, event, decision, at, self._now, happening.detail)
        ended = after.state is State.ENDED and current.state is not State.ENDED
        if after is not current:
            self._attempts[after.id] = after
            self._touched.add(after.id)
        if ended:
            reason = event.reason if isinstance(event, Blocked) else ""
            self._endings.append(Ending(after, self._settings[after.campaign_id], at, reason))
        if isinstance(event, Pressed) and self._means_opt_out(after, event.digit):
            self._opted_out.append(after)
        return Applied(after, current.state, decision.changed, ended)

    def write(self) -> None:
        tx = self._tx
        touched = [self._attempts[each] for each in sorted(self._touched)]
        tx.update_many(attempt, [{"id": a.id, **{name: getattr(a, name) for name in _CHANGES}} for a in touched])
        note(tx, self._entries, self._now)
        tally = Tally()
        settle(tx, self._endings, self._opted_out, self._now, tally)
        tally.write(tx)

    def _means_opt_out(self, current: Attempt, digit: str) -> bool:
        return self._settings[current.campaign_id].digits.get(digit) is DigitAction.OPT_OUT

    def _read_settings(self) -> dict[int, CampaignSettings]:
        ids = sorted({each.campaign_id for each in self._attempts.values()})
        rows = self._tx.execute(_CAMPAIGNS, {"ids": ids}) if ids else ()
        return {each.id: each.settings for each in map(campaign_from, rows)}


def _after(current: Attempt, event: Event, decision: Decision, at: datetime, now: datetime, detail: str) -> Attempt:
    """Return the attempt as it is written after `decision`."""
    changes: dict[str, Any] = {}
    if isinstance(event, Pressed):
        changes["digits"] = (current.digits + event.digit)[:64]
    if current.state is not State.ENDED:
        changes["checked_at"] = now
    if decision.changed:
        state = decision.state
        changes |= {"state": state, "reached": decision.reached}
        if state is State.RINGING and current.ringing_at is None:
            changes["ringing_at"] = at
        if state in _ANSWERED and current.answered_at is None:
            changes["answered_at"] = at
        if state in (State.IN_DOUBT, State.ENDED):
            changes["detail"] = (detail or decision.detail)[:255]
        if state is State.ENDED:
            changes |= {"outcome": decision.outcome, "ended_at": at}
            if isinstance(event, HungUp):
                changes["hangup_cause"] = event.cause
    return replace(current, **changes) if changes else current
