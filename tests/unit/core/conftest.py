"""Hypothesis for the core: as many examples as usual, and no deadline, since machines differ in speed."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", deadline=None)
settings.load_profile("core")
