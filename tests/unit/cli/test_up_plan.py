"""What `discador up` would start."""

from __future__ import annotations

import stat
from pathlib import Path

from discador.cli import run_file
from discador.cli.up.plan import Ports, Secrets, specs
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
