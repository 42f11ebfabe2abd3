"""The gateway of one node: its parts put together, and what they do as one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from discador.runtime.errors import Unavailable
from discador.runtime.log import get_logger
from discador.v1 import gateway_pb2 as wire
from discador.v1.node_pb2 import AMI_STATE_UP, AmiState

from . import actions, translate
from .calls import CallBook, Phase
from .cdr import CallRecords
from .connection import PING_DEADLINE_S, PING_EVERY_S, REFUSED_RETRY_S, Connection
from .errors import GatewayError
from .link import AmiLink
from .lookup import Lookup
from .node_session import NodeSession
from .originate import ANSWER_S, Originator
from .ownership import Ownership
from .publisher import Publisher

_HOUSEKEEPING_S: Final = 2.0


class Gateway:
    """One Asterisk, one process. `connection`, `publisher.run` and the loop itself run under the supervisor."""

    name = "housekeeping"
    interval = _HOUSEKEEPING_S

    def __init__(
        self,
        node: str,
        gateway_id: str,
        *,
        ami: tuple[str, int, str, str],
        publisher: Publisher,
        cdr_csv: Path | None = None,
        max_in_flight: int = 500,
        strict: bool = False,
        answer_s: float = ANSWER_S,
        ping_every_s: float = PING_EVERY_S,
        ping_deadline_s: float = PING_DEADLINE_S,
        refused_retry_s: float = REFUSED_RETRY_S,
    ) -> None:
        host, port, username, secret = ami
        self.node = node
        self.gateway_id = gateway_id
        self.publisher = publisher
        self.ownership: Ownership | None = None
        self.started_at = time.time()
        self.book = CallBook(publisher.emit, time.time)
        self.session = NodeSession(self.book, publisher.emit)
        self.connection = Connection(
            host,
            port,
            username,
            secret,
            on_fact=self.session.take,
            on_session=self._begin,
            on_down=self.session.say_down,
            ping_every_s=ping_every_s,
            ping_deadline_s=ping_deadline_s,
            refused_retry_s=refused_retry_s,
        )
        self.records = CallRecords(cdr_csv) if cdr_csv else None
        self.lookup = Lookup(
            self.book,
            self.session,
            self.records,
            link=self._link,
            up_since=lambda: self.connection.up_since,
            owner_since=self._owner_since,
            clock_offset_s=lambda: self.connection.clock_offset_s,
        )
        self.originator = Originator(
            self.book,
            link=self._link,
            why_not=self._why_not,
            clock_offset_s=lambda: self.connection.clock_offset_s,
            refusing=lambda: None if self._owned() else "standby: another gateway owns this node",
            events_full=lambda: publisher.full,
            max_in_flight=max_in_flight,
            strict=strict,
            answer_s=answer_s,
        )
        self._log = get_logger("gateway").bind(node=node)

    # -- what the RPCs need ------------------------------------------------------------------------------------------

    async def hang_up(self, attempt_ids: Sequence[str], cause: int) -> list[str]:
        """Hang up and return the attempts for which a live channel was found. Raises `Unavailable`."""
        link = self._must_link()
        answers = {one: self._hang_up(link, one, cause) for one in attempt_ids if translate.is_attempt_id(one)}
        waiting = [answer for answers_of_one in answers.values() for answer in answers_of_one]
        if waiting:
            await asyncio.wait(waiting, timeout=ANSWER_S)
        return [one for one, answers_of_one in answers.items() if any(map(_succeeded, answers_of_one))]

    async def snapshot(self) -> wire.SnapshotResponse:
        """Return what is alive now, asked of Asterisk. Raises `Unavailable`."""
        try:
            await self.session.list_channels(self._must_link())
        except GatewayError as error:
            raise Unavailable(f"Asterisk can't be asked: {error}", error_id=error.error_id) from None
        return wire.SnapshotResponse(calls=self.book.live_calls(), boot_id=self.book.boot_id)

    def status(self) -> wire.GatewayStatus:
        """How it stands with Asterisk."""
        return wire.GatewayStatus(
            node=self.node,
            ami_state=self.connection.state,
            ami_detail=self._detail(),
            boot_id=self.book.boot_id,
            gateway_id=self.gateway_id,
            asterisk_version=self.session.version,
            live_calls=self.book.live,
            events_buffered=self.publisher.buffered,
            clock_offset_us=round(self.connection.clock_offset_s * 1_000_000),
        )

    # -- what the process needs --------------------------------------------------------------------------------------

    async def run_once(self) -> None:
        """Forget what is old, keep up with the call records, and settle Originates that came to nothing."""
        self.book.prune()
        await self.lookup.follow_records()
        await self.lookup.settle_failures()

    async def owned_changed(self, owned: bool) -> None:
        """Go on standby, or take the node over: then the readers of the stream must know what is alive."""
        self.publisher.enabled = owned
        link = self._link()
        if owned and link is not None:
            try:
                await self.session.list_channels(link)
            except GatewayError as error:
                self._log.warning("gateway.take_over_unlisted", error_id=error.error_id)
            else:
                self.session.say_up()

    async def close(self) -> None:
        """Let files go; the connection ends with its task."""
        if self.records is not None:
            self.records.close()

    def presence(self) -> dict[str, Any]:
        """Figures for the screen."""
        status = self.status()
        return {
            "node": status.node,
            "ami_state": AmiState.Name(status.ami_state),
            "ami_detail": status.ami_detail,
            "boot_id": status.boot_id,
            "asterisk_version": status.asterisk_version,
            "live_calls": status.live_calls,
            "events_buffered": status.events_buffered,
            "events_dropped": self.publisher.dropped,
            "clock_offset_us": status.clock_offset_us,
            "owned": self._owned(),
        }

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _begin(self, link: AmiLink, uptime_s: int) -> None:
        await self.session.begin(link, uptime_s)
        await self.session.see_fence(link, self.connection.explain)
        await self.connection.set_filter(link)
        # Last, so that what was missed in between is in the list.
        await self.session.list_channels(link)
        self.session.say_up()

    def _link(self) -> AmiLink | None:
        return self.connection.link

    def _must_link(self) -> AmiLink:
        link = self._link()
        if link is None:
            raise Unavailable(f"not connected to Asterisk: {self._detail()}", error_id="ami-down")
        return link

    def _hang_up(self, link: AmiLink, attempt_id: str, cause: int) -> list[asyncio.Future[translate.Received]]:
        """After the answer only the channel to the trunk is left; before it, the guard's leg ends the dialling."""
        call = self.book.get(attempt_id)
        leg = call.leg if call is not None else ""
        answered = call is not None and call.phase is Phase.ANSWERED
        targets = [leg] if answered and leg else [attempt_id, *([leg] if leg else [])]
        return [link.send(actions.hangup(one, cause)) for one in targets]

    def _owned(self) -> bool:
        return self.ownership is None or self.ownership.owned

    def _owner_since(self) -> float | None:
        if self.ownership is None:
            return self.started_at
        return self.ownership.owned_since if self.ownership.owned else None

    def _why_not(self) -> str:
        return f"ami-down: {self._detail() or 'Asterisk does not answer'}"

    def _detail(self) -> str:
        if not self._owned():
            return "standby: another gateway owns this node"
        if self.connection.state == AMI_STATE_UP and self.connection.link is None:
            return "Asterisk does not answer a ping"
        return self.connection.detail or self.lookup.records_fault


def _succeeded(answer: asyncio.Future[translate.Received]) -> bool:
    return answer.done() and answer.exception() is None and translate.succeeded(answer.result())
