"""One AMI connection: bytes in, messages out, in the order of the bytes.

Stands in for panoramisk 1.4's `AMIProtocol`, whose faults cannot be guarded from outside, behind the same
calls (`send` returns a future, events go to one callback); panoramisk still renders actions and parses answers.
What differs, and is promised here:

* nothing is ever sent again: an action without an answer fails with `LinkLost` when the connection ends;
* an event always reaches the event callback, also one whose ActionID is that of a pending action;
* a list of answers is known by `EventList: start` and its `Complete`, never guessed from texts;
* control characters are refused in every header, so no value can become a second action;
* bytes are decoded by whole messages, so no character is lost at the border of two segments;
* callbacks run synchronously in the order of arrival; pending actions and unsent bytes can be counted.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from panoramisk.actions import Action
from panoramisk.message import Message

from .errors import ActionFailed, HeaderRefused, LinkLost, NoAnswer, WrongPeer
from .event_text import headers_of

Header = str | int | Sequence[str]
Received = Mapping[str, Any]  # ask for names in lower case; a repeated header is a list

_GREETING: Final = b"Asterisk Call Manager/"
_END: Final = b"\r\n\r\n"
_EVENT: Final = b"Event: "
_LONGEST_MESSAGE: Final = 1 << 20
_LONGEST_LINE: Final = 1000  # Asterisk's manager reads lines into a buffer of 1025 bytes and drops longer ones
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class AmiLink(asyncio.Protocol):
    """A connection that has been made. `on_event` sees every wanted event, `on_unwanted` the name of any other.

    `wanted` holds the names of the events worth parsing; None means all. After the end `lost` is set and
    `loss` says why.
    """

    def __init__(
        self,
        on_event: Callable[[Received], None],
        *,
        wanted: frozenset[bytes] | None = None,
        on_unwanted: Callable[[bytes], None] | None = None,
    ) -> None:
        self.lost = asyncio.Event()
        self.loss: Exception | None = None
        self.greeted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._on_event = on_event
        self._on_unwanted = on_unwanted
        self._wanted = wanted
        self._transport: asyncio.Transport | None = None
        self._partial = b""
        self._pending: dict[str, _Pending] = {}
        self._ids = itertools.count(1)
        self.paused = False

    # -- what a caller uses ------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Actions written that Asterisk has not answered."""
        return len(self._pending)

    @property
    def unsent_bytes(self) -> int:
        """What the peer has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, headers: Mapping[str, Header]) -> asyncio.Future[Received]:
        """Write an action now; the future gets Asterisk's response, or `LinkLost`.

        Raises `HeaderRefused`, `LinkLost`; then nothing was written. The future stays registered when its waiter
        gives up, so that a late response is still seen.
        """
        return self._write(headers).answer

    async def ask(self, headers: Mapping[str, Header], within_s: float = 5.0) -> Received:
        """Send an action and return its response.

        Raises `ActionFailed` when Asterisk says no, `NoAnswer` after `within_s`, and what `send` raises.
        """
        answer = await self._awaited(self._write(headers).answer, within_s)
        if answer.get("response") not in Message.success_responses:
            raise ActionFailed(str(answer.get("message") or "no reason given"))
        return answer

    async def ask_list(self, headers: Mapping[str, Header], within_s: float = 10.0) -> list[Received]:
        """Send an action that is answered by a list; return its items. Raises as `ask`."""
        pending = self._write(headers)
        pending.items = []
        answer = await self._awaited(pending.answer, within_s)
        if answer.get("response") not in Message.success_responses:
            raise ActionFailed(str(answer.get("message") or "no reason given"))
        return pending.items

    def abort(self, reason: str) -> None:
        """End the connection at once; what the kernel has not delivered yet is thrown away, not sent late."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.loss = self.loss or LinkLost(reason)
        peer = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()

    # -- what asyncio calls ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._partial + data
        if not self.greeted.done():
            greeting, found, rest = buffer.partition(b"\r\n")
            if not found and len(buffer) < 200:
                self._partial = buffer
                return
            if not greeting.startswith(_GREETING):
                self.loss = WrongPeer("no Asterisk manager listens at this host and port")
                self.greeted.set_exception(self.loss)
                self.abort("wrong peer")
                return
            self.greeted.set_result(greeting[len(_GREETING) :].decode("ascii", "replace"))
            buffer = rest
        *messages, self._partial = buffer.split(_END)
        for message in messages:
            self._receive(message.lstrip(b"\r\n"))
        if len(self._partial) > _LONGEST_MESSAGE:
            self.abort("a message without end")

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        reason = f"the connection broke: {type(exc).__name__}" if exc else "Asterisk closed the connection"
        self.loss = self.loss or LinkLost(reason)
        self._transport = None
        if not self.greeted.done():
            self.greeted.set_exception(self.loss)
            self.greeted.exception()  # seen: nobody may be waiting
        pending, self._pending = self._pending, {}
        for one in pending.values():
            one.fail(LinkLost(str(self.loss)))
        self.lost.set()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _write(self, headers: Mapping[str, Header]) -> _Pending:
        _check(headers)
        if self._transport is None or self._transport.is_closing():
            raise LinkLost("not connected to Asterisk")
        complete = headers if "ActionID" in headers else {**headers, "ActionID": f"gateway-{next(self._ids)}"}
        action_id = str(complete["ActionID"])
        if action_id in self._pending:
            raise HeaderRefused("ActionID is that of an action which still waits for its answer")
        self._transport.write(str(Action(complete)).encode())
        pending = self._pending[action_id] = _Pending(asyncio.get_running_loop().create_future())
        return pending

    async def _awaited(self, answer: asyncio.Future[Received], within_s: float) -> Received:
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(answer)
        except TimeoutError:
            answer.add_done_callback(_seen)
            raise NoAnswer(f"Asterisk did not answer within {within_s:g} s") from None

    def _receive(self, raw: bytes) -> None:
        if not raw:
            return
        if self._wanted is not None and raw.startswith(_EVENT):
            name = raw[len(_EVENT) : raw.find(b"\r\n")] if b"\r\n" in raw else raw[len(_EVENT) :]
            if name not in self._wanted:
                if self._on_unwanted is not None:
                    self._on_unwanted(name)
                return
        message = headers_of(raw) if raw.startswith(_EVENT) else Message.from_line(raw.decode("utf-8", "replace"))
        if message is None:
            return
        pending = self._pending.get(str(message.get("actionid", "")))
        if "event" not in message:
            if pending is not None and not pending.follow(message):
                del self._pending[str(message["actionid"])]
            return
        if pending is not None and pending.takes(message):
            if str(message.get("eventlist", "")).lower() == "complete":
                del self._pending[str(message["actionid"])]
                pending.complete()
            return
        self._on_event(message)


class _Pending:
    """An action that waits for its response and, if it is asked for a list, for the items."""

    __slots__ = ("_first", "answer", "items")

    def __init__(self, answer: asyncio.Future[Received]) -> None:
        self.answer = answer
        self.items: list[Received] | None = None
        self._first: Received | None = None

    def follow(self, response: Received) -> bool:
        """Take the response; True if items follow."""
        if self.items is not None and str(response.get("eventlist", "")).lower() == "start":
            self._first = response
            return True
        if not self.answer.done():
            self.answer.set_result(response)
        return False

    def takes(self, event: Received) -> bool:
        """Take the event if it belongs to this action's list."""
        if self._first is None or self.items is None:
            return False
        if str(event.get("eventlist", "")).lower() != "complete":
            self.items.append(event)
        return True

    def complete(self) -> None:
        if not self.answer.done() and self._first is not None:
            self.answer.set_result(self._first)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.add_done_callback(_seen)


def _seen(answer: asyncio.Future[Received]) -> None:
    """Mark an error as looked at: nobody may be waiting for this answer any more."""
    if not answer.cancelled():
        answer.exception()


def _check(headers: Mapping[str, Header]) -> None:
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise HeaderRefused("a header's name may have letters, digits and hyphens only")
        for one in (value,) if isinstance(value, (str, int)) else value:
            text = str(one)
            if _CONTROL.search(text):
                raise HeaderRefused(f"{name} has a control character")
            try:
                size = len(text.encode())
            except UnicodeEncodeError:
                raise HeaderRefused(f"{name} is not valid text") from None
            if len(name) + size > _LONGEST_LINE:
                raise HeaderRefused(f"{name} is longer than AMI reads")
