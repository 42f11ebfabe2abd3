"""Texts that are too long: refused by us, since SQLite would keep them whole and INSERT IGNORE would cut them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from discador.store.errors import InvalidValue


def require_lengths(noun: str, table: sa.Table, values: Mapping[str, object]) -> None:
    """Check that the columns of `table` can hold the texts and bytes in `values`.

    Raises:
        InvalidValue: <noun>-invalid, naming the column, not the value.
    """
    for name, value in values.items():
        limit = getattr(table.c[name].type, "length", None)
        if limit is not None and isinstance(value, str | bytes) and len(value) > limit:
            raise InvalidValue(noun, f"{name.replace('_', ' ')} has at most {limit} characters")


def require_name(noun: str, table: sa.Table, name: str) -> None:
    """Check a name: not empty, and not too long for its column. Raises InvalidValue."""
    if not name:
        raise InvalidValue(noun, "the name must not be empty")
    require_lengths(noun, table, {"name": name})
