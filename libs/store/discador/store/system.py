"""The system's switch."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.records import System
from discador.store.tables import ONLY_ROW, system
from discador.store.transaction import Repository, Transaction, reads, writes

_ROW = sa.select(system.c.dialling, system.c.commanded_by, system.c.commanded_at, system.c.restart_generation).where(
    system.c.id == ONLY_ROW
)
_SHARED = _ROW.with_for_update(read=True)
_LOCKED = _ROW.with_for_update()


class SystemSwitch(Repository):
    """Whether anything may dial at all."""

    @reads
    def get(self, tx: Transaction) -> System:
        """Return the switch."""
        return System(*tx.execute(_ROW).one())

    @writes
    def set_dialling(self, tx: Transaction, on: bool, by: str) -> System:
        """Let campaigns dial, or none. Off holds from the commit on: the gate locks the same row."""
        tx.execute(_LOCKED)
        tx.execute(_change(dialling=on, commanded_by=by[:200], commanded_at=tx.now()))
        return System(*tx.execute(_ROW).one())

    @writes
    def raise_restart_generation(self, tx: Transaction, by: str) -> int:
        """Note that a restart of every service was commanded; return how many were so far."""
        generation: int = tx.execute(_LOCKED).one().restart_generation + 1
        tx.execute(_change(restart_generation=generation, commanded_by=by[:200], commanded_at=tx.now()))
        return generation


def share_switch(tx: Transaction) -> bool:
    """Return whether anything may dial, and let nobody change that until this transaction ends."""
    return bool(tx.execute(_SHARED).one().dialling)


def exclude_gates(tx: Transaction) -> None:
    """Wait for every gate in progress to end, and hold back new ones until this transaction ends."""
    tx.execute(_LOCKED)


def _change(**values: object) -> sa.Update:
    return sa.update(system).where(system.c.id == ONLY_ROW).values(**values)
