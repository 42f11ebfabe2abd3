"""Run `buf lint` over protos/. buf comes from npm, pinned here; google/api from the installed Python package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from google.api import annotations_pb2

ROOT = Path(__file__).resolve().parent.parent
BUF = "@bufbuild/buf@1.75.0"
IMPORTED = ("annotations.proto", "http.proto", "httpbody.proto")


def main() -> int:
    """Return buf's exit code; 1 with a remedy where npm is missing."""
    npm = shutil.which("npm")
    if npm is None:
        print(
            "npm is missing, and buf comes from there: install Node.js (Debian: apt-get install npm)", file=sys.stderr
        )
        return 1
    source = Path(str(annotations_pb2.__file__)).parent
    target = ROOT / "build" / "googleapis" / "google" / "api"
    target.mkdir(parents=True, exist_ok=True)
    for name in IMPORTED:
        shutil.copy(source / name, target / name)
    tools = ROOT / "build" / "buf"
    buf = tools / "node_modules" / ".bin" / ("buf.cmd" if os.name == "nt" else "buf")
    if not buf.exists():
        tools.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([npm, "install", "--prefix", str(tools), *quiet, BUF], check=True)
    return subprocess.run([str(buf), "lint"], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
