"""The text of AMI messages, header by header as Asterisk 22 writes it (recorded in tests/contract/ami/transcripts)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_STATES: Final = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
_CAUSES: Final = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    3: "No route to destination",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
    34: "Circuit/channel congestion",
}


@dataclass(slots=True)
class Channel:
    """A channel as its events show it. `state` is Asterisk's number of it."""

    name: str
    uniqueid: str
    linkedid: str
    caller_id: str
    context: str
    exten: str = "s"
    priority: int = 1
    state: int = 0


def text(headers: Iterable[tuple[str, object]]) -> bytes:
    """Return one message."""
    return ("\r\n".join(f"{name}: {value}" for name, value in headers) + "\r\n\r\n").encode()


def _event(name: str, privilege: str) -> str:
    return f"Event: {name}\r\nPrivilege: {privilege},all\r\n"


def _snapshot(channel: Channel) -> str:
    caller = channel.caller_id or "<unknown>"
    return (
        f"Channel: {channel.name}\r\nChannelState: {channel.state}\r\nChannelStateDesc: {_STATES[channel.state]}\r\n"
        f"CallerIDNum: {channel.exten}\r\nCallerIDName: <unknown>\r\nConnectedLineNum: {caller}\r\n"
        "ConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\n"
        f"Context: {channel.context}\r\nExten: {channel.exten}\r\nPriority: {channel.priority}\r\n"
        f"Uniqueid: {channel.uniqueid}\r\nLinkedid: {channel.linkedid}\r\n"
    )


def new_channel(channel: Channel) -> bytes:
    return f"{_event('Newchannel', 'call')}{_snapshot(channel)}\r\n".encode()


def new_state(channel: Channel) -> bytes:
    return f"{_event('Newstate', 'call')}{_snapshot(channel)}\r\n".encode()


def hangup(channel: Channel, cause: int, tech_cause: int | None) -> bytes:
    tech = "" if tech_cause is None else f"TechCause: {tech_cause}\r\n"
    why = _CAUSES.get(cause, f"Cause {cause}")
    return f"{_event('Hangup', 'call')}{_snapshot(channel)}Cause: {cause}\r\nCause-txt: {why}\r\n{tech}\r\n".encode()


def user_event(channel: Channel, name: str, **headers: object) -> bytes:
    extra = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"{_event('UserEvent', 'user')}{_snapshot(channel)}UserEvent: {name}\r\n{extra}\r\n".encode()


def var_set(channel: Channel, name: str, value: str) -> bytes:
    return f"{_event('VarSet', 'dialplan')}{_snapshot(channel)}Variable: {name}\r\nValue: {value}\r\n\r\n".encode()


def originate_failed(action_id: str, uniqueid: str, channel: str, context: str, caller_id: str) -> bytes:
    return (
        f"{_event('OriginateResponse', 'call')}ActionID: {action_id}\r\nResponse: Failure\r\nChannel: {channel}\r\n"
        f"Context: {context}\r\nExten: s\r\nReason: 0\r\nUniqueid: {uniqueid}\r\n"
        f"CallerIDNum: {caller_id or '<unknown>'}\r\nCallerIDName: <unknown>\r\n\r\n"
    ).encode()


def listed(channel: Channel, action_id: str, seconds: int) -> bytes:
    """One item of CoreShowChannels."""
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return (
        f"Event: CoreShowChannel\r\nActionID: {action_id}\r\n{_snapshot(channel)}"
        f"Application: AppDial\r\nApplicationData: (Outgoing Line)\r\nDuration: {clock}\r\nBridgeId: \r\n\r\n"
    ).encode()
