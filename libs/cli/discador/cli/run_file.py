"""`run.json`: where `discador up` leaves the addresses and the token for other terminals of the same user."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFile:
    """What a running `discador up` can be reached at. Holds secrets: mode 0600."""

    pid: int
    master: str
    web: str
    service_token: str
    api_token: str
    logs: str


def write(path: Path, run: RunFile) -> None:
    """Write it so that no other user can read it, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(run), file, indent=1)
    partial.replace(path)


def read(path: Path) -> RunFile | None:
    """Return what a running `up` wrote, or None."""
    try:
        return RunFile(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
