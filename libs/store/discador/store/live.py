"""Queries about attempts that have not ended: a few among millions that have."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa

from discador.store.tables import attempt

S = TypeVar("S", bound=sa.Select[Any])


def by_live(query: S) -> S:
    """Return the query, which asks for `attempt.live = 1`, bound to the index of live attempts. Left to itself
    MariaDB's optimiser may walk the primary key instead until it has found as many as a LIMIT asks for."""
    return query.with_hint(attempt, "FORCE INDEX (attempt_live)", "mysql")
