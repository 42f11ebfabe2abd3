"""A command line sets the log of its process; here that is the process of all tests."""

from __future__ import annotations

import pytest

from discador.runtime import log


@pytest.fixture(autouse=True)
def same_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("service", "threshold", "stream"):
        monkeypatch.setattr(log._output, name, getattr(log._output, name))
