"""A bare AMI client for tests and for the ceiling: no library between the measurement and Asterisk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Self

Message = dict[str, str]


class Ami:
    """One AMI connection. Events pass `events`, answers to actions are awaited."""

    def __init__(self, host: str, port: int, username: str, secret: str) -> None:
        self._address = (host, port)
        self._login = {"Username": username, "Secret": secret}
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self.events: asyncio.Queue[Message] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=2**20)
        await self._reader.readline()  # the banner
        self._task = asyncio.create_task(self._read())
        answer = await self.action("Login", self._login)
        if answer.get("Response") != "Success":
            raise ConnectionRefusedError(f"AMI refused the login: {answer.get('Message')}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def send(
        self, name: str, headers: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None
    ) -> str:
        """Write an action without waiting; returns its ActionID."""
        action_id = (headers or {}).get("ActionID") or str(next(self._ids))
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in (headers or {}).items() if key != "ActionID"]
        lines += [f"Variable: {key}={value}" for key, value in (variables or {}).items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return action_id

    async def drain(self) -> None:
        """Wait while Asterisk takes what was sent more slowly than it is written."""
        await self._writer.drain()

    async def action(
        self,
        name: str,
        headers: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        within: float = 10.0,
    ) -> Message:
        """Send an action and return its response."""
        action_id = self.send(name, headers, variables)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[action_id] = future
        async with asyncio.timeout(within):
            return await future

    async def until(self, names: Sequence[str], within: float = 15.0, **match: str) -> Message:
        """The next event of one of `names` whose fields equal `match`; events before it are dropped."""
        async with asyncio.timeout(within):
            while True:
                event = await self.events.get()
                if event.get("Event") in names and all(event.get(key) == value for key, value in match.items()):
                    return event

    async def quiet(self, seconds: float) -> list[Message]:
        """Every event until none came for `seconds`."""
        return [event async for event in self._until_quiet(seconds)]

    async def _until_quiet(self, seconds: float) -> AsyncIterator[Message]:
        while True:
            try:
                async with asyncio.timeout(seconds):
                    event = await self.events.get()
            except TimeoutError:
                return
            yield event

    async def _read(self) -> None:
        while True:
            block = await self._reader.readuntil(b"\r\n\r\n")
            message: Message = {}
            for line in block.decode().split("\r\n"):
                key, separator, value = line.partition(": ")
                if separator:
                    message[key] = value
            if "Event" not in message:
                waiting = self._answers.pop(message.get("ActionID", ""), None)
                if waiting and not waiting.done():
                    waiting.set_result(message)
            else:
                self.events.put_nowait(message)
