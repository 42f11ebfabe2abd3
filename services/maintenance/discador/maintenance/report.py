"""What maintenance found and did since it started; the figures behind `GetRescue`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Report:
    """Written by the jobs, read by the RPCs and the heartbeat."""

    in_doubt: int = 0
    settled: Counter[str] = field(default_factory=Counter)
    orphans_hung_up: int = 0
    last_run_at: datetime | None = None
    last_error: str = ""

    def as_figures(self) -> dict[str, object]:
        """Return the figures for the heartbeat."""
        return {
            "in_doubt": self.in_doubt,
            "orphans_hung_up": self.orphans_hung_up,
            "last_error": self.last_error,
            **{f"settled_{how}": count for how, count in self.settled.items()},
        }
