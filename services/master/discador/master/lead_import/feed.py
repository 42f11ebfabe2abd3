"""Bytes from an asyncio stream to a thread that reads them as a file, with back-pressure both ways."""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNKS_AHEAD: Final = 8  # at most 8 MiB wait for the reader


class UploadBroken(Exception):
    """The sender went away before the end of the file."""

    error_id = "import-interrupted"


class ByteFeed(io.RawIOBase):
    """A readable raw file. The event loop calls `put`, `finish` and `abort`; one other thread reads.

    `sha256` and `bytes_read` cover what was read so far, in the order of the file.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._room = asyncio.Event()
        self._room.set()
        self._finished = False
        self._broken = False
        self._rest = memoryview(b"")
        self._sha256 = hashlib.sha256()
        self.bytes_read = 0

    async def put(self, chunk: bytes) -> None:
        """Hand over the next bytes; waits while the reader is behind."""
        await self._room.wait()
        with self._changed:
            self._chunks.append(chunk)
            if len(self._chunks) >= _CHUNKS_AHEAD:
                self._room.clear()
            self._changed.notify()

    def finish(self) -> None:
        """No byte follows."""
        with self._changed:
            self._finished = True
            self._changed.notify()

    def abort(self) -> None:
        """The sender is gone, or the reader is no longer wanted: reading raises `UploadBroken`."""
        with self._changed:
            self._broken = True
            self._changed.notify()
        self._room.set()

    @property
    def sha256(self) -> str:
        """Digest, in hex, of the bytes read so far."""
        return self._sha256.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer with some bytes; 0 at the end. Blocks. Raises `UploadBroken`."""
        if not self._rest:
            self._rest = memoryview(self._next())
            self._sha256.update(self._rest)
        view = memoryview(buffer).cast("B")
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        self.bytes_read += size
        return size

    def _next(self) -> bytes:
        with self._changed:
            while not self._chunks and not self._finished and not self._broken:
                self._changed.wait()
            if self._broken:
                raise UploadBroken("the upload ended before the file did")
            chunk = self._chunks.popleft() if self._chunks else b""
            if len(self._chunks) < _CHUNKS_AHEAD:
                self._make_room()
            return chunk

    def _make_room(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._room.set)
        except RuntimeError:  # the loop is closed: nobody waits for room any more
            return
