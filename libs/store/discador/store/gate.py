"""The once-only gate: queued → submitting, durable before anybody dials."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from discador.core.attempt import Outcome, State
from discador.store.candidates import lock_leads, lock_queued, lock_usages, read_trunks, share_running
from discador.store.counters import Tally
from discador.store.endings import Ending, settle
from discador.store.history import note
from discador.store.records import Attempt, Block, Campaign, Candidate, Gated, GateResult, Usage, Verdict
from discador.store.system import share_switch
from discador.store.tables import attempt, number_usage
from discador.store.transaction import Repository, Transaction, writes

_SUBMIT = (
    sa.update(attempt)
    .where(attempt.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state=State.SUBMITTING,
        reached=State.SUBMITTING,
        worker=sa.bindparam("by"),
        usage_day=sa.bindparam("day"),
        submitting_at=sa.bindparam("now"),
        checked_at=sa.bindparam("now"),
        not_after=sa.bindparam("deadline"),
    )
)


class Gate(Repository):
    """The last transaction before an Originate."""

    @writes
    def pass_through(
        self,
        tx: Transaction,
        worker: str,
        attempt_ids: Sequence[uuid.UUID],
        not_after_s: float,
        judge: Callable[[Candidate], Verdict],
    ) -> GateResult:
        """Let `judge` decide about each attempt that is still queued; what has passed is durable on return.

        Each id passes at most once, whoever asks and how often. `judge` must be pure: after a deadlock it is asked
        again. It sees the use of a number with what this batch adds to it. While this runs nobody can pause a
        campaign, switch the system off or add to the do-not-call list; what they committed before is seen.
        Whatever is raised, nothing has passed for sure: dial nothing. Aim at 10 to 50 ids.
        """
        worker = worker[:200]
        if not share_switch(tx):
            return GateResult([], [], list(dict.fromkeys(attempt_ids)))
        campaigns = share_running(tx, attempt_ids)
        attempts = lock_queued(tx, attempt_ids, campaigns)
        if not attempts:
            return GateResult([], [], list(dict.fromkeys(attempt_ids)))
        leads = lock_leads(tx, attempts)
        # The time is that after the locks: waiting for them counts.
        usages, on_dnc, now = lock_usages(tx, attempts)
        attempts = [each for each in attempts if each.expires_at > now]
        trunks = read_trunks(tx, attempts)

        passed: list[Gated] = []
        days: defaultdict[date, list[uuid.UUID]] = defaultdict(list)
        used: dict[str, tuple[Usage, datetime | None]] = {}
        endings: list[Ending] = []
        for each in attempts:
            usage, owner, way, whom = (
                usages[each.number],
                campaigns[each.campaign_id],
                trunks[each.trunk_id],
                leads[each.lead_id],
            )
            verdict = judge(Candidate(each, whom, owner, way, usage, each.number in on_dnc, now))
            if isinstance(verdict, Block):
                endings.append(_blocked(each, owner, verdict, now))
                continue
            days[verdict.local_day].append(each.id)
            usages[each.number] = _count(usage, verdict.local_day, now)
            used[each.number] = (usages[each.number], usage.last_at)
            passed.append(Gated(_submitting(each, worker, verdict.local_day, now, not_after_s), owner, way, whom))

        _write_passed(tx, days, worker, now, now + timedelta(seconds=not_after_s))
        _write_blocked(tx, endings, now)
        _write_usages(tx, used)
        seen = {each.id for each in attempts}
        return GateResult(
            passed,
            [(ending.attempt.id, ending.block_reason) for ending in endings],
            [each for each in dict.fromkeys(attempt_ids) if each not in seen],
        )


def _count(usage: Usage, day: date, now: datetime) -> Usage:
    today = usage.today + 1 if usage.day == day else 1
    return Usage(usage.number, day, today, usage.total + 1, now)


def _submitting(each: Attempt, worker: str, day: date, now: datetime, not_after_s: float) -> Attempt:
    return replace(
        each,
        state=State.SUBMITTING,
        reached=State.SUBMITTING,
        worker=worker,
        usage_day=day,
        submitting_at=now,
        checked_at=now,
        not_after=now + timedelta(seconds=not_after_s),
    )


def _blocked(each: Attempt, owner: Campaign, verdict: Block, now: datetime) -> Ending:
    ended = replace(
        each, state=State.ENDED, outcome=Outcome.BLOCKED, detail=str(verdict.reason)[:255], ended_at=now, checked_at=now
    )
    return Ending(ended, owner.settings, now, str(verdict.reason), verdict.lead_next)


def _write_passed(
    tx: Transaction, days: Mapping[date, Sequence[uuid.UUID]], worker: str, now: datetime, not_after: datetime
) -> None:
    for day, ids in days.items():
        tx.execute(_SUBMIT, {"ids": ids, "by": worker, "day": day, "now": now, "deadline": not_after})


def _write_blocked(tx: Transaction, endings: Sequence[Ending], now: datetime) -> None:
    if not endings:
        return
    columns = ("id", "state", "outcome", "detail", "ended_at", "checked_at")
    tx.update_many(attempt, [{name: getattr(e.attempt, name) for name in columns} for e in endings])
    note(tx, [(e.attempt.id, None, "blocked", now, e.block_reason) for e in endings], now)
    tally = Tally()
    settle(tx, endings, (), now, tally)
    tally.write(tx)


def _write_usages(tx: Transaction, used: Mapping[str, tuple[Usage, datetime | None]]) -> None:
    columns = ("day", "today", "total", "last_at", "previous_at")
    rows = [
        {"number": n, "day": u.day, "today": u.today, "total": u.total, "last_at": u.last_at, "previous_at": before}
        for n, (u, before) in sorted(used.items())
    ]
    tx.upsert(number_usage, rows, replace=columns)
