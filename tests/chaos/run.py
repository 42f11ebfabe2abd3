"""Run faults and write what came of each: `python -m tests.chaos.run [--only TEXT …] [--seed N]` → build/chaos.json."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

from discador.v1 import campaign_pb2
from tests.chaos.arena import CHANNELS, Arena, arena
from tests.chaos.catalogue import BY_NAME, FAULTS
from tests.chaos.faults import STRIKE_AT, Fault
from tests.chaos.judgement import crossed, resumed_s, settled_s, violations
from tests.system.installation import MIXED, mixed_numbers, outcomes

INVARIANTS = "I1 I2 I3 I4 I5 I6 I7"
COMPLETES_WITHIN_S = 150.0


@dataclass
class Run:
    """One run of one fault."""

    fault: str
    seed: int
    violations: list[str] = field(default_factory=list)
    recovery_s: float = 0.0
    settled_s: float = 0.0
    start_s: float = 0.0  # of the slowest process that was started again, until it was ready
    peak_per_second: int = 0
    crossed: int = 0
    load: float = 0.0  # processes that wanted a processor, on average of the last minute
    outcomes: dict[str, int] = field(default_factory=dict)
    log: str = ""


def run_fault(fault: Fault, seed: int, leads: int, cps: int, directory: Path) -> Run:
    """A campaign with this fault in its middle, on an installation of its own."""
    result = Run(fault.name, seed)
    with arena(directory, seed=seed, cps=cps, via=fault.via) as place:
        try:
            _campaign(fault, place, leads, result)
        except Exception as error:
            result.violations.append(f"the run broke: {error}".splitlines()[0][:300])
            traceback.print_exc()
        if result.violations:
            result.log = place.fleet.log_tail(25)
            with contextlib.suppress(Exception):
                result.log += str(place.fleet.show(place.campaign))
    return result


def _campaign(fault: Fault, place: Arena, leads: int, result: Run) -> None:
    if fault.prepare is not None:
        fault.prepare(place)
    place.leads = leads
    # What was refused unsent is due again soon, or each run would last the half minute of the default.
    soon = campaign_pb2.RetryRule(outcome="refused", delay_s=3)
    place.campaign = place.fleet.campaign(
        "chaos", mixed_numbers(leads, MIXED), max_channels=CHANNELS, retry_rules=[soon]
    )
    place.fleet.start_campaign(place.campaign)
    if "armed" not in place.times:  # else it strikes by itself
        place.until_placed(round(leads * STRIKE_AT))
    struck = time.time()
    healed = fault.strike(place)
    settled = settled_s(place, healed)
    with contextlib.suppress(AssertionError):  # who is not done is named by I1
        place.fleet.until_completed(place.campaign, COMPLETES_WITHIN_S)
    resumed = resumed_s(place, struck, healed)
    attempts = place.fleet.attempts(place.campaign)
    excused = crossed(place, attempts, struck, healed)
    result.crossed = len(excused)
    started = place.fleet.longest_start(struck)
    result.start_s = round(started, 2)
    result.violations = violations(place, attempts, excused, settled, resumed, fault.resumes_within_s + started)
    result.recovery_s, result.settled_s = round(resumed, 2), round(settled, 2)
    result.peak_per_second = place.carrier.peak_per_second()
    result.outcomes = dict(outcomes(attempts))


def table(runs: list[Run]) -> list[dict[str, object]]:
    """One row a fault."""
    rows = []
    for name in dict.fromkeys(run.fault for run in runs):
        of = [run for run in runs if run.fault == name]
        rows.append(
            {
                "fault": name,
                "invariants": INVARIANTS + (" I8" if name.startswith("pause") else ""),
                "runs": len(of),
                "violations": sum(len(run.violations) for run in of),
                "recovery_s_max": max(run.recovery_s for run in of),
                "start_s_max": max(run.start_s for run in of),
                "settled_s_max": max(run.settled_s for run in of),
                "peak_per_second_max": max(run.peak_per_second for run in of),
                "unknown_max": max(run.outcomes.get("unknown", 0) for run in of),
                "crossed_max": max(run.crossed for run in of),
                "load_max": max(run.load for run in of),
                "seed": ", ".join(str(run.seed) for run in of),
            }
        )
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="parts of names of faults, or =whole names")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="runs of each fault, each with the next seed")
    parser.add_argument("--leads", type=int, default=200)
    parser.add_argument("--cps", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("build/chaos.json"))
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    # So that a run which is told to end takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [
        fault
        for fault in FAULTS
        if not given.only or any(f"={fault.name}" == text or text in fault.name for text in given.only)
    ]
    if given.list:
        print("\n".join(fault.name for fault in chosen))
        return 0
    runs: list[Run] = []
    given.out.parent.mkdir(parents=True, exist_ok=True)
    for number in range(given.runs):
        for fault in chosen:
            with tempfile.TemporaryDirectory(prefix="discador-chaos-") as name:
                began = time.monotonic()
                run = run_fault(BY_NAME[fault.name], given.seed + number, given.leads, given.cps, Path(name) / "site")
            run.load = round(os.getloadavg()[0], 1)
            runs.append(run)
            verdict = "ok" if not run.violations else f"{len(run.violations)} VIOLATIONS"
            print(
                f"{fault.name:45} seed {run.seed}: {verdict}, resumed {run.recovery_s} s"
                f" (start {run.start_s} s), settled {run.settled_s} s,"
                f" peak {run.peak_per_second}/s, load {run.load}, {run.outcomes} [{time.monotonic() - began:.0f} s]",
                flush=True,
            )
            for line in run.violations[:8]:
                print(f"    {line}", flush=True)
            if run.log:
                print(run.log, flush=True)
            written = {"rows": table(runs), "runs": [_finite(asdict(one)) for one in runs]}
            given.out.write_text(json.dumps(written, indent=1, default=str))
    return int(any(run.violations for run in runs))


def _finite(values: dict[str, object]) -> dict[str, object]:
    del values["log"]
    return {name: None if value in (math.inf, -math.inf) else value for name, value in values.items()}


if __name__ == "__main__":
    sys.exit(main())
