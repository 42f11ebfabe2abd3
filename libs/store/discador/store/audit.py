"""The audit log: entries are added in the transaction of the deed itself, never changed."""

from __future__ import annotations

import builtins
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from discador.core.identity.audit_chain import ORIGIN, Link, entry_hash, first_break
from discador.store.records import AuditEntry, AuditFilter, ChainState, Deed
from discador.store.tables import ONLY_ROW, audit, audit_head
from discador.store.transaction import Repository, Transaction, reads, writes
from discador.store.types import to_microseconds

_ENTRY: Final = tuple(audit.c[name] for name in AuditEntry.__dataclass_fields__)
_BATCH: Final = 1000


class Audit(Repository):
    """Who did what. The last thing that a transaction locks is the end of the chain, so deeds queue only there."""

    @writes
    def append(self, tx: Transaction, deed: Deed) -> AuditEntry:
        """Record a deed, together with it if its transaction is open. Texts are cut to their columns."""
        # Makes the row where there is none; locks it in any case.
        tx.upsert(audit_head, [{"id": ONLY_ROW, "no": 0, "hash": ORIGIN}])
        head = tx.execute(sa.select(audit_head.c.no, audit_head.c.hash).with_for_update()).one()
        content: dict[str, Any] = {name: _cut(name, value) for name, value in asdict(deed).items()}
        no, at = head.no + 1, tx.now()
        digest = entry_hash(head.hash, no, {**content, "at": to_microseconds(at)})
        entry = AuditEntry(no=no, at=at, hash=digest, **content)
        tx.execute(sa.insert(audit).values(**asdict(entry)))
        tx.execute(sa.update(audit_head).where(audit_head.c.id == ONLY_ROW).values(no=no, hash=digest))
        return entry

    @reads
    def list(
        self, tx: Transaction, limit: int = 100, before_no: int = 0, wanted: AuditFilter | None = None
    ) -> builtins.list[AuditEntry]:
        """Return entries, newest first, below `before_no` (0: from the newest)."""
        query = sa.select(*_ENTRY)
        if before_no:
            query = query.where(audit.c.no < before_no)
        if wanted is not None:
            for name in ("actor", "action", "object"):
                if value := getattr(wanted, name):
                    query = query.where(audit.c[name] == value)
            if wanted.since is not None:
                query = query.where(audit.c.at >= wanted.since)
            if wanted.until is not None:
                query = query.where(audit.c.at < wanted.until)
        return [AuditEntry(*row) for row in tx.execute(query.order_by(audit.c.no.desc()).limit(limit))]

    def verify(self) -> ChainState:
        """Walk the whole chain, in short transactions, up to where it ended when the walk began."""
        newest, end, last_hash = self._end()
        no, previous = 0, ORIGIN
        while no < end:
            links = self._links(no, min(end, no + _BATCH))
            if (broken := first_break(links, previous, no)) is not None:
                return ChainState(no, broken, last_hash)
            if len(links) < min(end - no, _BATCH):
                return ChainState(no + len(links), no + len(links) + 1, last_hash)
            no, previous = links[-1].no, links[-1].hash
        # Entries behind the noted end, or an end that is noted with another hash: the note was changed.
        broken_at = end + 1 if newest > end else end if previous != last_hash else 0
        return ChainState(no, broken_at, last_hash)

    @reads
    def _end(self, tx: Transaction) -> tuple[int, int, str]:
        # The entries first: what is added in between lies behind them.
        newest = tx.execute(sa.select(sa.func.max(audit.c.no))).scalar() or 0
        head = tx.execute(sa.select(audit_head.c.no, audit_head.c.hash)).one_or_none()
        return (newest, 0, ORIGIN) if head is None else (newest, head.no, head.hash)

    @reads
    def _links(self, tx: Transaction, after: int, until: int) -> builtins.list[Link]:
        rows = tx.execute(sa.select(*_ENTRY).where(audit.c.no > after, audit.c.no <= until).order_by(audit.c.no))
        return [_link(AuditEntry(*row)) for row in rows]


def _link(entry: AuditEntry) -> Link:
    content = asdict(entry)
    del content["no"], content["hash"]
    return Link(entry.no, {**content, "at": to_microseconds(entry.at)}, entry.hash)


def _cut(name: str, value: Any) -> Any:
    longest = getattr(audit.c[name].type, "length", None)
    return value[:longest] if isinstance(value, str) and longest else value
