"""Files that commands write: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from discador.cli.choices import UsageFailure


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that becomes `path` when the block ends well; a broken one never looks like a short one.

    Raises `UsageFailure` before the block if it cannot be written there.
    """
    partial = Path(f"{path}.partial")
    try:
        if path.is_dir():
            raise IsADirectoryError("it is a directory")
        target = partial.open("wb")
    except OSError as error:
        raise UsageFailure(f"{path} cannot be written: {error}", "file-not-writable") from error
    try:
        with target:
            yield target
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
