"""Asks the master once a second what the open tabs follow, tells each tab what changed, and keeps the history.

However many tabs are open, a topic is asked once a second; one that nobody follows is not asked at all.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from discador.runtime.remote_error import RemoteError
from discador.v1 import system_pb2
from discador.web.live.history import FINE_S, History
from discador.web.live.machine import Load, read_load
from discador.web.live.topics import digest, read, ticks
from discador.web.pages.master import Master

_MOST_TABS: Final = 200
_LONGEST_READ_S: Final = 3.0


class TooManyTabs(Exception):
    """So many event streams are open that another one is refused; the page polls instead."""


class Tab:
    """One open page: what it follows and what it has not been told yet."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.changed: set[str] = set()
        self.checked: set[str] = set()
        self.samples: list[dict[str, float | None]] = []
        self.closed = False
        self.news = asyncio.Event()


class Hub:
    """A loop for the supervisor; `open` and `close` are for the streams."""

    name = "live"
    interval = 1.0

    def __init__(self, master: Master) -> None:
        self._master = master
        self._tabs: set[Tab] = set()
        self._digests: dict[str, bytes] = {}
        self._started: tuple[float, dict[str, int]] | None = None
        self._sampled_at = 0.0
        self.history = History()
        self.system: system_pb2.System | None = None
        self.load: Load = read_load()
        self.checked_at: datetime | None = None

    def open(self, topics: frozenset[str]) -> Tab:
        """Return a tab that is told of its topics from now on. Raises `TooManyTabs`."""
        if len(self._tabs) >= _MOST_TABS:
            raise TooManyTabs
        tab = Tab(topics)
        self._tabs.add(tab)
        return tab

    def close(self, tab: Tab) -> None:
        """Forget a tab."""
        self._tabs.discard(tab)

    async def close_all(self) -> None:
        """Let every stream end; browsers come back to whoever serves then."""
        for tab in self._tabs:
            tab.closed = True
            tab.news.set()

    async def run_once(self) -> None:
        """Look once at everything that is followed."""
        topics = {topic for tab in self._tabs for topic in tab.topics} | {"system"}
        self._digests = {topic: known for topic, known in self._digests.items() if topic in topics}
        results = await asyncio.gather(*(self._look(topic) for topic in topics))
        changed = {topic for topic, state in results if state == "changed"}
        checked = {topic for topic, state in results if state == "same"}
        sample = self._sample()
        for tab in self._tabs:
            tab.changed |= changed & tab.topics
            tab.checked = (tab.checked | checked & tab.topics) - tab.changed
            if sample is not None:
                tab.samples.append(sample)
            if tab.changed or tab.checked or tab.samples:
                tab.news.set()

    async def _look(self, topic: str) -> tuple[str, str]:
        struck = ticks(topic, time.time())
        if struck is not None:
            before, self._digests[topic] = self._digests.get(topic), struck
            return topic, "silent" if before == struck else "changed"
        try:
            message = await asyncio.wait_for(read(self._master, topic), _LONGEST_READ_S)
        except (RemoteError, TimeoutError):
            if topic == "system":
                self.system = None
            return topic, "failed"
        if topic == "system":
            self.system, self.checked_at = message, datetime.now(UTC)
        now = digest(message)
        before = self._digests.get(topic)
        self._digests[topic] = now
        return topic, "same" if now == before else "changed"

    def _sample(self) -> dict[str, float | None] | None:
        now = time.time()
        if now - self._sampled_at < FINE_S - 0.5:
            return None
        self._sampled_at = now
        self.load = read_load()
        values: dict[str, float | None] = {
            "cpu": round(self.load.cpu_percent, 1),
            "memory": round(self.load.memory_percent, 1),
            **dict.fromkeys(("queued", "dialling", "talking", "in_doubt", "workers", "started"), None),
        }
        if self.system is not None:
            values |= figures_of(self.system)
            values["started"] = self._started_per_second(self.system)
        self.history.add(now, values)
        return {"t": now, **values}

    def _started_per_second(self, system: system_pb2.System) -> float | None:
        """Calls a second that workers took through the gate since the sample before. A new worker begins at 0."""
        now = time.monotonic()
        counts = {one.id: int(one.figures.get("gated", "0")) for one in system.services if one.service == "worker"}
        before, self._started = self._started, (now, counts)
        if before is None or now <= before[0]:
            return None
        grown = sum(max(0, count - before[1].get(worker, 0)) for worker, count in counts.items() if worker in before[1])
        return round(grown / (now - before[0]), 2)


def figures_of(system: system_pb2.System) -> dict[str, Any]:
    """Return calls by what they do, and the workers that are ready."""
    live: Counter[str] = Counter({name: int(count) for name, count in system.live.items()})
    return {
        "queued": live["queued"],
        "dialling": live["submitting"] + live["submitted"] + live["ringing"],
        "talking": live["answered"] + live["waiting"] + live["connected"],
        "in_doubt": live["in_doubt"],
        "workers": sum(1 for one in system.services if one.service == "worker" and one.state == "ready"),
    }
