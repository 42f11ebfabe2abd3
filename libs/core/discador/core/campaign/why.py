"""Why is it not dialling? Every condition that dialling needs, in the order in which they are worth checking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discador.core.campaign.states import CampaignState


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found about one campaign and what it depends on; None where it could not be found out."""

    database_ok: bool | None
    redis_ok: bool | None
    system_running: bool | None  #: nobody has stopped dialling altogether
    leader_alive: bool | None  #: an active master
    campaign_state: CampaignState
    window_open: bool | None  #: where some of its leads are
    window_reason: str = ""
    window_opens_at: datetime | None = None
    leads_due: int | None = None  #: ready to be dialled now
    leads_waiting: int | None = None  #: due later
    next_due_at: datetime | None = None
    leads_capped: int | None = None  #: due, but held back by caps or spacing
    attempts_live: int | None = None  #: of the campaign, not ended
    trunks: int | None = None  #: trunks that the campaign may use
    trunks_enabled: int | None = None
    trunk_free_channels: int | None = None
    campaign_free_channels: int | None = None
    gateway_up: bool | None = None  #: the gateway of a node with an enabled trunk answers
    ami_up: bool | None = None  #: and is logged in to Asterisk
    ami_detail: str = ""
    workers_alive: int | None = None
    backlog: int | None = None  #: jobs that no worker has taken yet
    max_backlog: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: whether it holds (None: unknown), what was found, and what to do about it."""

    id: str
    ok: bool | None
    title: str
    detail: str
    remedy: str


Rule = tuple[str, str, Callable[[Facts], bool | None], Callable[[Facts], str], str]


def _positive(count: int | None) -> bool | None:
    return None if count is None else count > 0


def _due(facts: Facts) -> bool | None:
    # Capped leads are due; that they are held back is told by a check of its own.
    if facts.leads_due is None:
        return None
    return facts.leads_due + (facts.leads_capped or 0) > 0


def _uncapped(facts: Facts) -> bool | None:
    if facts.leads_due is None or facts.leads_capped is None:
        return None
    return facts.leads_due > 0 or facts.leads_capped == 0


def _keeps_up(facts: Facts) -> bool | None:
    if facts.backlog is None or facts.max_backlog is None:
        return None
    return facts.backlog < facts.max_backlog


def _count(count: int | None, what: str) -> str:
    return f"{what}: {'unknown' if count is None else count}"


def _instant(at: datetime | None) -> str:
    return "unknown" if at is None else at.isoformat(timespec="seconds")


RULES: Final[tuple[Rule, ...]] = (
    (
        "database",
        "The database answers",
        lambda f: f.database_ok,
        lambda _: "nothing is dialled without it",
        "Start MariaDB and check DISCADOR_DATABASE_URL; dialling resumes by itself.",
    ),
    (
        "redis",
        "Redis answers",
        lambda f: f.redis_ok,
        lambda _: "jobs and call events travel through it",
        "Start Redis and check DISCADOR_REDIS_URL; dialling resumes by itself.",
    ),
    (
        "system-running",
        "The system is started",
        lambda f: f.system_running,
        lambda _: "the switch for all campaigns",
        "Start the system: `discador start`, or Start on the dashboard.",
    ),
    (
        "leader",
        "A master leads",
        lambda f: f.leader_alive,
        lambda _: "the active master reserves leads",
        "Start a master; if one runs, read its log: it takes over within seconds.",
    ),
    (
        "campaign-running",
        "The campaign is running",
        lambda f: f.campaign_state is CampaignState.RUNNING,
        lambda f: f"the campaign is {f.campaign_state.value}",
        "Start or resume the campaign.",
    ),
    (
        "window-open",
        "The calling window is open",
        lambda f: f.window_open,
        lambda f: (
            f.window_reason
            if f.window_open
            else f"{f.window_reason or 'closed'}; opens at {_instant(f.window_opens_at)}"
        ),
        "Wait until it opens, or change the campaign's calling window if the law allows it.",
    ),
    (
        "leads-due",
        "Leads are due",
        _due,
        lambda f: (
            f"{_count(f.leads_due, 'due now')}; {_count(f.attempts_live, 'being called')}; "
            f"{_count(f.leads_waiting, 'due later')}; next at {_instant(f.next_due_at)}"
        ),
        "Import leads, or wait until the next one is due.",
    ),
    (
        "caps",
        "Attempt caps leave room",
        _uncapped,
        lambda f: _count(f.leads_capped, "leads held back by the daily cap or the spacing"),
        "Wait for the next day, import other leads, or raise the caps if the law allows it.",
    ),
    (
        "trunk-enabled",
        "A trunk is enabled",
        lambda f: _positive(f.trunks_enabled),
        lambda f: f"{_count(f.trunks_enabled, 'enabled')}; {_count(f.trunks, 'in all')}",
        "Enable a trunk of the campaign, or give it another one.",
    ),
    (
        "gateway-up",
        "The node's gateway answers",
        lambda f: f.gateway_up,
        lambda _: "the ami-gateway of a node with an enabled trunk",
        "Start the node's ami-gateway and check the node's gateway address.",
    ),
    (
        "ami-up",
        "The gateway is logged in to Asterisk",
        lambda f: f.ami_up,
        lambda f: f.ami_detail or "the AMI connection",
        "Start Asterisk; check DISCADOR_AMI_HOST, _PORT, _USERNAME and _SECRET and manager.conf.",
    ),
    (
        "workers",
        "Workers are alive",
        lambda f: _positive(f.workers_alive),
        lambda f: _count(f.workers_alive, "alive"),
        "Start a worker.",
    ),
    (
        "back-pressure",
        "Workers keep up",
        _keeps_up,
        lambda f: f"{_count(f.backlog, 'jobs waiting')}; {_count(f.max_backlog, 'most allowed')}",
        "Start more workers, or lower the calls per second of the trunks.",
    ),
    (
        "campaign-channels",
        "The campaign has free channels",
        lambda f: _positive(f.campaign_free_channels),
        lambda f: _count(f.campaign_free_channels, "free"),
        "It dials at its limit; raise the campaign's channels if it should dial more.",
    ),
    (
        "trunk-channels",
        "A trunk has free channels",
        lambda f: _positive(f.trunk_free_channels),
        lambda f: _count(f.trunk_free_channels, "free"),
        "It dials at the trunk's limit; raise it if the carrier allows more, or add a trunk.",
    ),
)


def why_not_dialling(facts: Facts) -> tuple[Check, ...]:
    """Return every check in order; `reason_of` picks the one to show first."""
    return tuple(Check(id_, holds(facts), title, detail(facts), remedy) for id_, title, holds, detail, remedy in RULES)


def reason_of(checks: tuple[Check, ...]) -> Check | None:
    """Return the first check that does not hold: why nothing is dialled. None: nothing known stands in the way."""
    return next((check for check in checks if check.ok is False), None)
