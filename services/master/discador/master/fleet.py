"""Who is running, by the heartbeats in Redis; and how the nodes' gateways stand with Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from redis.exceptions import RedisError

from discador.runtime.presence import Presence, list_services
from discador.runtime.redis_client import Redis
from discador.v1 import node_pb2

_STALE_S: Final = 6.0  # three heartbeats; told by our own clock, since theirs may be an hour off
_FRESH_S: Final = 1.2  # while the loop runs its last look will do


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """What a node's gateway last said of its Asterisk; `ami_state` is the wire's number."""

    node: str
    ami_state: int
    ami_detail: str
    asterisk_version: str
    channels: int
    owned: bool
    reported_at: datetime

    @property
    def is_up(self) -> bool:
        """Tell whether Asterisk takes calls."""
        return self.ami_state == node_pb2.AMI_STATE_UP


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the heartbeats; `error` is why there was none."""

    services: tuple[Presence, ...]
    error: str = ""

    def of(self, service: str) -> list[Presence]:
        """The living instances of a service."""
        return [presence for presence in self.services if presence.instance.service == service]

    def gateway_of(self, node: str) -> GatewayReport | None:
        """The report of the node's gateway. Of two (one stands by) the owner of the node, else the one that is up."""
        reports = [report for presence in self.of("ami-gateway") if (report := _report(presence)).node == node]
        return max(reports, key=lambda report: (report.owned, report.is_up, report.reported_at), default=None)


class Fleet:
    """Reads the heartbeats each second; for `Supervisor.every`."""

    name = "fleet"
    interval = 1.0

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sight = Sight((), "not read yet")
        self._read_at = float("-inf")
        self._beats: dict[str, tuple[datetime, float]] = {}

    async def run_once(self) -> None:
        """Look anew."""
        try:
            found = await list_services(self._redis)
            self._sight = Sight(tuple(self._living(found)))
        except (RedisError, OSError) as error:
            self._sight = Sight((), f"Redis does not answer ({type(error).__name__})")
        self._read_at = asyncio.get_running_loop().time()

    async def look(self) -> Sight:
        """Return a sight that is hardly more than a second old."""
        if asyncio.get_running_loop().time() - self._read_at > _FRESH_S:
            await self.run_once()
        return self._sight

    @property
    def latest(self) -> Sight:
        """The last sight, of the last second while the loop runs."""
        return self._sight

    def _living(self, found: list[Presence]) -> list[Presence]:
        now = asyncio.get_running_loop().time()
        beats: dict[str, tuple[datetime, float]] = {}
        living = []
        for presence in found:
            key = presence.instance.instance
            beat_at, seen_at = self._beats.get(key, (None, now))
            if beat_at != presence.beat_at:
                seen_at = now
            beats[key] = (presence.beat_at, seen_at)
            if now - seen_at <= _STALE_S:
                living.append(presence)
        self._beats = beats
        return living


def _report(presence: Presence) -> GatewayReport:
    stats: Mapping[str, Any] = presence.stats
    name = str(stats.get("ami_state", "")).upper().removeprefix("AMI_STATE_").replace("-", "_")
    states = dict(node_pb2.AmiState.items())
    channels = stats.get("live_calls", stats.get("channels", 0))
    return GatewayReport(
        node=str(stats.get("node", "")),
        ami_state=states.get(f"AMI_STATE_{name}", node_pb2.AMI_STATE_UNSPECIFIED),
        ami_detail=str(stats.get("ami_detail", "")),
        asterisk_version=str(stats.get("asterisk_version", "")),
        channels=channels if isinstance(channels, int) else 0,
        owned=bool(stats.get("owned", True)),
        reported_at=presence.beat_at,
    )
