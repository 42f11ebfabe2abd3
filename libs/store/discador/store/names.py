"""Unique names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import sqlalchemy.exc

from discador.store.errors import NameTaken


@contextmanager
def take_name(noun: str, name: str) -> Iterator[None]:
    """Turn the refusal of a unique index on the name into NameTaken; the statement must break no other one."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise NameTaken(noun, name) from None
