"""Unique names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import sqlalchemy.exc

from discador.store.errors import NameTaken
from discador.store.lengths import require_name


@contextmanager
def take_name(noun: str, table: sa.Table, name: str) -> Iterator[None]:
    """Check a name and turn the refusal of its unique index into NameTaken; the statement must break no other one.

    Raises InvalidValue, NameTaken.
    """
    require_name(noun, table, name)
    try:
        yield
    except sa.exc.IntegrityError:
        raise NameTaken(noun, name) from None
