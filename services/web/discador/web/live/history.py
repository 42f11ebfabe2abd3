"""What the charts show: half an hour in fine steps, a day in coarse ones. In memory: a restart begins anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

FINE_S: Final = 2
FINE_KEPT: Final = 900
COARSE_S: Final = 60
COARSE_KEPT: Final = 1440

Sample = Mapping[str, float | None]


class History:
    """Samples by time. A value of None is a gap: nobody knew it then."""

    def __init__(self) -> None:
        self._fine: deque[tuple[float, Sample]] = deque(maxlen=FINE_KEPT)
        self._coarse: deque[tuple[float, Sample]] = deque(maxlen=COARSE_KEPT)
        self._minute: list[Sample] = []
        self._minute_began = 0.0

    def add(self, at: float, sample: Sample) -> None:
        """Add a sample taken at the Unix time `at`."""
        self._fine.append((at, sample))
        began = at // COARSE_S * COARSE_S
        if self._minute and began != self._minute_began:
            self._coarse.append((self._minute_began, _mean(self._minute)))
            self._minute = []
        self._minute_began = began
        self._minute.append(sample)

    def columns(self, span: str) -> dict[str, list[float | None]]:
        """Return the columns of `day`, or of the last half hour: `t` and one a series, oldest first."""
        rows = list(self._coarse if span == "day" else self._fine)
        names = sorted({name for _, sample in rows for name in sample})
        columns: dict[str, list[float | None]] = {"t": [at for at, _ in rows]}
        return columns | {name: [sample.get(name) for _, sample in rows] for name in names}

    def last(self, count: int) -> list[tuple[float, Sample]]:
        """Return the newest samples, newest first."""
        return list(self._fine)[: -count - 1 : -1]


def _mean(samples: list[Sample]) -> Sample:
    means: dict[str, float | None] = {}
    for name in {name for sample in samples for name in sample}:
        known = [value for sample in samples if (value := sample.get(name)) is not None]
        means[name] = round(sum(known) / len(known), 2) if known else None
    return means
