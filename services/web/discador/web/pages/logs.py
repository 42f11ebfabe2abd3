"""The log console: what the services of this machine wrote, newest last, followed while the page is open."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from discador.core.identity import Permission
from discador.web.pages.caller import needs
from discador.web.pages.site import site_of

LEVELS: Final = ("debug", "info", "warning", "error")
_SHOWN: Final = 300
#: So much of each file's end is read; older lines are for the files themselves.
_TAIL_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """One record."""

    at: datetime | None
    level: str
    service: str
    event: str
    rest: str


@needs(Permission.MAINTENANCE_READ)
async def logs(request: Request) -> Response:
    """Show the last lines that match the filter."""
    site = site_of(request)
    wanted = {
        "service": request.query_params.get("service", "")[:40],
        "level": request.query_params.get("level", "info"),
        "text": request.query_params.get("text", "")[:200],
    }
    if wanted["level"] not in LEVELS:
        wanted["level"] = "info"
    directory = site.log_directory
    lines: list[Line] = []
    if directory is not None and directory.is_dir():
        lines = await asyncio.to_thread(_last_lines, directory, wanted)
    context = {
        "lines": lines,
        "wanted": wanted,
        "levels": LEVELS,
        "services": ("master", "worker", "ami-gateway", "maintenance", "web", "simulator"),
        "known": directory is not None and directory.is_dir(),
    }
    return site.renderer.screen(request, "logs", context)


def _last_lines(directory: Path, wanted: dict[str, str]) -> list[Line]:
    """Return the newest matching lines of all files, oldest first. Blocking."""
    least = LEVELS.index(wanted["level"])

    def matches(text: str, record: dict[str, Any]) -> bool:
        level = record.get("level", "info")
        return (
            wanted["text"].casefold() in text.casefold()
            and wanted["service"] in ("", record.get("service"))
            and (LEVELS.index(level) if level in LEVELS else 1) >= least
        )

    files = []
    for path in sorted(directory.glob("*.log")):
        records = ((text, _parsed(text, path.stem)) for text in _tail(path))
        files.append(deque(((r.get("ts", ""), r) for t, r in records if matches(t, r)), maxlen=_SHOWN))
    merged = heapq.merge(*files, key=lambda pair: str(pair[0]))
    return [_line(record) for _, record in deque(merged, maxlen=_SHOWN)]


def _tail(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        if file.tell():
            file.readline()
        for raw in file:
            if text := raw.decode("utf-8", "replace").strip():
                yield text


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    return record if isinstance(record, dict) else {"event": text, "service": name, "level": "info"}


def _line(record: dict[str, Any]) -> Line:
    try:
        at: datetime | None = datetime.fromisoformat(str(record.get("ts")))
    except ValueError:
        at = None
    named = {"ts", "level", "service", "event"}
    rest = " ".join(f"{key}={_value(value)}" for key, value in record.items() if key not in named)
    level, service, event = (str(record.get(name, "")) for name in ("level", "service", "event"))
    return Line(at, level, service, event, rest[:2000])


def _value(value: Any) -> Any:
    """An error's stack is for the file; here its type and text do."""
    if isinstance(value, dict) and "stack" in value:
        return f"{value.get('type', '')}: {value.get('message', '')}"
    return value


ROUTES: Final = [Route("/logs", logs)]
