"""Starts the master."""

from __future__ import annotations

from discador.master.bootstrap import build
from discador.master.settings import MasterSettings
from discador.runtime.entry import main

if __name__ == "__main__":
    main("master", MasterSettings, build)
