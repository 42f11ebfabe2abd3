"""Starts the worker."""

from __future__ import annotations

from discador.runtime.entry import main
from discador.worker.bootstrap import build
from discador.worker.settings import WorkerSettings

if __name__ == "__main__":
    main("worker", WorkerSettings, build)
