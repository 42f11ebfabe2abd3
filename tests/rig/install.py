"""Install what the real-server tests need: `python -m tests.rig.install` (root, Debian or Ubuntu).

Servers come from the system's own packages and are not started as services; both versions of Asterisk are built into
chroots in the cache. Running it again does only what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.rig.cache import cache_directory
from tests.rig.chroot import RELEASES, CannotBuild, asterisk_root

#: Debian package → a program of it, by which we see that it is there.
PACKAGES = {
    "mariadb-server": "mariadbd",
    "redis-server": "redis-server",
    "sip-tester": "sipp",
    "debootstrap": "debootstrap",
    "chromium": "chromium",
}


class CannotInstall(RuntimeError):
    """Something is missing that can't be installed here; the text says what to do."""


def missing_packages() -> list[str]:
    """Packages of which no program is found."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return [package for package, program in PACKAGES.items() if shutil.which(program, path=path) is None]


def install() -> None:
    """Install and build what is missing; CannotInstall or CannotBuild when that is impossible."""
    missing = missing_packages()
    unbuilt = [version for version in RELEASES if not (cache_directory() / f"asterisk-{version}").is_dir()]
    if not missing and not unbuilt:
        return
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        wanted = ", ".join([*missing, *(f"Asterisk {version}" for version in unbuilt)])
        raise CannotInstall(f"missing: {wanted}; run `python -m tests.rig.install` as root on Debian or Ubuntu")
    if missing:
        _apt_get(missing)
    for version in unbuilt:
        asterisk_root(version)


def _apt_get(packages: list[str]) -> None:
    if shutil.which("apt-get") is None:
        raise CannotInstall(f"no apt-get on this machine: install {', '.join(packages)} by its own package manager")
    print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
    # A policy of our own keeps the packages from starting their servers on the default ports.
    policy = "/usr/sbin/policy-rc.d"
    ours = not os.path.exists(policy)
    if ours:
        with open(policy, "w") as script:
            script.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
            done = subprocess.run(["apt-get", *command], env=environment, stdout=sys.stderr, check=False)
            if done.returncode != 0 and command[0] == "install":
                raise CannotInstall(f"apt-get install failed ({done.returncode}): see above; check network and sources")
    finally:
        if ours:
            os.unlink(policy)


def main() -> int:
    try:
        install()
    except (CannotInstall, CannotBuild) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"real servers are ready; cache: {cache_directory()}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
