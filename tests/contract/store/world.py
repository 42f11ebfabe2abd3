"""A store with campaigns, leads and attempts in it, and eyes that count everything anew."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from discador.core.attempt import NEVER_DIALLED
from discador.core.attempt.events import Event
from discador.core.campaign import CampaignSettings, Command, DigitAction
from discador.core.compliance import Caps, NumberUsage, local_day, may_attempt
from discador.core.lead import LeadNext, LeadState
from discador.store import Store, tables
from discador.store.records import (
    Applied,
    Block,
    Campaign,
    Candidate,
    GateResult,
    Happening,
    Lead,
    NewLead,
    Node,
    Pass,
    Reserved,
    ReservePlan,
    Trunk,
    Verdict,
)

T = TypeVar("T")
ZONE = "America/Sao_Paulo"
TIMES = (
    "created_at",
    "expires_at",
    "not_after",
    "submitting_at",
    "ringing_at",
    "answered_at",
    "ended_at",
    "checked_at",
)


def let_pass(candidate: Candidate) -> Verdict:
    return Pass(local_day(candidate.now, ZONE))


def capped(caps: Caps) -> Callable[[Candidate], Verdict]:
    """A judge that knows the do-not-call list and the caps."""

    def judge(candidate: Candidate) -> Verdict:
        if candidate.dnc:
            return Block("dnc", LeadNext(LeadState.BLOCKED, None, False, "dnc"))
        usage = candidate.usage
        verdict = may_attempt(NumberUsage(usage.day, usage.today, usage.last_at), caps, candidate.now, ZONE)
        if verdict.allowed:
            return let_pass(candidate)
        assert verdict.reason is not None
        return Block(verdict.reason, LeadNext(candidate.attempt.origin, verdict.allowed_at, False, verdict.reason))

    return judge


def settings(**changes: Any) -> CampaignSettings:
    plain: dict[str, Any] = {"message": "hello", "max_channels": 1000, "digits": {"9": DigitAction.OPT_OUT}}
    return CampaignSettings(**(plain | changes))


def at_once(*works: Callable[[], T]) -> list[T]:
    """Run all in threads that start together; return their results, or raise the first error."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


@dataclass
class World:
    store: Store
    epoch: int = 0
    node: Node = field(init=False)
    trunk: Trunk = field(init=False)
    _names: Iterable[int] = field(default_factory=lambda: itertools.count(1))
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(11_900_000_000))

    def __post_init__(self) -> None:
        self.epoch = self.store.leadership.take("the tests")
        self.node = self.store.nodes.create("node", "127.0.0.1:1")
        self.trunk = self.add_trunk()

    def add_trunk(self, max_channels: int = 1000) -> Trunk:
        return self.store.trunks.create(
            f"trunk {next(self._names)}", self.node.id, "PJSIP/{number}@t", max_channels=max_channels
        )

    def campaign(self, leads: int = 0, *, run: bool = True, **changes: Any) -> Campaign:
        campaign = self.store.campaigns.create(f"campaign {next(self._names)}", settings(**changes))
        if leads:
            self.add_leads(campaign, leads)
        return self.store.campaigns.command(campaign.id, Command.START) if run else campaign

    def number(self) -> str:
        return f"+55{next(self._numbers)}"

    def add_leads(self, campaign: Campaign, count: int, **values: Any) -> None:
        new = [
            NewLead(self.number(), values.get("zones", (ZONE,)), priority=values.get("priority", 50))
            for _ in range(count)
        ]
        job = self.store.imports.begin(campaign.id, "leads.csv", uuid.uuid4().hex, "options", count, False)
        self.store.imports.commit_batch(job.id, 0, count, count, new, [])
        self.store.imports.finish(job.id)

    def plan(self, campaign: Campaign, limit: int, **changes: Any) -> ReservePlan:
        plain: dict[str, Any] = {"trunk_id": self.trunk.id, "node_id": self.node.id, "expires_in_s": 60.0}
        return ReservePlan(campaign_id=campaign.id, limit=limit, **(plain | changes))

    def reserve(self, campaign: Campaign, limit: int, **changes: Any) -> list[Reserved]:
        return self.store.reservation.reserve(self.epoch, self.plan(campaign, limit, **changes))

    def gate(self, ids: Sequence[uuid.UUID], judge: Callable[[Candidate], Verdict] = let_pass) -> GateResult:
        return self.store.gate.pass_through("worker", ids, 5.0, judge)

    def dial(self, campaign: Campaign, count: int = 1) -> list[uuid.UUID]:
        """Reserve leads and take them through the gate; return their attempts."""
        ids = [each.attempt_id for each in self.reserve(campaign, count)]
        assert len(ids) == count
        assert len(self.gate(ids).passed) == count
        return ids

    def tell(self, attempt_id: uuid.UUID, *events: Event, seq: int | None = None) -> list[Applied]:
        """Apply events; numbered from `seq` on if that is given."""
        now = self.store.ping()
        return self.store.progress.apply(
            [
                Happening(attempt_id, event, now, None if seq is None else seq + place, type(event).__name__.lower())
                for place, event in enumerate(events)
            ]
        )

    def lead_of(self, attempt_id: uuid.UUID) -> Lead:
        return self.store.leads.get(self.store.attempts.get(attempt_id)[0].lead_id)

    # -- what no operation does: to look behind, and to let time pass --------------------------------------------------
    def sql(self, statement: sa.Executable) -> list[sa.Row[Any]]:
        return self.store._database.write(lambda tx: _rows(tx.execute(statement)))

    def age(self, attempt_id: uuid.UUID, seconds: float) -> None:
        """Make everything about an attempt that much longer ago."""
        back = int(seconds * 1_000_000)
        column = tables.attempt.c
        self.sql(
            sa.update(tables.attempt)
            .where(column.id == attempt_id)
            .values({name: sa.type_coerce(column[name], sa.BigInteger) - back for name in TIMES})
        )

    def make_due(self, lead_id: int) -> None:
        self.sql(
            sa.update(tables.lead)
            .where(tables.lead.c.id == lead_id)
            .values(due_at=self.store.ping() - timedelta(seconds=1))
        )

    def check(self) -> None:
        """Count everything anew and compare: counters, flags, usage, and that no lead is lost."""
        lead, attempt, counter, usage = tables.lead, tables.attempt, tables.campaign_counter, tables.number_usage
        told: Counter[tuple[int, str]] = Counter()
        for row in self.sql(sa.select(counter.c.campaign_id, counter.c.name, counter.c.value)):
            told[row.campaign_id, row.name] += row.value
        true: Counter[tuple[int, str]] = Counter()
        for row in self.sql(sa.select(lead.c.campaign_id, lead.c.state)):
            true[row.campaign_id, f"lead.{row.state}"] += 1
        attempts = list(self.sql(sa.select(attempt)))
        for row in attempts:
            if row.outcome:
                true[row.campaign_id, f"outcome.{row.outcome}"] += 1
        assert {key: value for key, value in told.items() if value} == dict(true)

        live = Counter(row.lead_id for row in attempts if row.state != "ended")
        dialled = Counter(r.number for r in attempts if r.submitting_at and r.outcome not in NEVER_DIALLED)
        counts: dict[int, Counter[str]] = {}
        for row in attempts:
            if row.outcome:
                counts.setdefault(row.lead_id, Counter())[row.outcome.value] += 1
        for row in self.sql(sa.select(lead)):
            assert live[row.id] == (1 if row.state is LeadState.RESERVED else 0)
            diallable = row.state in (LeadState.NEW, LeadState.WAITING_RETRY, LeadState.CALLBACK)
            assert (row.ready != 0) == diallable == (row.due_at is not None and row.state is not LeadState.RESERVED)
            assert row.outcome_counts == dict(counts.get(row.id, {}))
        assert {r.number: r.total for r in self.sql(sa.select(usage)) if r.total} == dict(dialled)
        assert all((row.outcome is None) == (row.ended_at is None) == (row.state != "ended") for row in attempts)


def _rows(result: sa.CursorResult[Any]) -> list[sa.Row[Any]]:
    return list(result.all()) if result.returns_rows else []
