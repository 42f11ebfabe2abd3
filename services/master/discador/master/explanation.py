"""Why a campaign, or a lead, is not dialled now: the facts are gathered here, the core judges them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from redis.exceptions import RedisError

from discador.core.campaign.why import Check, Facts, why_not_dialling
from discador.core.compliance import may_dial
from discador.core.compliance.calling_window import Verdict
from discador.core.compliance.zone import find_zone
from discador.master.database import Database
from discador.master.due_leads import due_leads
from discador.master.fleet import Fleet, Sight
from discador.master.jobs import Jobs
from discador.master.lead_checks import checks_of
from discador.master.leadership import LEASE
from discador.master.routes import max_backlog
from discador.runtime import keys
from discador.runtime.redis_client import Redis
from discador.store.records import Campaign, Lead, Trunk, zones_of

#: What a campaign's checks say of its leads as a whole; of one lead its own checks say it.
_OF_ALL_LEADS: Final = frozenset({"window-open", "leads-due", "caps"})
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Transport:
    """What Redis tells; None where it does not answer."""

    ok: bool
    leader: bool | None
    backlog: int | None
    sight: Sight


class Explanation:
    """Gathers facts from the database, from Redis and from the heartbeats."""

    def __init__(self, database: Database, fleet: Fleet, jobs: Jobs, redis: Redis) -> None:
        self._database = database
        self._store = database.store
        self._fleet = fleet
        self._jobs = jobs
        self._redis = redis

    async def of_campaign(self, campaign_id: int) -> tuple[Check, ...]:
        """Return every condition that dialling needs, in order. Raises `ServiceError` (campaign-not-found)."""
        transport = await self._transport()
        return why_not_dialling(await self._database.run(self._facts, campaign_id, transport))

    async def of_lead(self, lead_id: int) -> tuple[Lead, tuple[Check, ...], datetime | None]:
        """Return the lead, its own conditions before its campaign's, and when it is dialled at the earliest."""
        transport = await self._transport()
        return await self._database.run(self._lead, lead_id, transport)

    async def _transport(self) -> _Transport:
        sight = await self._fleet.look()
        try:
            leader = await self._redis.exists(keys.lease(LEASE)) > 0
            backlog = (await self._jobs.backlog()).total
        except (RedisError, OSError):
            return _Transport(False, None, None, sight)
        return _Transport(True, leader, backlog, sight)

    def _lead(self, lead_id: int, transport: _Transport) -> tuple[Lead, tuple[Check, ...], datetime | None]:
        lead = self._store.leads.get(lead_id)
        campaign = self._store.campaigns.get(lead.campaign_id)
        own, next_at = checks_of(
            lead,
            campaign.settings,
            self._store.leads.attempts_of(lead_id),
            on_dnc=lead.number in self._store.dnc.which([lead.number]),
            now=self._store.ping(),
        )
        others = why_not_dialling(self._facts(campaign.id, transport))
        return lead, (*own, *(check for check in others if check.id not in _OF_ALL_LEADS)), next_at

    def _facts(self, campaign_id: int, transport: _Transport) -> Facts:
        campaign = self._store.campaigns.get(campaign_id)
        now = self._store.ping()
        settings = campaign.settings
        window = self._window_of(campaign, now)
        here = find_zone(settings.time_zone) or UTC
        due = due_leads(self._store, campaign_id, now)
        trunks, enabled = self._trunks_of(campaign)
        live: Counter[int] = Counter()
        of_campaign = 0
        for count in self._store.attempts.live_counts():
            live[count.trunk_id] += count.count
            of_campaign += count.count if count.campaign_id == campaign_id else 0
        names = {node.id: node.name for node in self._store.nodes.list()}
        reports = [transport.sight.gateway_of(names[trunk.node_id]) for trunk in enabled]
        up = [report for report in reports if report is not None and report.is_up]
        workers = sum(worker.state == "ready" for worker in transport.sight.of("worker"))
        known = transport.ok and not transport.sight.error
        asked = known and bool(enabled)  # no trunk, no gateway to speak of
        return Facts(
            database_ok=True,
            redis_ok=transport.ok,
            system_running=self._store.system.get().dialling,
            leader_alive=transport.leader,
            campaign_state=campaign.state,
            window_open=window.open,
            window_reason=window.reason,
            window_opens_at=_in(here, window.opens_at),
            leads_due=due.due,
            leads_waiting=due.waiting,
            next_due_at=_in(here, due.next_due_at),
            leads_capped=due.capped,
            attempts_live=of_campaign,
            trunks=len(trunks),
            trunks_enabled=len(enabled),
            trunk_free_channels=sum(max(0, trunk.max_channels - live[trunk.id]) for trunk in enabled),
            campaign_free_channels=settings.concurrent_calls - of_campaign,
            gateway_up=any(report is not None for report in reports) if asked else None,
            ami_up=bool(up) if asked else None,
            ami_detail="" if up else next((r.ami_detail for r in reports if r is not None), ""),
            workers_alive=workers if known else None,
            backlog=transport.backlog,
            max_backlog=max_backlog(self._store.trunks.list()),
        )

    def _window_of(self, campaign: Campaign, now: datetime) -> Verdict:
        """The window where the campaign's leads are: open if it is for some of them, else the first to open."""
        zones = [zones_of(key) for key in sorted(self._store.reservation.zones(campaign.id))]
        settings = campaign.settings
        verdicts = [may_dial(settings.window, one, now) for one in zones or [(settings.time_zone,)]]
        return min(verdicts, key=lambda verdict: (not verdict.open, verdict.opens_at or _NEVER))

    def _trunks_of(self, campaign: Campaign) -> tuple[list[Trunk], list[Trunk]]:
        """Return the trunks that the campaign may use, and those of them that are switched on, node included."""
        wanted = campaign.settings.trunk_ids
        trunks = [trunk for trunk in self._store.trunks.list() if not wanted or trunk.id in wanted]
        on = {node.id for node in self._store.nodes.list() if not node.disabled}
        return trunks, [trunk for trunk in trunks if not trunk.disabled and trunk.node_id in on]


def _in(zone: tzinfo, at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(zone)
