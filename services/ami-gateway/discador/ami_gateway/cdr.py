"""Asterisk's call records: what became of a call that nobody watched.

Reads the CSV of channel events that deploy/asterisk/cel_custom.conf describes, from its end, and follows it as it
grows and through rotation. Blocking file access: call it in a thread, one call at a time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from .translate import is_attempt_id

_TAIL_BYTES: Final = 32 << 20  # about 30,000 calls: what is read of a file that was there before us
_REMEMBER: Final = 100_000
_CAUSE: Final = re.compile(rb'hangupcause"":(\d+)')
_GUARD: Final = b"Local/"


class CdrUnreadable(Exception):
    """The file of call records is set, and can't be read now; the text says why."""

    error_id = "cdr-unreadable"


@dataclass(slots=True)
class CallRecord:
    """What is on disk of one attempt. Times are epoch seconds of Asterisk's clock.

    `leg` is the channel to the trunk, empty if none was made; `open_channels` counts all of the attempt's.
    """

    leg: bytes = b""
    dialled_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int = 0
    open_channels: int = 0


class CallRecords:
    """The records of one CSV file. A missing file in an existing directory has no records: Asterisk makes it."""

    def __init__(self, path: Path) -> None:
        self.latest_at = 0.0  # time of the newest line
        self._path = path
        self._file: BinaryIO | None = None
        self._identity: tuple[int, int] | None = None
        self._partial = b""
        self._records: dict[str, CallRecord] = {}

    def find(self, attempt_ids: Iterable[str]) -> dict[str, CallRecord]:
        """Return what the file says, by now, of these attempts. Raises `CdrUnreadable`."""
        self.follow()
        return {one: self._records[one] for one in attempt_ids if one in self._records}

    def follow(self) -> None:
        """Read what was added since the last time. Raises `CdrUnreadable`."""
        try:
            self._follow()
        except OSError as error:
            self.close()
            raise CdrUnreadable(f"call records can't be read: {error.strerror or type(error).__name__}") from None

    def close(self) -> None:
        """Let the file go; the next look opens it anew."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._partial = b""

    def _follow(self) -> None:
        if self._file is not None:
            # Also of a file that was renamed meanwhile: its last lines are read before the new one is opened.
            self._read(self._file)
        try:
            now = self._path.stat()
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise
            self.close()
            return
        identity = (now.st_dev, now.st_ino)
        cut = self._file is not None and now.st_size < self._file.tell()
        if self._file is not None and identity == self._identity and not cut:
            return
        first = self._identity is None
        self.close()
        self._file, self._identity = self._path.open("rb"), identity
        if first and now.st_size > _TAIL_BYTES:
            self._file.seek(-_TAIL_BYTES, os.SEEK_END)
            self._file.readline()
        self._read(self._file)

    def _read(self, file: BinaryIO) -> None:
        while chunk := file.read(1 << 20):
            *lines, self._partial = (self._partial + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        while len(self._records) > _REMEMBER:
            del self._records[next(iter(self._records))]

    def _take(self, line: bytes) -> None:
        """One line: "event","time","attempt","channel's id","channel","details"; texts have no comma before that."""
        parts = line.split(b'","', 5)
        if len(parts) < 6:
            return
        event, at_text, attempt_text, leg, channel, details = parts
        attempt_id = attempt_text.decode("ascii", "replace")
        if not is_attempt_id(attempt_id):
            return
        try:
            at = float(at_text)
        except ValueError:
            return
        self.latest_at = max(self.latest_at, at)
        record = self._records.get(attempt_id)
        if record is None:
            record = self._records[attempt_id] = CallRecord()
        guard = channel.startswith(_GUARD)
        match event:
            case b'"CHAN_START':
                record.open_channels += 1
                if not guard and not record.leg:
                    record.leg = leg
                    record.dialled_at = at
            case b'"ANSWER' if leg == record.leg:
                record.answered_at = at
            case b'"HANGUP':
                record.open_channels -= 1
                if not guard and leg == (record.leg or leg):
                    record.leg = leg
                    record.ended_at = at
                    cause = _CAUSE.search(details)
                    record.cause = int(cause[1]) if cause else 0
