"""`make bench`: calls a second end to end, beside the raw AMI ceiling of the same Asterisk and carrier in the same run.

Everything runs on the same cores: all services, MariaDB (flushing at each commit), Redis, Asterisk and the carrier;
compare the figures within one run only. Writes build/bench.json.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import dataclasses
import json
import os
import platform
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from discador.core.campaign import Command
from discador.store import open_store
from discador.store.reservation import ReservePlan
from tests.rig.ami_ceiling import AT_ONCE, measure
from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.mariadb import MariaDB
from tests.rig.redis import Redis
from tests.system.carrier_truth import dialled_twice, disagreements
from tests.system.installation import Installation, mixed_numbers, outcomes

TARGET = Path("build") / "bench.json"
SHORT_CALL = [20]  # the carrier answers at once and hangs up after 0.6 s
console = Console()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=6000, help="calls of the end-to-end run")
    parser.add_argument("--leads", type=int, default=1_000_000, help="leads of the import and the reservation")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="discador-bench-")))
        carrier = stack.enter_context(Carrier())
        asterisk = stack.enter_context(Asterisk("22", carrier_port=carrier.port))
        with console.status("raw AMI ceiling …"):
            raw, fenced = (
                asyncio.run(measure(asterisk, carrier, options.calls // 2, fence=fence)).calls_per_second
                for fence in (False, True)
            )
        console.print(f"raw AMI ceiling: {raw:.0f} calls/s, behind the fence {fenced:.0f}")
        mariadb = stack.enter_context(MariaDB(durable=True))
        redis = stack.enter_context(Redis(append_only=True))
        site = stack.enter_context(_installation(directory, mariadb, redis, asterisk))
        peers = {"mariadb": mariadb.pid, "redis": redis.pid, "asterisk": asterisk.pid}
        calls = _calls(site, carrier, options.calls, peers)
        console.print(f"end to end: {calls['calls_per_second']:.0f} calls/s")
        rows = _import(site, directory, options.leads)
        console.print(f"import: {rows:,.0f} rows/s")
        site.stop()
        reserve = _reserve(mariadb, options.leads)
        console.print(f"reservation out of {options.leads:,}: p95 {reserve:.1f} ms")
    result = {
        "calls_per_second": round(calls["calls_per_second"], 1),
        "ami_ceiling_per_second": round(raw, 1),
        "ratio": round(calls["calls_per_second"] / raw, 3),
        "fenced_ceiling_per_second": round(fenced, 1),
        "ratio_to_fenced": round(calls["calls_per_second"] / fenced, 3),
        "reserve_ms_p95": round(reserve, 2),
        "import_rows_per_second": round(rows),
        "services": calls["services"],
        "conditions": {
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "calls": options.calls,
            "leads": options.leads,
            "peers_cpu_s_per_1000_calls": calls["peers"],
            "note": "all services, MariaDB (durable), Redis (AOF), Asterisk 22 and SIPp on the same cores; 1 worker",
        },
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(result, indent=2) + "\n")
    console.print_json(data=result)


def _installation(directory: Path, mariadb: MariaDB, redis: Redis, asterisk: Asterisk) -> Installation:
    return Installation(
        directory / "site",
        {
            "DISCADOR_DATABASE_URL": mariadb.url,
            "DISCADOR_REDIS_URL": redis.url,
            "DISCADOR_NODE": "asterisk",
            "DISCADOR_AMI_HOST": asterisk.host,
            "DISCADOR_AMI_PORT": str(asterisk.ami_port),
            "DISCADOR_AMI_USERNAME": asterisk.ami_user,
            "DISCADOR_AMI_SECRET": asterisk.ami_secret,
            "DISCADOR_CDR_CSV": str(asterisk.call_record_path),
        },
    )


def _calls(site: Installation, carrier: Carrier, calls: int, peers: dict[str, int]) -> dict[str, Any]:
    """Dial a campaign with no limit but as many channels as the raw ceiling was measured with; the rate is that
    between the first and the last tenth of its calls."""
    site.cli(
        *("trunk", "add", "bench", "--node", "asterisk", "--dial", "PJSIP/{number}@trunk"),
        *("--channels", str(AT_ONCE), "--calls-per-second", "1000"),
    )
    campaign = site.campaign("bench", mixed_numbers(calls, SHORT_CALL), max_channels=AT_ONCE)
    watched = {instance.service: psutil.Process(instance.pid) for instance in site.system().services}
    others = {name: psutil.Process(pid) for name, pid in peers.items()}
    before = {name: _cpu(process) for name, process in (watched | others).items()}
    site.start_campaign(campaign)
    site.until_completed(campaign, within=calls / 20 + 60)
    spent = {name: _cpu(process) - before[name] for name, process in (watched | others).items()}
    attempts = site.attempts(campaign)
    wrong = disagreements(carrier, attempts)
    if dialled_twice(carrier) or wrong or outcomes(attempts)["connected"] < calls * 0.99:
        raise SystemExit(f"the run is not valid: {outcomes(attempts)}, {wrong[:3]}")
    ours = {attempt.id for attempt in attempts}
    times = sorted(seen.times[0] for seen in carrier.witnessed().values() if seen.attempt in ours)
    first, last = len(times) // 10, len(times) * 9 // 10
    return {
        "calls_per_second": (last - first) / (times[last] - times[first]),
        "services": {
            name: {
                "cpu_s_per_1000_calls": round(spent[name] / calls * 1000, 3),
                "rss_mb": round(process.memory_info().rss / 2**20, 1),
            }
            for name, process in watched.items()
        },
        "peers": {name: round(spent[name] / calls * 1000, 3) for name in others},
    }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _import(site: Installation, directory: Path, leads: int) -> float:
    """Import one list through the command line, as an operator does."""
    made = site.campaign("import", [])
    listed = directory / "import.csv"
    with listed.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["nome", "telefone", "codigo"])
        for position in range(leads):
            writer.writerow([f"Pessoa {position}", f"(21) 9{80_000_000 + position:08d}", position])
    began = time.monotonic()
    imported = site.cli("campaign", "import", str(made), str(listed))
    assert int(imported["imported"]) == leads, imported
    return leads / (time.monotonic() - began)


def _reserve(mariadb: MariaDB, leads: int, batch: int = 20, batches: int = 300) -> float:
    """Milliseconds of one reservation of `batch` leads out of the whole list, 95th percentile."""
    store = open_store(mariadb.url)
    try:
        campaign = next(found for found in store.campaigns.list(100) if found.name == "import")
        store.campaigns.command(campaign.id, Command.START)
        trunk = store.trunks.get_by_name("bench")
        store.trunks.update(trunk.id, max_channels=leads)
        store.campaigns.update(campaign.id, settings=dataclasses.replace(campaign.settings, max_channels=10_000))
        epoch = store.leadership.take("bench")
        plan = ReservePlan(campaign.id, trunk.id, trunk.node_id, batch, 30.0, {})
        spent = []
        for _ in range(batches):
            began = time.perf_counter()
            reserved = store.reservation.reserve(epoch, plan)
            spent.append((time.perf_counter() - began) * 1000)
            assert len(reserved) == batch
        return statistics.quantiles(spent, n=20)[-1]
    finally:
        store.close()


if __name__ == "__main__":
    main()
