"""Which version of the master this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """Return the installed version; "source" where the package runs from its source tree."""
    try:
        return version("discador-master")
    except PackageNotFoundError:
        return "source"
