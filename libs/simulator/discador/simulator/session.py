"""One AMI connection as Asterisk's manager serves it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from . import wire_text

if TYPE_CHECKING:
    from .server import Simulator

_END: Final = b"\r\n\r\n"
#: The filters of deploy/asterisk/manager.conf.
SHIPPED_FILTERS: Final = (
    "^Event: (Newchannel|Newstate|Hangup)[[:cntrl:]].*[[:cntrl:]]Channel: PJSIP/",
    "^Event: (UserEvent|FullyBooted|Shutdown|Reload)[[:cntrl:]]",
)
_KINDS_BY_FIELDS: Final = frozenset({"OriginateResponse"})  # a filter may look at more than the kind


class Session(asyncio.Protocol):
    """Reads actions, answers them in order, and sends the events that its filters let through."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._asterisk = simulator.asterisk
        self._transport: asyncio.Transport | None = None
        self._partial = b""
        self._user = False
        self._filters: list[re.Pattern[str]] = []
        self._passes: dict[str, bool] = {}
        self._inbox: list[bytes] = []
        self._outbox: list[bytes] = []
        self._pieces: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []
        self.swallowed = False  # half-open: nothing comes in, nothing goes out, the connection stands
        self.held = False  # collect what goes out, to be sent in one piece

    # -- the wire ----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._simulator.sessions.add(self)
        self.send(b"Asterisk Call Manager/11.0.0\r\n")

    def data_received(self, data: bytes) -> None:
        if self.swallowed:
            return
        if self._simulator.frozen:
            self._inbox.append(data)
            return
        *actions, self._partial = (self._partial + data).split(_END)
        for action in actions:
            if self._transport is not None and not self._transport.is_closing():
                self._act(action.decode("utf-8", "replace"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._simulator.sessions.discard(self)
        self._asterisk.listeners.discard(self.event)
        if self._pieces is not None:
            self._pieces.cancel()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def thaw(self) -> None:
        """Do what was asked, and send what was to be said, while the process was frozen."""
        inbox, self._inbox = self._inbox, []
        for data in inbox:
            self.data_received(data)
        self.flush()

    def flush(self) -> None:
        """Send what was held, in one piece."""
        held, self._outbox = b"".join(self._outbox), []
        if held:
            self._write(held)

    def send(self, data: bytes) -> None:
        """Send, unless a fault says otherwise."""
        if self._transport is None or self.swallowed:
            return
        if self._simulator.frozen or self.held:
            self._outbox.append(data)
        else:
            self._write(data)

    def _write(self, data: bytes) -> None:
        size = self._simulator.segment_bytes
        if self._transport is None:
            return
        if not size:
            self._transport.write(data)
            return
        self._waiting += [data[start : start + size] for start in range(0, len(data), size)]
        if self._pieces is None or self._pieces.done():
            self._pieces = asyncio.get_running_loop().create_task(self._send_pieces())

    async def _send_pieces(self) -> None:
        while self._waiting and self._transport is not None:
            self._transport.write(self._waiting.pop(0))
            await asyncio.sleep(0)

    # -- events ------------------------------------------------------------------------------------------------------

    def event(self, kind: str, data: bytes) -> None:
        """Send the event if a filter lets it through, or if there is none."""
        passes = None if kind in _KINDS_BY_FIELDS else self._passes.get(kind)
        if passes is None:
            text = data.decode()
            passes = self._passes[kind] = not self._filters or any(one.search(text) for one in self._filters)
        if passes:
            self.send(data)

    def _add_filter(self, expression: str) -> None:
        self._filters.append(re.compile(expression.replace("[[:cntrl:]]", r"[\x00-\x1f]"), re.DOTALL))
        self._passes.clear()

    # -- actions -----------------------------------------------------------------------------------------------------

    def _act(self, raw: str) -> None:
        headers: dict[str, str] = {}
        variables: dict[str, str] = {}
        for line in raw.split("\r\n"):
            name, found, value = line.partition(":")
            value = value.removeprefix(" ")
            if name.lower() == "variable":
                key, _, content = value.partition("=")
                variables[key.lstrip("_")] = content
            elif found:
                headers[name] = value
        name = headers.get("Action", "").lower()
        self._simulator.actions[name] += 1
        if name != "login" and not self._user:
            self._answer(headers, "Error", Message="Permission denied")
        elif name == "originate":
            self._originate(headers, variables)
        elif name in _ACTIONS:
            _ACTIONS[name](self, headers)
        else:
            self._answer(headers, "Error", Message=f"Invalid/unknown command: {name}. Use Action: ListCommands")

    def _answer(self, headers: Mapping[str, str], response: str, **more: object) -> None:
        action_id = headers.get("ActionID")
        first = [("Response", response), *([("ActionID", action_id)] if action_id else [])]
        self.send(wire_text.text([*first, *more.items()]))

    def _login(self, headers: Mapping[str, str]) -> None:
        wanted = (self._simulator.username, self._simulator.secret)
        if self._simulator.refuse_logins or (headers.get("Username"), headers.get("Secret")) != wanted:
            self._answer(headers, "Error", Message="Authentication failed")
            if self._transport is not None:
                self._transport.close()
            return
        self._user = True
        for expression in self._simulator.filters:
            self._add_filter(expression)
        self._answer(headers, "Success", Message="Authentication accepted")
        self._asterisk.listeners.add(self.event)
        if self._simulator.booted:
            self.event("FullyBooted", self._simulator.fully_booted())

    def _ping(self, headers: Mapping[str, str]) -> None:
        self._answer(headers, "Success", Ping="Pong", Timestamp=f"{self._asterisk.now:.6f}")

    def _filter(self, headers: Mapping[str, str]) -> None:
        self._add_filter(headers.get("Filter", ""))
        self._answer(headers, "Success", Message="Success")

    def _core_status(self, headers: Mapping[str, str]) -> None:
        began = self._asterisk.started_at
        self._answer(
            headers,
            "Success",
            CoreStartupDate=f"{began:%Y-%m-%d}",
            CoreStartupTime=f"{began:%H:%M:%S}",
            CoreReloadDate=f"{began:%Y-%m-%d}",
            CoreReloadTime=f"{began:%H:%M:%S}",
            CoreCurrentCalls=len(self._asterisk.calls),
            CoreProcessedCalls=sum(self._asterisk.invites.values()),
        )

    def _core_settings(self, headers: Mapping[str, str]) -> None:
        self._answer(
            headers,
            "Success",
            AMIversion="11.0.0",
            AsteriskVersion=self._asterisk.version,
            SystemName="",
            CoreMaxCalls=0,
        )

    def _core_show_channels(self, headers: Mapping[str, str]) -> None:
        action_id = headers.get("ActionID", "")
        self._answer(headers, "Success", EventList="start", Message="Channels will follow")
        count = 0
        for call in self._asterisk.calls.values():
            age = int(self._asterisk.now - call.began_at)
            for channel in call.channels:
                count += 1
                self.send(wire_text.listed(channel, action_id, age))
        self.send(
            wire_text.text(
                [
                    ("Event", "CoreShowChannelsComplete"),
                    ("ActionID", action_id),
                    ("EventList", "Complete"),
                    ("ListItems", count),
                ]
            )
        )

    def _originate(self, headers: Mapping[str, str], variables: Mapping[str, str]) -> None:
        why_not = self._asterisk.originate(headers, variables)
        if self._simulator.cut_after_originates is not None:
            self._simulator.cut_after_originates -= 1
            if self._simulator.cut_after_originates <= 0:
                self._simulator.cut_after_originates = None
                self.abort()
                return
        if why_not is not None:
            self._answer(headers, "Error", Message=why_not)
        else:
            self._answer(headers, "Success", Message="Originate successfully queued")

    def _hangup(self, headers: Mapping[str, str]) -> None:
        cause = headers.get("Cause", "")
        if self._asterisk.hangup(headers.get("Channel", ""), int(cause) if cause.isdigit() else 16):
            self._answer(headers, "Success", Message="Channel Hungup")
        else:
            self._answer(headers, "Error", Message="No such channel")

    def _events(self, headers: Mapping[str, str]) -> None:
        self._answer(headers, "Success", Events="On")

    def _logoff(self, headers: Mapping[str, str]) -> None:
        self._answer(headers, "Goodbye", Message="Thanks for all the fish.")
        if self._transport is not None:
            self._transport.close()

    def _witness(self, headers: Mapping[str, str]) -> None:
        """No action of Asterisk's: tells a test what the carrier saw."""
        invites = self._asterisk.invites
        self._answer(
            headers,
            "Success",
            Invites=sum(invites.values()),
            Attempts=len(invites),
            MostOfOne=max(invites.values(), default=0),
            Answered=sum(self._asterisk.answers.values()),
            Fenced=self._asterisk.fenced,
            Live=len(self._asterisk.calls),
        )


_ACTIONS: Final[Mapping[str, Callable[[Session, Mapping[str, str]], None]]] = {
    "login": Session._login,
    "ping": Session._ping,
    "filter": Session._filter,
    "corestatus": Session._core_status,
    "coresettings": Session._core_settings,
    "coreshowchannels": Session._core_show_channels,
    "hangup": Session._hangup,
    "events": Session._events,
    "logoff": Session._logoff,
    "simulatorwitness": Session._witness,
}
