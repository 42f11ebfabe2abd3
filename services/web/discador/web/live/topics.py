"""What a page can follow: how it is asked of the master, and who may."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from discador.core.identity import Caller, Permission
from discador.v1 import (
    attempt_pb2,
    campaign_pb2,
    lead_pb2,
    node_pb2,
    system_pb2,
    trunk_pb2,
    worker_pb2,
)
from discador.web.pages.master import Master

Reader = Callable[[Master, int], Awaitable[Any]]

TOPICS: Final[dict[str, tuple[Permission, Reader]]] = {
    "system": (Permission.SYSTEM_READ, lambda m, _: m.ask("System.GetSystem", system_pb2.GetSystemRequest())),
    "queue": (Permission.SYSTEM_READ, lambda m, _: m.ask("System.GetQueue", system_pb2.GetQueueRequest())),
    "workers": (Permission.WORKER_READ, lambda m, _: m.ask("Worker.ListWorkers", worker_pb2.ListWorkersRequest())),
    "trunks": (Permission.TRUNK_READ, lambda m, _: m.ask("Trunk.ListTrunks", trunk_pb2.ListTrunksRequest())),
    "nodes": (Permission.NODE_READ, lambda m, _: m.ask("Node.ListNodes", node_pb2.ListNodesRequest())),
    "campaigns": (
        Permission.CAMPAIGN_READ,
        lambda m, _: m.ask("Campaign.ListCampaigns", campaign_pb2.ListCampaignsRequest(page_size=50)),
    ),
    "campaign": (
        Permission.CAMPAIGN_READ,
        lambda m, number: m.ask("Campaign.GetCampaign", campaign_pb2.GetCampaignRequest(id=number)),
    ),
    "calls": (
        Permission.ATTEMPT_READ,
        lambda m, _: m.ask("Attempt.ListAttempts", attempt_pb2.ListAttemptsRequest(page_size=50)),
    ),
    "imports": (
        Permission.LEAD_READ,
        lambda m, _: m.ask("Lead.ListImports", lead_pb2.ListImportsRequest(page_size=50)),
    ),
}

#: `clock:5` is said to have changed every five seconds: for what no cheap question tells.
CLOCK: Final = "clock"
_FASTEST_S: Final = 2

_NAME: Final = re.compile(r"([a-z]+)(?::([0-9]{1,18}))?", re.ASCII)
#: Moments of a report, not of a change.
_MOMENTS: Final = ("taken_at", "reported_at")


def parsed(topic: str) -> tuple[str, int] | None:
    """Return a topic's kind and number, or None for what is none."""
    match = _NAME.fullmatch(topic)
    if match is None or match[1] not in (*TOPICS, CLOCK):
        return None
    number = int(match[2] or 0)
    return match[1], max(number, _FASTEST_S) if match[1] == CLOCK else number


def allowed(topic: str, caller: Caller) -> bool:
    """Say whether the caller may follow the topic."""
    found = parsed(topic)
    if found is None:
        return False
    kind, number = found
    if kind == CLOCK:
        return True
    return caller.may(TOPICS[kind][0]) and (kind != "campaign" or caller.reaches(number))


async def read(master: Master, topic: str) -> Any:
    """Return what the topic is about, as the master tells it now. Raises `RemoteError`."""
    found = parsed(topic)
    assert found is not None, "only topics that were allowed are read"
    return await TOPICS[found[0]][1](master, found[1])


def ticks(topic: str, now: float) -> bytes | None:
    """Return what changes when a clock strikes; None for topics that are none."""
    kind, seconds = parsed(topic) or ("", 0)
    return b"%d" % (now // seconds) if kind == CLOCK else None


def digest(message: Any) -> bytes:
    """Return bytes that change when something changed other than the moment of the report."""
    plain = type(message)()
    plain.CopyFrom(message)
    for one in (plain, *getattr(plain, "services", ()), *getattr(plain, "workers", ()), *getattr(plain, "nodes", ())):
        for name in _MOMENTS:
            if name in one.DESCRIPTOR.fields_by_name:
                one.ClearField(name)
    return bytes(plain.SerializeToString(deterministic=True))
