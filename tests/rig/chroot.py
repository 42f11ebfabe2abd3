"""The root file systems in which the tests' real Asterisk runs: Debian's own builds, unpacked by debootstrap.

No release of Debian has both versions, so each comes from another one: 22 from forky, 16 from bullseye. The mirror is
the one that this machine's apt uses; `DISCADOR_TEST_DEBIAN_MIRROR` names another one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.rig.cache import built

#: Directory inside the chroot on which each instance sees its own files.
INSTANCE = "/discador"


@dataclass(frozen=True)
class Release:
    """A Debian release and the debootstrap script that unpacks it (old debootstraps know no new release by name)."""

    suite: str
    script: str


RELEASES = {"22": Release("forky", "sid"), "16": Release("bullseye", "bullseye")}


class CannotBuild(RuntimeError):
    """The chroot can't be built here; the text says what to do."""


def asterisk_root(version: str) -> Path:
    """The root file system with Asterisk `version` ("16" or "22"); built at the first call, which takes minutes."""
    release = RELEASES[version]
    return built(f"asterisk-{version}", lambda target: _debootstrap(version, release, target))


def _debootstrap(version: str, release: Release, target: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise CannotBuild("a chroot needs root on Linux: run `sudo python -m tests.rig.install` once")
    if shutil.which("debootstrap") is None:
        raise CannotBuild("debootstrap is missing: run `python -m tests.rig.install`, or apt-get install debootstrap")
    mirror = debian_mirror()
    if not _carries(mirror, release.suite):
        raise CannotBuild(
            f"the mirror of this machine's apt carries no {release.suite} (needed for Asterisk {version}): "
            "set DISCADOR_TEST_DEBIAN_MIRROR to one that does, for an old release an archive mirror"
        )
    _say(f"building Asterisk {version} from Debian {release.suite}: about a minute, 500 MB, once")
    log = target.with_name(f"{target.name}.log")
    command = [
        "debootstrap",
        "--variant=minbase",
        "--include=asterisk,asterisk-core-sounds-en-gsm",
        release.suite,
        str(target),
        mirror,
        release.script,
    ]
    with (
        log.open("w") as sink,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run,
    ):
        assert run.stdout is not None
        for number, line in enumerate(run.stdout):
            sink.write(line)
            if number % 60 == 0:
                _say(f"  {line.strip()}")
    if run.returncode != 0:
        tail = "\n".join(log.read_text().splitlines()[-15:])
        log.unlink()
        raise CannotBuild(f"debootstrap {release.suite} failed with status {run.returncode}; its last lines:\n{tail}")
    log.unlink()
    for archive in (target / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    (target / INSTANCE.strip("/")).mkdir()
    _say(f"Asterisk {version} is built")


def debian_mirror() -> str:
    """The address of a Debian mirror: `DISCADOR_TEST_DEBIAN_MIRROR`, else the first one in the system's apt sources."""
    named = os.environ.get("DISCADOR_TEST_DEBIAN_MIRROR")
    if named:
        return named
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            for line in file.read_text().splitlines():
                found = re.match(r"\s*(?:deb\s+(?:\[[^]]*\]\s*)?|URIs:\s*)(https?://\S+/debian)/?(?:\s|$)", line)
                if found:
                    return found.group(1)
    raise CannotBuild("no Debian mirror in /etc/apt: set DISCADOR_TEST_DEBIAN_MIRROR to the address of one")


def _carries(mirror: str, suite: str) -> bool:
    try:
        request = urllib.request.Request(f"{mirror}/dists/{suite}/Release", method="HEAD")
        with urllib.request.urlopen(request, timeout=30):
            return True
    except urllib.error.HTTPError:
        return False
    except OSError as error:
        raise CannotBuild(
            f"the Debian mirror of this machine can't be reached ({error}): check network and proxy"
        ) from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
