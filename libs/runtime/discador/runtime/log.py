"""Log events as JSON lines on standard output.

    log = get_logger("dispatch")
    log.info("batch.published", campaign_id=campaign_id, size=40)

One line is one JSON object: `ts` (RFC 3339, UTC, microseconds), `level`, `service`, `component`, `event`,
then the fields. Event names are dotted words, past tense, no values inside. Phone numbers and URL
passwords are masked wherever they stand; the value of a field named like a secret is never printed; an
exception given as a field becomes an object with `type`, `message` and `stack`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TextIO

from .masking import mask_phone, mask_text

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_RESERVED: Final = frozenset({"ts", "level", "service", "component", "event"})
_SECRET: Final = re.compile(
    r"secret|passw|token|authorization|cookie|credential|api_?key|private_?key|dsn", re.IGNORECASE
)
_PHONE_NAME: Final = re.compile(r"(^|_)(phone|msisdn|caller_?id|callee|dialled|e164)($|_)", re.IGNORECASE)
_DEPTH: Final = 6


class _Output:
    """Where lines go. One per process, as standard output is; `configure` sets it."""

    def __init__(self) -> None:
        self.service = "discador"
        self.threshold = 20
        self.stream: TextIO | None = None
        self.context: Callable[[], Mapping[str, Any]] | None = None
        self._second = -1
        self._prefix = ""

    def timestamp(self) -> str:
        second, micros = divmod(time.time_ns() // 1000, 1_000_000)
        if second != self._second:
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._prefix}.{micros:06d}Z"

    def write(self, level: str, component: str, event: str, fields: Mapping[str, Any]) -> None:
        line: dict[str, Any] = {
            "ts": self.timestamp(),
            "level": level,
            "service": self.service,
            "component": component,
            "event": event,
        }
        if self.context is not None:
            line.update(self.context())
        for name, value in fields.items():
            line[f"{name}_" if name in _RESERVED else name] = _field(name, value)
        stream = self.stream or sys.stdout
        try:
            # Line by line: whoever reads the pipe sees an event when it happens, also if we are killed next.
            stream.write(json.dumps(line, default=_printable) + "\n")
            stream.flush()
        except (OSError, ValueError):
            # Nobody reads any more: a lost log line must not stop the service.
            return


_output: Final = _Output()


class Logger:
    """Writes events of one component; `bind` returns one that adds fields to each event."""

    __slots__ = ("_bound", "component")

    def __init__(self, component: str, bound: Mapping[str, Any] | None = None) -> None:
        self.component = component
        self._bound = dict(bound or {})

    def bind(self, **fields: Any) -> Logger:
        return Logger(self.component, {**self._bound, **fields})

    def debug(self, event: str, /, **fields: Any) -> None:
        if _output.threshold <= 10:
            _output.write("debug", self.component, event, {**self._bound, **fields})

    def info(self, event: str, /, **fields: Any) -> None:
        if _output.threshold <= 20:
            _output.write("info", self.component, event, {**self._bound, **fields})

    def warning(self, event: str, /, **fields: Any) -> None:
        if _output.threshold <= 30:
            _output.write("warning", self.component, event, {**self._bound, **fields})

    def error(self, event: str, /, **fields: Any) -> None:
        _output.write("error", self.component, event, {**self._bound, **fields})


def get_logger(component: str) -> Logger:
    """Return the logger of a component; cheap, may be called at import."""
    return Logger(component)


def configure(
    service: str,
    level: str = "info",
    *,
    stream: TextIO | None = None,
    context: Callable[[], Mapping[str, Any]] | None = None,
) -> None:
    """Set the process's output once, at start. Libraries' own warnings are written as `library.logged`.

    `context` is asked at each line for fields to add (the trace id, say).
    """
    _output.service = service
    _output.threshold = _LEVELS[level]
    _output.stream = stream
    _output.context = context
    root = logging.getLogger()
    root.handlers[:] = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)


class _LibraryHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        fields: dict[str, Any] = {"message": record.getMessage()}
        if record.exc_info and record.exc_info[1]:
            fields["error"] = record.exc_info[1]
        if _output.threshold <= _LEVELS[level]:
            _output.write(level, record.name, "library.logged", fields)


@lru_cache(maxsize=1024)
def _kind(name: str) -> str:
    if _SECRET.search(name):
        return "secret"
    return "phone" if _PHONE_NAME.search(name) else "plain"


def _field(name: str, value: Any, depth: int = 0) -> Any:
    kind = _kind(name)
    if kind == "secret" and value is not None:
        return "***"
    if kind == "phone" and isinstance(value, (str, int)):
        return mask_phone(str(value))
    return _clean(value, depth)


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        # A Brazilian number kept as an integer; ids and times do not begin with 55 at this length.
        return mask_phone(str(value)) if 550_000_000_000 <= value < 5_600_000_000_000 and _brazilian(value) else value
    if isinstance(value, BaseException):
        stack = "".join(traceback.format_exception(value))
        return {"type": type(value).__name__, "message": mask_text(str(value)), "stack": mask_text(stack)}
    if depth >= _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {mask_text(str(key)): _field(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(item, depth + 1) for item in value]
    return _printable(value)


def _brazilian(value: int) -> bool:
    digits = str(value)
    return digits.startswith("55") and len(digits) in (12, 13)


def _printable(value: Any) -> str:
    return mask_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
