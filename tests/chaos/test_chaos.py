"""Three faults in each run of the suite; `make chaos` runs all of them (those marked `chaos` here, too)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.catalogue import FAULTS
from tests.chaos.faults import Fault
from tests.chaos.run import run_fault

SHORT = {"kill at worker.gated", "freeze gateway", "freeze asterisk briefly"}


def _cases() -> list[object]:
    return [
        pytest.param(fault, id=fault.name, marks=() if fault.name in SHORT else pytest.mark.chaos) for fault in FAULTS
    ]


@pytest.mark.slow
@pytest.mark.parametrize("fault", _cases())
def test_every_invariant_survives(fault: Fault, tmp_path: Path) -> None:
    run = run_fault(fault, seed=1, leads=150, cps=30, directory=tmp_path / "site")
    assert run.violations == [], run.log
