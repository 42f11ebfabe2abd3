"""The `__main__` of a service:

    if __name__ == "__main__":
        main("worker", WorkerSettings, build)

`build(settings, supervisor)` wires the service inside the running loop: it opens what is needed, registers
loops and hooks, and returns. A settings field named `log_level` sets the log's level, one named
`stop_grace_s` the time a stop may take.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from . import log
from .lifecycle import Supervisor
from .parent import watch_parent
from .settings import SettingsInvalid, environment, hints, load, redacted

S = TypeVar("S")
Build = Callable[[S, Supervisor], Awaitable[None]]


def main(name: str, settings_cls: type[S], build: Build[S], argv: list[str] | None = None) -> NoReturn:
    """Run the service and exit: 0 after an orderly stop, 1 after a failure, 2 if the settings are invalid."""
    parser = argparse.ArgumentParser(prog=f"discador-{name}")
    parser.add_argument("--check-config", action="store_true", help="print the settings, redacted, and exit")
    arguments = parser.parse_args(argv)
    source = environment()
    try:
        settings = load(settings_cls, source)
    except SettingsInvalid as invalid:
        print(f"{name}: the settings are invalid", file=sys.stderr)
        for fault in invalid.faults:
            print(f"  {fault}", file=sys.stderr)
        raise SystemExit(2) from None
    found = hints(settings_cls, source)
    if arguments.check_config:
        for variable, value in redacted(settings).items():
            print(f"{variable}={value}")
        for hint in found:
            print(f"hint: {hint}", file=sys.stderr)
        raise SystemExit(0)
    log.configure(name, getattr(settings, "log_level", "info"))
    for hint in found:
        log.get_logger("settings").warning("settings.unknown_variable", hint=hint)
    raise SystemExit(asyncio.run(_serve(name, settings, build)))


async def _serve(name: str, settings: S, build: Build[S]) -> int:
    supervisor = Supervisor(name, stop_grace_s=getattr(settings, "stop_grace_s", 10.0))
    watch_parent(supervisor.stop)
    supervisor.on_start(lambda: build(settings, supervisor))
    return await supervisor.run()
