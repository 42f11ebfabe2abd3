"""`discador logs`: what the services of a local `discador up` wrote, as lines for people or as JSON."""

from __future__ import annotations

import heapq
import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from discador.cli import run_file
from discador.cli.choices import UsageFailure
from discador.cli.connection import CliSettings
from discador.cli.failure import Failure
from discador.cli.output import Output, console, printable
from discador.runtime.settings import load

LEVELS = ("debug", "info", "warning", "error")
_COLOURS = {"debug": "dim", "info": "default", "warning": "yellow", "error": "red"}
_POLL_S = 0.3


def logs(
    follow: Annotated[bool, typer.Option("-f", "--follow", help="go on as lines come")] = False,
    service: Annotated[list[str], typer.Option(help="only this service (repeatable)")] = [],  # noqa: B006 - Typer reads it
    level: Annotated[str, typer.Option(help="this level and above: debug, info, warning, error")] = "debug",
    grep: Annotated[str, typer.Option(help="only lines that contain this text, such as an attempt's id")] = "",
    lines: Annotated[int, typer.Option("-n", min=0, help="so many of the last lines")] = 50,
) -> None:
    """Show the services' logs."""
    if level not in LEVELS:
        raise UsageFailure(f"--level takes one of: {', '.join(LEVELS)}", "argument-invalid")
    directory = _directory()

    def wanted(text: str) -> bool:
        record = _parsed(text)
        return (
            grep in text
            and (not service or record.get("service") in service)
            and _rank(record.get("level")) >= LEVELS.index(level)
        )

    files = sorted(directory.glob("*.log"))
    ends = {path: path.stat().st_size for path in files}
    last = [deque((text for text in _lines(path) if wanted(text)), maxlen=lines) for path in files]
    for text in list(heapq.merge(*last, key=_when))[-lines:] if lines else []:
        _show(text)
    while follow:
        for path in sorted(directory.glob("*.log")):
            ends[path], fresh = _appended(path, ends.get(path, 0))
            for text in filter(wanted, fresh):
                _show(text)
        time.sleep(_POLL_S)


def _directory() -> Path:
    settings = load(CliSettings)
    run = run_file.read(Path(settings.data_dir) / "run.json")
    directory = Path(run.logs) if run else Path(settings.data_dir) / "logs"
    if not directory.is_dir():
        raise Failure(f"There are no logs in {str(directory)!r}: `discador up` writes them there.", "logs-missing")
    return directory


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if text := line.rstrip("\n"):
                yield text


def _appended(path: Path, seen: int) -> tuple[int, list[str]]:
    """Whole lines behind byte `seen`; a file that shrank was rotated and is read from its start."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(seen if seen <= size else 0)
        data = file.read()
        end = file.tell()
    whole, newline, rest = data.rpartition(b"\n")
    text = whole.decode("utf-8", "replace")
    return end - len(rest), [line for line in text.split("\n") if line] if newline else []


def _rank(level: object) -> int:
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("info")


def _parsed(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        return {"event": text}
    return record if isinstance(record, dict) else {"event": text}


def _when(text: str) -> str:
    return str(_parsed(text).get("ts", ""))


def _show(text: str) -> None:
    if Output.json:
        print(json.dumps(_parsed(text), ensure_ascii=False), flush=True)
        return
    record = _parsed(text)
    moment, level = str(record.pop("ts", ""))[11:23], str(record.pop("level", "info"))
    service, component, event = (str(record.pop(key, "")) for key in ("service", "component", "event"))
    rest = " ".join(f"{key}={value}" for key, value in record.items())
    line = f"{moment} {level:<7} {service:<11} {component} {event} {rest}"
    console.print(printable(line), style=_COLOURS.get(level, ""), markup=False, highlight=False, soft_wrap=True)
