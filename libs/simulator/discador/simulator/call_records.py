"""The CSV of channel events that deploy/asterisk/cel_custom.conf makes Asterisk write."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from .wire_text import Channel


class CallRecordFile:
    """Appends lines; opens the file anew for each write, so it may be moved away (rotated) at any time."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def started(self, *channels: Channel) -> None:
        self._write(_line("CHAN_START", channel, "") for channel in channels)

    def answered(self, channel: Channel) -> None:
        self._write([_line("ANSWER", channel, "")])

    def hung_up(self, cause: int, *channels: Channel) -> None:
        details = f'{{""hangupcause"":{cause},""hangupsource"":"""",""dialstatus"":""""}}'
        self._write(_line("HANGUP", channel, details) for channel in channels)

    def _write(self, lines: Iterable[str]) -> None:
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write("".join(lines).encode())


def _line(event: str, channel: Channel, details: str) -> str:
    return f'"{event}","{time.time():.6f}","{channel.linkedid}","{channel.uniqueid}","{channel.name}","{details}"\n'
