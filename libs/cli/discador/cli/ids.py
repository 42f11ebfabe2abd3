"""Ids and numbers as words of the command line."""

from __future__ import annotations

from typing import Final

MAX_ID: Final = 2**63 - 1  # int64 of the contract
MAX_INT: Final = 2**31 - 1  # int32 of the contract


def id_of(word: str) -> int | None:
    """Return the id that a word is; None if it can only be a name."""
    is_number = word.isascii() and word.isdecimal() and len(word) <= 19
    return int(word) if is_number and int(word) <= MAX_ID else None
