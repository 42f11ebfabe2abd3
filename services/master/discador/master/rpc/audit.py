# ruff: noqa: N802 - methods bear the names that the contract gives them
"""AuditService: the audit log, to be read and verified."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty

from discador.master import pages
from discador.master.convert.identity import entry_to_wire
from discador.master.database import Database
from discador.store.records import AuditFilter, Deed
from discador.v1 import audit_pb2 as wire
from discador.v1 import audit_pb2_grpc


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """Shows the log; what other servicers do is recorded by `Database.once`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = database.store

    async def ListAudit(self, request: wire.ListAuditRequest, context: Any) -> wire.ListAuditResponse:
        size = pages.page_size(request.page_size)
        wanted = AuditFilter(
            request.actor, request.action, request.object, _moment(request, "since"), _moment(request, "until")
        )
        before = pages.decode(request.page_token, int, "audit", wanted) or 0
        found = await self._database.run(self._store.audit.list, size + 1, before, wanted)
        return wire.ListAuditResponse(
            entries=[entry_to_wire(entry) for entry in found[:size]],
            next_page_token=pages.next_token(found, size, lambda entry: entry.no, "audit", wanted),
        )

    async def VerifyAudit(self, request: wire.VerifyAuditRequest, context: Any) -> wire.VerifyAuditResponse:
        state = await self._database.run(self._store.audit.verify)
        return wire.VerifyAuditResponse(
            intact=not state.broken_at,
            entries=state.entries,
            broken_at=state.broken_at,
            last_hash=state.last_hash,
        )

    async def RecordAudit(self, request: wire.RecordAuditRequest, context: Any) -> Empty:
        deed = Deed(
            actor=request.actor,
            user_id=request.user_id,
            address=request.address,
            action=request.action,
            object=request.object,
            reason=request.reason,
        )
        await self._database.run(self._store.audit.append, deed)
        return Empty()


def _moment(request: Any, field: str) -> datetime | None:
    return getattr(request, field).ToDatetime(tzinfo=UTC) if request.HasField(field) else None
