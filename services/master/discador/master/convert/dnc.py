"""Do-not-call entries on the wire."""

from __future__ import annotations

from discador.master.convert.stamps import stamp
from discador.store.records import DncEntry
from discador.v1 import dnc_pb2


def dnc_to_wire(entry: DncEntry) -> dnc_pb2.DncEntry:
    """Return the entry."""
    return dnc_pb2.DncEntry(
        number=entry.number, reason=entry.reason, source=entry.source, created_at=stamp(entry.created_at)
    )
