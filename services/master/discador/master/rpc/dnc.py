# ruff: noqa: N802 - methods bear the names that the contract gives them
"""DncService."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from discador.core.errors import InvalidNumber
from discador.core.numbering import normalise
from discador.master import pages
from discador.master.convert.dnc import dnc_to_wire
from discador.master.database import Database
from discador.master.texts import fault_in
from discador.master.violations import Violations
from discador.store.errors import NotFound
from discador.v1 import dnc_pb2 as wire
from discador.v1 import dnc_pb2_grpc

_MAX_NUMBERS: Final = 10_000
_MAX_REASON: Final = 200
_MAX_SOURCE: Final = 40


class DncServicer(dnc_pb2_grpc.DncServiceServicer):
    """Keeps the do-not-call list. The gate reads it under lock, so an entry holds from its commit on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = database.store

    async def CreateDncEntry(self, request: wire.CreateDncEntryRequest, context: Any) -> wire.DncEntry:
        def work() -> wire.DncEntry:
            entry = request.entry
            _check_texts(entry.reason, entry.source, "entry.")
            number = normalise(entry.number).e164
            kept, _ = self._store.dnc.add(number, entry.reason, entry.source or "manual")
            return dnc_to_wire(kept)

        return await self._database.once(request, wire.DncEntry, work)

    async def DeleteDncEntry(self, request: wire.DeleteDncEntryRequest, context: Any) -> Empty:
        def work() -> Empty:
            if not self._store.dnc.remove(normalise(request.number).e164):
                raise NotFound("dnc-entry", "of this number")
            return Empty()

        return await self._database.once(request, Empty, work)

    async def GetDncEntry(self, request: wire.GetDncEntryRequest, context: Any) -> wire.DncEntry:
        def work() -> wire.DncEntry:
            return dnc_to_wire(self._store.dnc.get(normalise(request.number).e164))

        return await self._database.run(work)

    async def ListDncEntries(self, request: wire.ListDncEntriesRequest, context: Any) -> wire.ListDncEntriesResponse:
        def work() -> wire.ListDncEntriesResponse:
            size = pages.page_size(request.page_size)
            after = pages.decode(request.page_token, int, "dnc") or 0
            found = self._store.dnc.list(size + 1, after_id=after)
            return wire.ListDncEntriesResponse(
                entries=[dnc_to_wire(entry) for entry in found[:size]],
                next_page_token=pages.next_token(found, size, lambda entry: entry.id, "dnc"),
            )

        return await self._database.run(work)

    async def ImportDncEntries(
        self, request: wire.ImportDncEntriesRequest, context: Any
    ) -> wire.ImportDncEntriesResponse:
        def work() -> wire.ImportDncEntriesResponse:
            found = Violations()
            few = 1 <= len(request.numbers) <= _MAX_NUMBERS
            found.check(few, "numbers", f"must hold between 1 and {_MAX_NUMBERS} numbers")
            found.raise_if_any("dnc-invalid")
            _check_texts(request.reason, request.source, "")
            numbers: dict[str, None] = {}
            refused: dict[int, str] = {}
            for position, text in enumerate(request.numbers):
                try:
                    numbers[normalise(text).e164] = None
                except InvalidNumber as error:
                    refused[position] = error.reason
            added, known = self._store.dnc.add_many(list(numbers), request.reason, request.source or "import")
            twice = len(request.numbers) - len(refused) - len(numbers)
            return wire.ImportDncEntriesResponse(added=added, known=known + twice, refused=refused)

        return await self._database.once(request, wire.ImportDncEntriesResponse, work)


def _check_texts(reason: str, source: str, prefix: str) -> None:
    found = Violations()
    found.add(f"{prefix}reason", fault_in(reason, _MAX_REASON))
    found.add(f"{prefix}source", fault_in(source, _MAX_SOURCE))
    found.raise_if_any("dnc-invalid")
