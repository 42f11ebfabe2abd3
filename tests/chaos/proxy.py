"""A TCP proxy that misbehaves on command: cuts, stalls (half-open), delays, loses the answer to a COMMIT."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

# COM_QUERY of MySQL's protocol: length 7 in three bytes, sequence 0, then the command byte and the text.
_COMMIT = b"\x07\x00\x00\x00\x03COMMIT"


class Proxy:
    """Listens on `port` of 127.0.0.1 and forwards to `target`; runs in a thread of its own.

    `cut` ends every connection and refuses new ones; `stall` keeps them, and takes new ones, but moves no byte in
    either direction; `heal` ends both (what was stalled is delivered). `delay` seconds are added to each piece of
    data from then on.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.port = 0
        self.delay = 0.0
        self.commits_lost = 0
        self._target = target
        self._commits_to_lose = 0
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End every connection, by RST; refuse new ones until `heal`."""

        async def work() -> None:
            self._refusing = True
            self._flow.set()
            for pair in tuple(self._pairs):
                for end in pair:
                    end.transport.abort()

        self._do(work())

    def stall(self) -> None:
        """Move nothing any more, tell nobody."""
        self._soon(lambda: self._flow.clear())

    def heal(self) -> None:
        """As if nothing had been."""

        def work() -> None:
            self._refusing = False
            self._flow.set()

        self._soon(work)

    def lose_commits(self, count: int) -> None:
        """Deliver the next `count` COMMITs, and break the connection before their answers come back."""
        self._commits_to_lose = count

    # -- inside, all in the thread's loop ----------------------------------------------------------------------------
    async def _start(self) -> None:
        self._refusing = False
        self._flow = asyncio.Event()
        self._flow.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, pair, True), self._pump(far_reader, writer, pair, False)
            )
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        outward: bool,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flow.wait()
                writer.write(data)
                await writer.drain()
                if outward and self._commits_to_lose and data.endswith(_COMMIT):
                    self._commits_to_lose -= 1
                    self.commits_lost += 1
                    # The server has it before the client learns that the connection is gone.
                    await asyncio.sleep(0.05)
                    pair[0].transport.abort()
        for end in pair:
            end.transport.abort()

    def _soon(self, work: Callable[[], None]) -> None:
        async def run() -> None:
            work()

        self._do(run())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
