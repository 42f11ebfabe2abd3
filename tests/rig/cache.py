"""Where costly test material is kept between runs, and how several runs build it at once without harm."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def cache_directory() -> Path:
    """`DISCADOR_TEST_CACHE`, else ~/.cache/discador; created when missing."""
    path = Path(os.environ.get("DISCADOR_TEST_CACHE") or Path.home() / ".cache" / "discador")
    path.mkdir(parents=True, exist_ok=True)
    return path


def built(name: str, build: Callable[[Path], None], *, within: float = 1_800.0) -> Path:
    """The cached directory `name`; built first by `build(temporary_directory)` when it is missing.

    Atomic: the directory appears complete or not at all. Of several processes one builds, the others wait at most
    `within` seconds.
    """
    target = cache_directory() / name
    if target.is_dir():
        return target
    with _lock(target.with_name(f".{name}.lock"), within):
        if not target.is_dir():
            temporary = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=target.parent))
            try:
                # mkdtemp gives 0700, which a server that drops root could not enter.
                temporary.chmod(0o755)
                build(temporary)
                temporary.rename(target)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
    return target


@contextlib.contextmanager
def _lock(path: Path, within: float) -> Iterator[None]:
    """Hold `path` by O_EXCL; a lock whose process has died is taken over."""
    deadline = time.monotonic() + within
    while True:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if _abandoned(path):
                path.unlink(missing_ok=True)
            elif time.monotonic() > deadline:
                raise TimeoutError(
                    f"{path} is held by another run for over {within:.0f} s: end it, or remove the file"
                ) from None
            else:
                time.sleep(0.5)
    try:
        os.write(descriptor, str(os.getpid()).encode())
        os.close(descriptor)
        yield
    finally:
        path.unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    try:
        text, age = path.read_text(), time.time() - path.stat().st_mtime
    except OSError:
        return False
    if not text:  # between its creation and its writing
        return age > 10
    try:
        os.kill(int(text), 0)
    except ProcessLookupError:
        return True
    return False
