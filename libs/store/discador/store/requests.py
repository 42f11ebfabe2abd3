"""Requests that may be repeated: the effect and the answer are committed together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from discador.store.errors import RequestIdReused
from discador.store.lengths import require_lengths
from discador.store.tables import request
from discador.store.transaction import Repository, Transaction, writes


class Requests(Repository):
    """Answers by request id."""

    @writes
    def once(
        self, tx: Transaction, request_id: str, method: str, fingerprint: bytes, work: Callable[[], bytes]
    ) -> bytes:
        """Return what `work` returns, or what it returned the first time for this `request_id`.

        `work` runs in this thread, and all operations of the store that it calls join this transaction. It may be run
        again after a deadlock, so it must do nothing else. If it raises, nothing is kept and a repetition runs it
        anew. Two at once: the second waits for the first. An empty `request_id` keeps no answer.

        Raises RequestIdReused: same id, but another method or fingerprint (a hash of the request, at most 64 bytes).
        InvalidValue: an id of more than 200 characters.
        """
        if not request_id:
            return work()
        key = {"request_id": request_id, "method": method, "fingerprint": fingerprint}
        require_lengths("request", request, key)
        first = tx.insert_many(
            request,
            [key | {"created_at": tx.now()}],
            ignore=True,
        )
        mine = request.c.request_id == request_id
        if not first:
            known = tx.execute(sa.select(request.c.method, request.c.fingerprint, request.c.response).where(mine)).one()
            if known.method != method or bytes(known.fingerprint) != fingerprint:
                raise RequestIdReused("this request id was used for a different request: use a new one")
            return bytes(known.response)
        response = work()
        tx.execute(sa.update(request).where(mine).values(response=response))
        return response

    @writes
    def forget(self, tx: Transaction, older_than_s: float, limit: int = 1000) -> int:
        """Delete up to `limit` answers older than that; return how many. Their ids are unknown from then on."""
        horizon = tx.now() - timedelta(seconds=older_than_s)
        old = sa.select(request.c.request_id).where(request.c.created_at < horizon).limit(limit)
        ids = tx.execute(old).scalars().all()
        return tx.execute(sa.delete(request).where(request.c.request_id.in_(ids))).rowcount if ids else 0
