"""The do-not-call list. An entry holds from its commit on, also for attempts that are queued already."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from discador.store.errors import NotFound
from discador.store.lengths import require_lengths
from discador.store.records import DncEntry
from discador.store.system import exclude_gates
from discador.store.tables import dnc
from discador.store.transaction import Repository, Transaction, reads, writes

_ENTRY = tuple(dnc.c[name] for name in DncEntry.__dataclass_fields__)
_CHUNK = 2000
_WHICH = sa.select(dnc.c.number).where(dnc.c.number.in_(sa.bindparam("numbers", expanding=True)))


class Dnc(Repository):
    """The list of numbers that are never dialled."""

    @writes
    def add(self, tx: Transaction, number: str, reason: str, source: str) -> tuple[DncEntry, bool]:
        """Add a number; return its entry and whether it is new (an old entry stays as it is). Raises InvalidValue."""
        created = _add(tx, [number], reason, source) == 1
        entry = _find(tx, number)
        if entry is None:
            raise NotFound("dnc-entry", "just added")  # somebody removed an old entry in the same moment
        return entry, created

    @writes
    def add_many(self, tx: Transaction, numbers: Sequence[str], reason: str, source: str) -> tuple[int, int]:
        """Add numbers, all or none; return how many were added and how many were known already."""
        added = sum(_add(tx, chunk, reason, source) for chunk in _chunks(sorted(set(numbers))))
        return added, len(numbers) - added

    @writes
    def remove(self, tx: Transaction, number: str) -> bool:
        """Remove a number; return whether it was there."""
        return tx.execute(sa.delete(dnc).where(dnc.c.number == number)).rowcount > 0

    @reads
    def get(self, tx: Transaction, number: str) -> DncEntry:
        """Return the entry of a number. Raises NotFound (dnc-entry-not-found)."""
        entry = _find(tx, number)
        if entry is None:
            raise NotFound("dnc-entry", "of this number")
        return entry

    @reads
    def list(self, tx: Transaction, limit: int, after_id: int = 0) -> builtins.list[DncEntry]:
        """Return entries as they were added; `after_id` is the last one's of the page before."""
        query = sa.select(*_ENTRY).where(dnc.c.id > after_id).order_by(dnc.c.id).limit(limit)
        return [DncEntry(*row) for row in tx.execute(query)]

    @reads
    def which(self, tx: Transaction, numbers: Iterable[str]) -> set[str]:
        """Return those of the numbers that are on the list."""
        return which_of(tx, numbers)


def which_of(tx: Transaction, numbers: Iterable[str]) -> set[str]:
    """Return those of the numbers that are on the list, as it is at this statement."""
    found: set[str] = set()
    for chunk in _chunks(sorted(set(numbers))):
        found.update(tx.execute(_WHICH, {"numbers": chunk}).scalars())
    return found


def _add(tx: Transaction, numbers: Sequence[str], reason: str, source: str) -> int:
    for number in numbers:
        require_lengths("dnc-entry", dnc, {"number": number})
    # A gate that has read the list without these numbers is let finish; later ones will see them.
    exclude_gates(tx)
    now = tx.now()
    rows = [{"number": n, "reason": reason[:255], "source": source[:40], "created_at": now} for n in numbers]
    return tx.insert_many(dnc, rows, ignore=True)


def _find(tx: Transaction, number: str) -> DncEntry | None:
    row = tx.execute(sa.select(*_ENTRY).where(dnc.c.number == number)).one_or_none()
    return None if row is None else DncEntry(*row)


def _chunks(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(numbers), _CHUNK):
        yield numbers[start : start + _CHUNK]
