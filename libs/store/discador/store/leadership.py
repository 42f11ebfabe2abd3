"""Which master leads: the fence that Redis cannot give."""

from __future__ import annotations

import sqlalchemy as sa

from discador.store.errors import StaleLeader
from discador.store.records import Leader
from discador.store.tables import ONLY_ROW, leader
from discador.store.transaction import Repository, Transaction, reads, writes

_ROW = sa.select(leader.c.epoch, leader.c.holder, leader.c.taken_at).where(leader.c.id == ONLY_ROW)
_SHARED = _ROW.with_for_update(read=True)
_LOCKED = _ROW.with_for_update()


class Leadership(Repository):
    """The leader's row. Whoever takes over raises the epoch, and from that commit on the old epoch reserves nothing."""

    @writes
    def take(self, tx: Transaction, holder: str) -> int:
        """Make `holder` the leader and return its epoch. Ask the lease in Redis first: nothing here refuses."""
        epoch: int = tx.execute(_LOCKED).one().epoch + 1
        tx.execute(
            sa.update(leader).where(leader.c.id == ONLY_ROW).values(epoch=epoch, holder=holder[:200], taken_at=tx.now())
        )
        return epoch

    @reads
    def current(self, tx: Transaction) -> Leader:
        """Return who leads."""
        return Leader(*tx.execute(_ROW).one())


def require_epoch(tx: Transaction, epoch: int, *, alone: bool) -> None:
    """Lock the leader's row and go on only if `epoch` is its own.

    `alone` excludes other fenced transactions too, so that what they count is exact; else only a take-over waits.

    Raises:
        StaleLeader: another master has taken over.
    """
    current: int = tx.execute(_LOCKED if alone else _SHARED).one().epoch
    if current != epoch:
        raise StaleLeader(epoch, current)
