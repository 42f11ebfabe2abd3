"""A real Asterisk, 16 or 22, with the configuration that Discador ships, on loopback ports of its own."""

from __future__ import annotations

import csv
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.rig.chroot import INSTANCE, asterisk_root
from tests.rig.ports import free_port, rtp_range
from tests.rig.process import Process, ServerFailed
from tests.rig.server import Server

_SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "asterisk"
# In a mount namespace of its own, so nothing has to be unmounted afterwards; each `exec` keeps the process id, so a
# signal sent to it reaches Asterisk itself. Own hosts and resolv.conf: PJSIP blocks 15 s a call on a dead resolver.
_ENTER = f"""
set -e
mount --bind /proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --bind "$1" "$0{INSTANCE}"
touch "$0/etc/hosts" "$0/etc/resolv.conf"
mount --bind "$1/hosts" "$0/etc/hosts"
mount --bind "$1/resolv.conf" "$0/etc/resolv.conf"
ulimit -n "$(ulimit -H -n)"
root=$0
shift
exec chroot "$root" "$@"
"""


@dataclass
class CallRecord:
    """What the call records say of one attempt; times are epoch seconds.

    `dialled_at` None: no call left for the trunk. `cause` is the Q.850 cause of the trunk's channel. `over` tells that
    every channel of the attempt has ended.
    """

    attempt: str
    dialled_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    over: bool = False


class Asterisk(Server):
    """A private Asterisk in the foreground; `start` returns when it is fully booted.

    Several of either version may run at once. `ami_secret` is made anew for each. `files` adds or replaces files of
    the rendered configuration (name → text).
    """

    title = "Asterisk"
    stop_within = 10.0

    def __init__(
        self,
        version: str = "22",
        *,
        carrier_host: str = "127.0.0.1",
        carrier_port: int = 5060,
        ami_user: str = "discador",
        ami_secret: str | None = None,
        ami_port: int | None = None,
        sip_port: int | None = None,
        rtp: tuple[int, int] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.host = "127.0.0.1"
        self.ami_port = ami_port or free_port()
        self.sip_port = sip_port or free_port()
        self.ami_user = ami_user
        self.ami_secret = ami_secret or secrets.token_hex(12)
        self.carrier = (carrier_host, carrier_port)
        self._rtp = rtp or rtp_range()
        self._files = dict(files or {})
        self._root = asterisk_root(version)
        self._process: Process | None = None
        self.directory = Path(tempfile.mkdtemp(prefix=f"discador-asterisk-{version}-"))
        self._configure()

    # -- life -------------------------------------------------------------------------------------------------------
    def start(self, within: float = 30.0) -> Self:
        command = [*self._enter(), "/usr/sbin/asterisk", "-f", "-C", f"{INSTANCE}/etc/asterisk.conf"]
        self._process = Process(command, self.directory / "console.log", env=_environment())
        self._process.wait_until(self._booted, f"Asterisk {self.version}", within)
        return self

    # -- looking inside ---------------------------------------------------------------------------------------------

    @property
    def log_path(self) -> Path:
        return self.directory / "state/log/messages"

    @property
    def call_record_path(self) -> Path:
        """The CSV of channel events that stands for a CDR (see docs/asterisk.md)."""
        return self.directory / "state/log/cel-custom/discador.csv"

    @property
    def sounds_directory(self) -> Path:
        """For own messages: sounds/x.wav (8 kHz, mono, 16 bit) is played as f"{INSTANCE}/sounds/x"."""
        return self.directory / "sounds"

    def cli(self, command: str) -> str:
        """The output of a console command, e.g. `core show channels`."""
        remote = [*self._enter(), "/usr/sbin/asterisk", "-C", f"{INSTANCE}/etc/asterisk.conf", "-rx", command]
        done = subprocess.run(remote, capture_output=True, text=True, timeout=20, env=_environment(), check=False)
        if done.returncode != 0:
            raise ServerFailed(f"console command {command!r} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def call_records(self) -> dict[str, CallRecord]:
        """Attempt id → what is on disk of it by now."""
        if not self.call_record_path.exists():
            return {}
        records: dict[str, CallRecord] = {}
        open_channels: dict[str, set[str]] = {}
        with self.call_record_path.open(newline="") as lines:
            for event, at, attempt, channel_id, channel, details in csv.reader(lines):
                record = records.setdefault(attempt, CallRecord(attempt))
                channels = open_channels.setdefault(attempt, set())
                on_trunk = channel.startswith("PJSIP/trunk-")
                if event == "CHAN_START":
                    channels.add(channel_id)
                    record.dialled_at = float(at) if on_trunk else record.dialled_at
                elif event == "ANSWER" and on_trunk:
                    record.answered_at = float(at)
                elif event == "HANGUP":
                    channels.discard(channel_id)
                    if on_trunk:
                        record.ended_at, record.cause = float(at), json.loads(details)["hangupcause"]
                record.over = not channels
        return records

    # -- inside -----------------------------------------------------------------------------------------------------

    def _enter(self) -> list[str]:
        return [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            _ENTER,
            str(self._root),
            str(self.directory),
        ]

    def _configure(self) -> None:
        etc = self.directory / "etc"
        for directory in (etc, self.sounds_directory):
            directory.mkdir()
        self.directory.chmod(0o755)
        (self.directory / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")
        (self.directory / "resolv.conf").write_text("")
        values = {
            "ETC_DIR": f"{INSTANCE}/etc",
            "STATE_DIR": f"{INSTANCE}/state",
            "AMI_USER": self.ami_user,
            "AMI_SECRET": self.ami_secret,
            "AMI_PORT": str(self.ami_port),
            "SIP_BIND": self.host,
            "SIP_PORT": str(self.sip_port),
            "SIP_QUALIFY": "0",
            "CARRIER_HOST": self.carrier[0],
            "CARRIER_PORT": str(self.carrier[1]),
            "RTP_START": str(self._rtp[0]),
            "RTP_END": str(self._rtp[1]),
        }
        # Rendered outside the chroot: MAKE_STATE_IN is where STATE_DIR lies as seen from here.
        subprocess.run(
            ["sh", str(_SHIPPED / "render.sh"), str(etc)],
            env={**_environment(), **values, "MAKE_STATE_IN": str(self.directory / "state")},
            check=True,
        )
        for name, text in self._files.items():
            (etc / name).write_text(text)

    def _booted(self) -> bool:
        """Log in on the AMI and see FullyBooted; False while it does not listen or is still loading."""
        try:
            with socket.create_connection((self.host, self.ami_port), timeout=1) as link:
                link.sendall(
                    f"Action: Login\r\nUsername: {self.ami_user}\r\nSecret: {self.ami_secret}\r\n\r\n".encode()
                )
                seen = b""
                while b"FullyBooted" not in seen:
                    chunk = link.recv(4096)
                    if not chunk or b"Authentication failed" in seen:
                        return False
                    seen += chunk
                return True
        except OSError:
            return False


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TZ": os.environ.get("TZ", "UTC")}
