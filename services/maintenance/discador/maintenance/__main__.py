"""Starts the maintenance service."""

from __future__ import annotations

from discador.maintenance.bootstrap import build
from discador.maintenance.settings import MaintenanceSettings
from discador.runtime.entry import main

if __name__ == "__main__":
    main("maintenance", MaintenanceSettings, build)
