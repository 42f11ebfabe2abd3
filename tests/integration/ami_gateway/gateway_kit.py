"""A gateway in this process, for tests: its parts run, its events are collected, conditions are awaited."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from discador.ami_gateway.gateway import Gateway
from discador.ami_gateway.publisher import Append, Publisher
from discador.core.attempt.identifier import attempt_id
from discador.v1 import gateway_pb2 as wire

K = wire.CallEventKind
_ENDS = (K.CALL_EVENT_KIND_HUNG_UP, K.CALL_EVENT_KIND_REFUSED)


async def until(condition: Callable[[], object], within_s: float = 10.0, what: str = "") -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what or condition}"
        await asyncio.sleep(0.01)


async def eventually(check: Callable[[], Awaitable[object]], within_s: float = 10.0) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + within_s
    while not await check():
        assert time.monotonic() < deadline, f"not within {within_s} s: {check}"
        await asyncio.sleep(0.05)


def new_attempt() -> str:
    return str(attempt_id(time.time_ns() // 1000, os.urandom(8)))


def origination(code: str = "00", *, wait_s: float = 5.0, **changes: Any) -> wire.Origination:
    """A call to a number whose last two digits say how it goes."""
    made = wire.Origination(
        attempt_id=changes.pop("attempt_id", None) or new_attempt(),
        channel=changes.pop("channel", f"PJSIP/55119876543{code}@trunk"),
        caller_id="1133334444",
        ring_timeout_s=changes.pop("ring_timeout_s", 20),
        message=changes.pop("message", "demo-thanks"),
        digits=changes.pop("digits", {}),
        attempt_header=True,
    )
    made.not_after.FromMicroseconds(round((time.time() + wait_s) * 1_000_000))
    assert not changes
    return made


class Running:
    """A gateway that runs. Events are those that reached the stream, in order."""

    def __init__(
        self,
        ami: tuple[str, int, str, str],
        *,
        records: Path | None = None,
        append: Append | None = None,
        **options: Any,
    ) -> None:
        self.events: list[wire.CallEvent] = []
        self.publisher = Publisher("node-a", "gateway-a", append or self._append)
        self.gateway = Gateway("node-a", "gateway-a", ami=ami, publisher=self.publisher, cdr_csv=records, **options)
        self._tasks: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self.gateway.connection.run()),
            asyncio.create_task(self.publisher.run()),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.gateway.close()
        await asyncio.sleep(0)

    async def up(self, within_s: float = 15.0) -> Self:
        await until(lambda: self.gateway.connection.link is not None, within_s, "the gateway is up")
        return self

    async def node_up(self, count: int = 1, within_s: float = 15.0) -> wire.CallEvent:
        """The NODE_UP event of this number."""

        def found() -> list[wire.CallEvent]:
            return [event for event in self.events if event.kind == K.CALL_EVENT_KIND_NODE_UP]

        await until(lambda: len(found()) >= count, within_s, f"NODE_UP number {count}")
        return found()[count - 1]

    @property
    def state(self) -> int:
        return self.gateway.connection.state

    async def originate(self, *originations: wire.Origination) -> list[int]:
        """The verdicts."""
        results = await self.gateway.originator.originate(originations)
        assert [one.attempt_id for one in results] == [one.attempt_id for one in originations]
        return [one.verdict for one in results]

    async def dial(self, code: str, **changes: Any) -> str:
        """Place one call, which Asterisk takes; return its attempt id."""
        made = origination(code, **changes)
        assert await self.originate(made) == [wire.ORIGINATE_VERDICT_ACCEPTED]
        return made.attempt_id

    def said(self, attempt: str) -> list[str]:
        """Kinds of the attempt's events, in order."""
        return [name(event) for event in self.events if event.attempt_id == attempt]

    async def heard(self, attempt: str, kind: str, within_s: float = 10.0) -> wire.CallEvent:
        await until(lambda: kind in self.said(attempt), within_s, f"{kind} of {attempt}: {self.said(attempt)}")
        return next(event for event in self.events if event.attempt_id == attempt and name(event) == kind)

    async def ended(self, attempt: str, within_s: float = 15.0) -> wire.CallEvent:
        def ends() -> list[wire.CallEvent]:
            return [event for event in self.events if event.attempt_id == attempt and event.kind in _ENDS]

        await until(ends, within_s, f"the end of {attempt}: {self.said(attempt)}")
        (end,) = ends()
        return end

    async def fate(self, attempt: str) -> wire.AttemptFate:
        (found,) = await self.gateway.lookup.lookup([attempt])
        return found

    async def settled(self, attempt: str, within_s: float = 15.0) -> wire.AttemptFate:
        """The first fate that is not UNDETERMINED."""
        deadline = time.monotonic() + within_s
        while (fate := await self.fate(attempt)).fate == wire.FATE_UNDETERMINED:
            assert time.monotonic() < deadline, f"{attempt} is still undetermined"
            await asyncio.sleep(0.05)
        return fate

    async def _append(self, data: bytes) -> None:
        self.events += wire.CallEventBatch.FromString(data).events


def name(event: wire.CallEvent) -> str:
    return K.Name(event.kind).removeprefix("CALL_EVENT_KIND_")
