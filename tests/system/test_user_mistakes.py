"""What operators do wrong, and what is wrong around them, on the embedded default: said clearly, nothing half done."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from discador.cli import run_file
from tests.system.installation import CLI, Installation, until


@pytest.fixture(scope="module")
def discador(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of this file. Its trunk and a password come from `.env`, one of them by a file."""
    directory = tmp_path_factory.mktemp("site")
    (directory / "token").write_text("a-token-that-was-kept-in-a-file\n")
    (directory / ".env").write_text(
        f"DISCADOR_SERVICE_TOKEN_FILE={directory / 'token'}\n"
        "DISCADOR_TRUNKS=from-env,node=local,dial=PJSIP/{number}@x,channels=9,cps=50\n"
    )
    with Installation(directory, {}) as installation:
        yield installation


def refused(discador: Installation, *words: str, code: int, **environment: str) -> dict[str, Any]:
    """Run a command that must be refused; return the error."""
    done = subprocess.run(
        [*CLI, *words, "--json"],
        env={**discador.environment, **environment},
        cwd=discador.directory,
        capture_output=True,
        timeout=120,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr.decode()
    error: dict[str, Any] = json.loads(done.stdout)["error"]
    return error


def test_settings_of_the_env_file_reach_the_services_also_those_named_by_a_file(discador: Installation) -> None:
    assert [trunk["name"] for trunk in discador.cli("trunk", "list")] == ["from-env"]
    assert discador.run is not None and discador.run.service_token == "a-token-that-was-kept-in-a-file"


def test_a_second_up_is_refused_and_the_first_goes_on(discador: Installation) -> None:
    for _ in range(2):
        assert refused(discador, "up", code=1)["id"] == "already-running"
    assert discador.cli("status")["state"] == "SYSTEM_STATE_RUNNING"


def test_a_port_in_use_is_named(discador: Installation, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = refused(discador, "up", code=1, DISCADOR_DATA_DIR=str(tmp_path / "d"), DISCADOR_WEB_PORT=port)
    assert error["id"] == "ports-taken"
    assert f"DISCADOR_WEB_PORT ({port})" in error["message"]


def test_a_data_directory_that_cannot_be_made_is_named(discador: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refused(discador, "up", code=1, DISCADOR_DATA_DIR=str(tmp_path / "file" / "data"))
    assert error["id"] == "system-error" and "file" in error["message"]


def test_settings_that_mean_nothing_are_all_named(discador: Installation) -> None:
    error = refused(discador, "up", code=2, DISCADOR_WORKERS="many", DISCADOR_WEB_PORT="http")
    assert error["id"] == "settings-invalid"
    assert [fault.split()[0] for fault in error["details"]] == ["DISCADOR_WORKERS", "DISCADOR_WEB_PORT"]


def test_a_restart_brings_every_service_back_and_status_never_lies(discador: Installation) -> None:
    before = set(discador.pids("master") + discador.pids("worker") + discador.pids("ami-gateway"))
    discador.cli("restart")

    def back() -> bool:
        try:
            services = discador.cli("status")["services"]
        except AssertionError:  # the master is away: the command says so
            return False
        fresh = {one["service"] for one in services if one["pid"] not in before and one["state"] == "ready"}
        return len(services) == 5 and fresh >= {"master", "worker", "ami-gateway"}

    until(back, 90, "every service to come back")
    until(lambda: discador.cli("node", "list")[0]["amiState"] == "AMI_STATE_UP", 30, "Asterisk")


def test_logs_are_records_in_order_whatever_wrote_them(discador: Installation) -> None:
    done = subprocess.run(
        [*CLI, "logs", "-n", "500", "--json"], env=discador.environment, cwd=discador.directory, capture_output=True
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"simulator", "master", "worker", "ami-gateway", "maintenance", "web"} <= {
        record["service"] for record in records if "service" in record
    }
    moments = [record["ts"] for record in records]
    assert moments == sorted(moments)


@pytest.mark.slow
def test_without_asterisk_it_starts_all_the_same_and_says_what_is_missing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = str(nobody.getsockname()[1])
    ami = {"HOST": "127.0.0.1", "PORT": port, "USERNAME": "discador", "SECRET": "secret"}
    with Installation(tmp_path / "site", {f"DISCADOR_AMI_{name}": value for name, value in ami.items()}) as discador:
        assert "Asterisk of node local" in (discador.directory / "up.out").read_text()
        assert discador.cli("node", "list")[0]["amiState"] in ("AMI_STATE_DOWN", "AMI_STATE_CONNECTING")
        assert run_file.read(discador.directory / "data" / "run.json") is not None
