# ruff: noqa: N802 - methods bear the names that the contract gives them
"""TrunkService."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from discador.core.attempt import State
from discador.master import masks, pages
from discador.master.convert.trunks import trunk_to_wire
from discador.master.database import Database
from discador.master.texts import MAX_NAME, fault_in
from discador.master.violations import Violations
from discador.master.wake import Wake
from discador.store.records import Trunk
from discador.v1 import trunk_pb2 as wire
from discador.v1 import trunk_pb2_grpc

#: Technology and resource. No character that AMI or the dialplan reads as syntax: line ends, comma, bar, ampersand,
#: brackets, $, blanks.
_DIAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_.:@/+*#=-]*\{number\}[A-Za-z0-9_.:@/+*#=;-]*", re.ASCII)
_CALLER_ID: Final = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
NUMBER_FORMATS: Final = ("e164", "e164_without_plus", "national")
_WRITABLE: Final = frozenset(
    {
        "name",
        "node_id",
        "dial",
        "number_format",
        "max_channels",
        "max_calls_per_second",
        "caller_id",
        "hide_attempt_header",
        "disabled",
    }
)


def checked(trunk: wire.Trunk) -> dict[str, Any]:
    """Return the columns of the trunk. Raises `InvalidInput` with all faults (`trunk-invalid`)."""
    found = Violations()
    found.add("trunk.name", fault_in(trunk.name, MAX_NAME, required=True))
    found.check(
        len(trunk.dial) <= 200 and _DIAL.fullmatch(trunk.dial) is not None,
        "trunk.dial",
        "must be technology/resource with {number} in it once, for example PJSIP/{number}@carrier, "
        "and without blanks, commas, bars, ampersands or brackets",
    )
    number_format = trunk.number_format or NUMBER_FORMATS[0]
    found.check(number_format in NUMBER_FORMATS, "trunk.number_format", f"must be one of {', '.join(NUMBER_FORMATS)}")
    found.check(1 <= trunk.max_channels <= 10_000, "trunk.max_channels", "must be between 1 and 10000")
    rate = trunk.max_calls_per_second
    found.check(
        math.isfinite(rate) and 0.01 <= rate <= 1_000,
        "trunk.max_calls_per_second",
        "must be between 0.01 and 1000",
    )
    found.check(
        not trunk.caller_id or _CALLER_ID.fullmatch(trunk.caller_id) is not None,
        "trunk.caller_id",
        "must be digits, with a leading + if you like, 20 at most",
    )
    found.check(trunk.node_id > 0, "trunk.node_id", "must be the id of a node")
    found.raise_if_any("trunk-invalid")
    return {
        "name": trunk.name,
        "node_id": trunk.node_id,
        "dial": trunk.dial,
        "number_format": number_format,
        "max_channels": trunk.max_channels,
        "max_calls_per_second": rate,
        "caller_id": trunk.caller_id,
        "hide_attempt_header": trunk.hide_attempt_header,
        "disabled": trunk.disabled,
    }


class TrunkServicer(trunk_pb2_grpc.TrunkServiceServicer):
    """Keeps the list of trunks."""

    def __init__(self, database: Database, wake: Wake) -> None:
        self._database = database
        self._store = database.store
        self._wake = wake

    async def CreateTrunk(self, request: wire.CreateTrunkRequest, context: Any) -> wire.Trunk:
        def work() -> wire.Trunk:
            columns = checked(request.trunk)
            return trunk_to_wire(self._store.trunks.create(**columns), 0)

        message = await self._database.once(request, wire.Trunk, work)
        await self._wake.send()
        return message

    async def GetTrunk(self, request: wire.GetTrunkRequest, context: Any) -> wire.Trunk:
        return await self._database.run(lambda: self._shown(self._store.trunks.get(request.id)))

    async def ListTrunks(self, request: wire.ListTrunksRequest, context: Any) -> wire.ListTrunksResponse:
        def work() -> wire.ListTrunksResponse:
            size = pages.page_size(request.page_size)
            after = pages.decode(request.page_token, int, "trunks") or 0
            found = self._store.trunks.list(size + 1, after)
            live = self._live()
            return wire.ListTrunksResponse(
                trunks=[trunk_to_wire(trunk, live[trunk.id]) for trunk in found[:size]],
                next_page_token=pages.next_token(found, size, lambda t: t.id, "trunks"),
            )

        return await self._database.run(work)

    async def UpdateTrunk(self, request: wire.UpdateTrunkRequest, context: Any) -> wire.Trunk:
        def work() -> wire.Trunk:
            current = self._store.trunks.get(request.trunk.id)
            changed = masks.merged(trunk_to_wire(current, 0), request.trunk, request.update_mask, _WRITABLE)
            columns = checked(changed)
            return self._shown(self._store.trunks.update(current.id, **columns))

        message = await self._database.once(request, wire.Trunk, work)
        await self._wake.send()
        return message

    async def DeleteTrunk(self, request: wire.DeleteTrunkRequest, context: Any) -> Empty:
        def work() -> Empty:
            self._store.trunks.delete(request.id)
            return Empty()

        return await self._database.once(request, Empty, work)

    def _shown(self, trunk: Trunk) -> wire.Trunk:
        return trunk_to_wire(trunk, self._live()[trunk.id])

    def _live(self) -> Counter[int]:
        """Attempts beyond the gate, by trunk: those that may hold a channel."""
        live: Counter[int] = Counter()
        for count in self._store.attempts.live_counts():
            if count.state is not State.QUEUED:
                live[count.trunk_id] += count.count
        return live
