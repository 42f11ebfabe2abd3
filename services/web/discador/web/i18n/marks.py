"""Marks texts for extraction that are translated only when they are shown."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Return the message itself."""
    return message
