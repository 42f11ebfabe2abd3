"""Every fault as a test, by its name: `pytest -m chaos -k "kill at worker.gated"`; `make chaos` runs all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.catalogue import FAULTS
from tests.chaos.faults import Fault
from tests.chaos.run import run_fault


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_every_invariant_survives(fault: Fault, tmp_path: Path) -> None:
    run = run_fault(fault, seed=1, leads=150, cps=30, directory=tmp_path / "site")
    assert run.violations == [], run.log
