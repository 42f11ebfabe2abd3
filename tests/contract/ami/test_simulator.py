"""The simulator by itself: its process, its witness, its chance."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from random import Random

from discador.simulator import by_digits, mixed
from tests.rig.ami import Ami
from tests.rig.ports import free_port

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("DISCADOR_")},
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
}


def test_the_same_seed_gives_the_same_calls() -> None:
    first, second = mixed(Random(7)), mixed(Random(7))
    assert [first("1") for _ in range(50)] == [second("1") for _ in range(50)]


def test_mixed_calls_go_as_on_an_ordinary_list() -> None:
    carrier = mixed(Random(1))
    calls = [carrier("1") for _ in range(4_000)]
    kinds = Counter(
        "answered" if one.answers_after else str(one.refused[2]) if one.refused else "silent" for one in calls
    )
    assert 0.40 < kinds["answered"] / len(calls) < 0.48
    assert 0.10 < kinds["486"] / len(calls) < 0.14
    assert {"480", "404", "503", "603", "silent"} <= set(kinds)


def test_the_last_two_digits_decide() -> None:
    assert by_digits("5511987654303").refused == (0.005, 17, 486)
    assert by_digits("5511987654319").presses == "9"
    assert by_digits("5511987654342").hangs_up_after == 0.6


async def test_as_a_process_it_serves_tells_what_it_saw_and_stops_on_a_signal(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **ENVIRONMENT,
        "DISCADOR_AMI_USERNAME": "discador",
        "DISCADOR_AMI_SECRET": "s3cret",
        "DISCADOR_SIMULATOR_PROFILE": "mixed",
        "DISCADOR_CDR_CSV": str(tmp_path / "x" / "discador.csv"),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "discador.simulator", "--port", str(port), "--speed", "100"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        line = await asyncio.wait_for(child.stdout.readline(), 20)
        assert str(port).encode() in line
        assert b"s3cret" not in line
        async with Ami("127.0.0.1", port, "discador", "s3cret") as ami:
            witness = await ami.action("SimulatorWitness")
            assert (witness["Invites"], witness["Live"]) == ("0", "0")
        child.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(child.wait(), 10) == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def test_it_has_no_default_secret() -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "discador.simulator"), env=ENVIRONMENT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode == 2
    assert b"DISCADOR_AMI_SECRET" in said
