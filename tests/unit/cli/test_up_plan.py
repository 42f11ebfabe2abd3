"""What `discador up` would start."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from pathlib import Path

import pytest

from discador.cli import run_file
from discador.cli.failure import Failure
from discador.cli.up.composition import Composition
from discador.cli.up.plan import Ports, Secrets, specs
from discador.cli.up.process import Process, Spec
from discador.cli.up.secrets import kept_secret
from discador.cli.up.settings import UpSettings
from discador.runtime.settings import load

PORTS = Ports(1, 2, 3, 4, 5)
SECRETS = Secrets("service", "api", "ami")


def planned(**environ: str) -> dict[str, dict[str, str]]:
    settings = load(UpSettings, environ)
    found = specs(settings, PORTS, SECRETS, "redis://r", environ, {})
    for spec in found:
        assert not any(secret in " ".join(spec.arguments) for secret in ("service", "api", "ami")), "secret in argv"
    return {spec.name: dict(spec.environment) for spec in found}


def test_an_empty_machine_gets_sqlite_and_the_simulator() -> None:
    plan = planned()
    assert list(plan) == ["simulator", "ami-gateway", "master", "maintenance", "worker-1", "web"]
    assert plan["master"]["DISCADOR_DATABASE_URL"].startswith("sqlite:////")
    assert plan["ami-gateway"]["DISCADOR_AMI_PORT"] == "5"
    assert plan["master"]["DISCADOR_NODES"] == "local=127.0.0.1:2"


def test_a_named_asterisk_takes_the_place_of_the_simulator() -> None:
    plan = planned(DISCADOR_AMI_HOST="10.0.0.1", DISCADOR_AMI_SECRET="theirs", DISCADOR_WORKERS="3")
    assert "simulator" not in plan
    assert plan["ami-gateway"]["DISCADOR_AMI_HOST"] == "10.0.0.1"
    assert plan["ami-gateway"]["DISCADOR_AMI_SECRET"] == "theirs"
    assert [name for name in plan if name.startswith("worker")] == ["worker-1", "worker-2", "worker-3"]
    assert plan["master"]["DISCADOR_TRUNKS"] == ""


def test_only_the_web_service_knows_the_api_token() -> None:
    assert [name for name, environment in planned().items() if "DISCADOR_API_TOKEN" in environment] == ["web"]


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = kept_secret(tmp_path, "token")
    assert len(first) >= 43
    assert kept_secret(tmp_path, "token") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "token").stat().st_mode) == 0o600


def test_the_run_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = run_file.RunFile(1, "m", "w", "s", "a", "l")
    run_file.write(tmp_path / "run.json", run)
    assert run_file.read(tmp_path / "run.json") == run
    assert run_file.read(tmp_path / "none.json") is None
    (tmp_path / "run.json").write_text("{")
    assert run_file.read(tmp_path / "run.json") is None


def test_first_nodes_and_trunks_of_the_settings_are_passed_on() -> None:
    plan = planned(DISCADOR_NODES="a=h:1", DISCADOR_TRUNKS="t,node=a,dial=PJSIP/{number}@x")
    assert plan["master"]["DISCADOR_NODES"] == "a=h:1"
    assert plan["master"]["DISCADOR_TRUNKS"] == "t,node=a,dial=PJSIP/{number}@x"


def test_a_setting_given_as_a_file_does_not_reach_a_service_twice(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("redis://:pw@127.0.0.1:1/0")
    source = {"DISCADOR_REDIS_URL_FILE": str(tmp_path / "secret"), "DISCADOR_AMI_SECRET_FILE": str(tmp_path / "secret")}
    for name, environment in planned(**source).items():
        # The services read the same `.env` file below what they are started with.
        seen = {**source, **environment}
        twice = [key for key in seen if seen[key] and seen.get(f"{key}_FILE")]
        assert twice == [], name


def test_a_refused_second_up_leaves_the_run_file_of_the_first(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as master:
        run = run_file.RunFile(1, f"127.0.0.1:{master.getsockname()[1]}", "w", "s", "a", "l")
        run_file.write(tmp_path / "run.json", run)
        environ = {"DISCADOR_DATA_DIR": str(tmp_path)}
        second = Composition(load(UpSettings, environ), environ)

        async def start_and_stop() -> None:
            with pytest.raises(Failure, match="It runs already"):
                await second.start()
            await second.stop()

        asyncio.run(start_and_stop())
    assert run_file.read(tmp_path / "run.json") == run


def test_what_a_child_prints_becomes_records(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    script = tmp_path / "discador_test_child.py"
    script.write_text("print('plain'); print('{\"event\": \"kept\"}')\n")
    child = Process(Spec("child", "discador_test_child", {**os.environ, "PYTHONPATH": str(tmp_path)}), log)

    async def once() -> None:
        running = asyncio.create_task(child.run())
        while not log.read_text().count("process.ended"):  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.02)
        child.stop()
        await running

    asyncio.run(once())
    plain, kept, ended = (json.loads(line) for line in log.read_text().splitlines()[:3])
    assert (plain["event"], plain["service"], plain["level"]) == ("plain", "child", "info")
    assert kept == {"event": "kept"}
    assert ended["event"] == "process.ended" and ended["ts"] >= plain["ts"]
