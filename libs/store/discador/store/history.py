"""The histories of attempts: `call_event`."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from discador.store.tables import call_event
from discador.store.transaction import Transaction
from discador.store.types import to_microseconds

#: Attempt, its source's sequence number, kind, time, detail.
Entry = tuple[uuid.UUID, int | None, str, datetime, str]

#: Sources number their events by microseconds since 1970, too; ours begin where theirs never come.
_OWN = 1 << 62

_NOTED = sa.select(call_event.c.attempt_id, call_event.c.seq).where(
    call_event.c.attempt_id.in_(sa.bindparam("ids", expanding=True))
)


def note(tx: Transaction, entries: Sequence[Entry], now: datetime) -> None:
    """Add to the histories. An entry without a number gets one from the clock: far beyond those of any source, which
    so never lose an event of theirs to one of ours. The attempts must be locked."""
    if not entries:
        return
    own: Counter[uuid.UUID] = Counter()
    rows = []
    for attempt_id, seq, kind, at, detail in entries:
        if seq is None:
            seq = _OWN + to_microseconds(now) + own[attempt_id]
            own[attempt_id] += 1
        rows.append({"attempt_id": attempt_id, "seq": seq, "kind": kind[:40], "at": at, "detail": detail[:255]})
    tx.insert_many(call_event, rows, ignore=True)


def noted(tx: Transaction, attempt_ids: Iterable[uuid.UUID]) -> set[tuple[uuid.UUID, int]]:
    """Return which events of these attempts are known already."""
    ids = sorted(set(attempt_ids))
    if not ids:
        return set()
    return {(row.attempt_id, row.seq) for row in tx.execute(_NOTED, {"ids": ids})}
