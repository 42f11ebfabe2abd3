"""Over which trunks a campaign may dial now, and which time zones are closed to it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from discador.core.campaign import CampaignSettings
from discador.core.compliance import CallingWindow, may_dial
from discador.store.records import Node, Trunk, zones_of

HORIZON_S: Final = 2.5  #: seconds of a trunk's pace that may be queued
MAX_BACKLOG_S: Final = 3.0  #: seconds of all trunks' pace that may wait in Redis
_MIN_BACKLOG: Final = 10
_UNKNOWN_OPENING: Final = timedelta(hours=24)


def routes(
    settings: CampaignSettings,
    trunks: Mapping[int, Trunk],
    nodes: Mapping[int, Node],
    is_up: Callable[[str], bool],
) -> list[Trunk]:
    """Return the trunks that can carry a call now, in the campaign's order of preference (else by id)."""
    order: Iterable[int] = settings.trunk_ids or sorted(trunks)
    wanted = (trunks[trunk_id] for trunk_id in order if trunk_id in trunks)
    return [
        trunk
        for trunk in wanted
        if not trunk.disabled
        and (node := nodes.get(trunk.node_id)) is not None
        and not node.disabled
        and is_up(node.name)
    ]


def max_backlog(trunks: Iterable[Trunk]) -> int:
    """Return how many jobs may wait in Redis: three seconds of what the trunks may start."""
    pace = sum(trunk.max_calls_per_second for trunk in trunks if not trunk.disabled)
    return max(_MIN_BACKLOG, math.ceil(pace * MAX_BACKLOG_S))


def closed_zones(window: CallingWindow, keys: Iterable[str], at: datetime) -> dict[str, datetime]:
    """Return the zone keys that may not be called at `at`, each with the next opening (a day, if there is none)."""
    closed = {}
    for key in keys:
        verdict = may_dial(window, zones_of(key), at)
        if not verdict.open:
            closed[key] = verdict.opens_at or at + _UNKNOWN_OPENING
    return closed
