"""A private Redis on a loopback port, with a password."""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Self

from tests.rig.ports import free_port
from tests.rig.process import Process, ServerFailed
from tests.rig.server import Server


class Redis(Server):
    """A real redis-server (or valkey-server); `start` returns when it answers.

    `append_only` keeps what it holds over `kill` and `restart`, up to the last second; without it a restart is empty.
    """

    title = "Redis"

    def __init__(self, *, append_only: bool = False, options: tuple[str, ...] = ()) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.password = secrets.token_hex(12)
        self._append_only = append_only
        self._options = options
        self._process: Process | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="discador-redis-"))
        # In a file, not on the command line, where every process could read the password.
        settings = self.directory / "redis.conf"
        settings.write_text(f"requirepass {self.password}\n")
        settings.chmod(0o600)

    @property
    def url(self) -> str:
        """For DISCADOR_REDIS_URL; holds the password."""
        return f"redis://:{self.password}@{self.host}:{self.port}/0"

    def start(self, within: float = 15.0) -> Self:
        command = [
            _binary(),
            str(self.directory / "redis.conf"),
            *("--bind", self.host, "--port", str(self.port), "--dir", str(self.directory)),
            *("--save", "", "--appendonly", "yes" if self._append_only else "no", "--appendfsync", "everysec"),
            *("--maxmemory-policy", "noeviction"),
            *self._options,
        ]
        self._process = Process(command, self.directory / "server.log")
        self._process.wait_until(lambda: self._answer("PING") == "+PONG", "Redis", within)
        return self

    def wipe(self) -> None:
        """FLUSHALL: everything is gone, the connections stay."""
        answer = self._answer("FLUSHALL")
        if answer != "+OK":
            raise ServerFailed(f"Redis did not wipe itself: {answer!r}")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _answer(self, command: str) -> str:
        """The first line of the answer to `command`, "" when nobody answers."""
        try:
            with socket.create_connection((self.host, self.port), timeout=5) as link, link.makefile("rb") as lines:
                link.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
                lines.readline()
                return lines.readline().decode().strip()
        except OSError:
            return ""


def _binary() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise ServerFailed(
            "redis-server is missing: run `python -m tests.rig.install`, or apt-get install redis-server"
        )
    return found
