"""A private MariaDB on a loopback port, with one database and one user of a fresh password."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.rig.cache import built
from tests.rig.ports import free_port
from tests.rig.process import Process, ServerFailed
from tests.rig.server import Server


class MariaDB(Server):
    """A real mariadbd; `start` returns when it answers.

    `durable` flushes at each commit, as in production, so what was acknowledged survives `kill`; without it commits
    reach the disk once a second, which is faster and right for everything that does not test crashes.
    """

    title = "MariaDB"
    stop_within = 20.0

    database = "discador"
    username = "discador"

    def __init__(self, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.password = secrets.token_hex(12)
        self._durable = durable
        self._options = options
        self._process: Process | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="discador-mariadb-"))
        template = built(f"mariadb-{_version()}", _install)
        # cp keeps owner and sparse files; the template is a few MB.
        subprocess.run(["cp", "-a", f"{template}/.", str(self.directory / "data")], check=True)
        self._write_init_file()

    @property
    def url(self) -> str:
        """For DISCADOR_DATABASE_URL and SQLAlchemy; holds the password."""
        address = f"{self.host}:{self.port}/{self.database}"
        return f"mysql+pymysql://{self.username}:{self.password}@{address}?charset=utf8mb4"

    def start(self, within: float = 30.0) -> Self:
        """Also after `kill`: what was committed is recovered first."""
        command = [
            _binary("mariadbd"),
            "--no-defaults",
            *_as_user(),
            f"--datadir={self.directory / 'data'}",
            f"--socket={self.directory / 'socket'}",
            f"--pid-file={self.directory / 'data' / 'pid'}",
            f"--init-file={self.directory / 'init.sql'}",
            f"--bind-address={self.host}",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
            "--max-connections=300",
            "--innodb-buffer-pool-size=128M",
            "--innodb-log-file-size=64M",
            f"--innodb-flush-log-at-trx-commit={1 if self._durable else 2}",
            "--innodb-lock-wait-timeout=3",
            "--performance-schema=OFF",
            *self._options,
        ]
        self._process = Process(command, self.directory / "server.log")
        self._process.wait_until(self._answers, "MariaDB", within)
        return self

    # -- inside ------------------------------------------------------------------------------------------------------

    def _write_init_file(self) -> None:
        self.directory.chmod(0o711)
        init = self.directory / "init.sql"
        user = f"'{self.username}'@'127.0.0.1'"
        init.write_text(
            f"CREATE DATABASE IF NOT EXISTS {self.database};\n"
            f"CREATE OR REPLACE USER {user} IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO {user};\n"
        )
        init.chmod(0o600)
        if _as_user():
            shutil.chown(self.directory, "mysql")
            shutil.chown(init, "mysql")

    def _answers(self) -> bool:
        """The greeting of the protocol: a packet that begins with protocol version 10."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as link:
                return link.recv(5)[4:5] == b"\x0a"
        except OSError:
            return False


def _install(target: Path) -> None:
    """The system tables, made once: takes seconds, copying them does not."""
    # Not in the cache itself: the user mysql can't enter a home directory.
    with tempfile.TemporaryDirectory(prefix="discador-mariadb-") as name:
        directory = Path(name)
        if _as_user():
            shutil.chown(directory, "mysql")
        command = [_binary("mariadb-install-db"), "--no-defaults", *_as_user(), f"--datadir={directory}"]
        done = subprocess.run([*command, "--skip-test-db"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerFailed(f"mariadb-install-db failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        subprocess.run(["cp", "-a", f"{directory}/.", str(target)], check=True)


def _as_user() -> list[str]:
    """mariadbd refuses to run as root."""
    return ["--user=mysql"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _binary(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if found is None:
        raise ServerFailed(f"{name} is missing: run `python -m tests.rig.install`, or apt-get install mariadb-server")
    return found


def _version() -> str:
    """Part of the template's name: another version's system tables would be upgraded, or refused."""
    text = subprocess.run([_binary("mariadbd"), "--version"], capture_output=True, text=True, check=True).stdout
    return text.split("Ver ")[1].split("-")[0]
