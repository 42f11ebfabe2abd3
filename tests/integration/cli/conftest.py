"""A master in a process of its own, on SQLite and a private Redis; commands run in this process, as `main` does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from discador.cli.app import run
from discador.cli.connection import Api, Target
from discador.runtime import log
from discador.v1 import system_pb2
from tests.rig.ports import free_port
from tests.rig.process import Process
from tests.rig.redis import Redis

TOKEN = "token-of-the-test"
ROOT = Path(__file__).parents[3]
Command = Callable[..., Any]


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with node `n1` and trunk `t1`."""
    directory, port = tmp_path_factory.mktemp("master"), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DISCADOR_")}
    with Redis() as redis:
        environment = {
            **clean,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DISCADOR_DATABASE_URL": f"sqlite:///{directory / 'discador.db'}",
            "DISCADOR_REDIS_URL": redis.url,
            "DISCADOR_SERVICE_TOKEN": TOKEN,
            "DISCADOR_BIND": f"127.0.0.1:{port}",
            "DISCADOR_NODES": "n1=127.0.0.1:1",
            "DISCADOR_TRUNKS": "t1,node=n1,dial=PJSIP/{number}@carrier,channels=30,cps=20",
        }
        command = [sys.executable, "-m", "discador.master"]
        process = Process(command, directory / "master.log", cwd=ROOT, env=environment)
        process.wait_until(lambda: _leads(port), "the master", 60)
        yield f"127.0.0.1:{port}"
        process.stop()


def _leads(port: int) -> bool:
    api = Api(Target(f"127.0.0.1:{port}", TOKEN))
    try:
        return bool(api.system.GetSystem(system_pb2.GetSystemRequest(), timeout=2).leader)
    except grpc.RpcError:
        return False
    finally:
        api.close()


@pytest.fixture
def here(master: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working directory, in which commands find the master by the environment alone."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DISCADOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DISCADOR_MASTER_ADDRESS", master)
    monkeypatch.setenv("DISCADOR_SERVICE_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("service", "threshold", "stream"):  # a command line sets the log of its process
        monkeypatch.setattr(log._output, name, getattr(log._output, name))
    return tmp_path


@pytest.fixture
def shown(here: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command as a person does; check its exit code; return what it printed, errors behind the rest."""

    def shown(*words: str, code: int = 0) -> str:
        found = run(list(words))
        printed = capsys.readouterr()
        assert found == code, printed
        return printed.out + printed.err

    return shown


@pytest.fixture
def asked(here: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command with --json; check its exit code, and that it prints one document; return it."""

    def asked(*words: str, code: int = 0) -> Any:
        found = run([*words, "--json"])
        printed = capsys.readouterr()
        assert found == code, printed
        return json.loads(printed.out)

    return asked


@pytest.fixture
def refused(asked: Command) -> Command:
    """Run a command that is refused; return the error's id."""

    def refused(*words: str, code: int) -> str:
        error = asked(*words, code=code)["error"]
        assert error["message"]
        return str(error["id"])

    return refused
