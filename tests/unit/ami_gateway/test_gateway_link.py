"""The link against each fault of panoramisk 1.4 that concerns bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discador.ami_gateway import actions
from discador.ami_gateway.errors import ActionFailed, HeaderRefused, LinkLost, NoAnswer, WrongPeer
from discador.ami_gateway.link import AmiLink, Received

TRANSCRIPTS = Path(__file__).parents[2] / "contract/ami/transcripts"
ATTEMPT = "0199ffff-0000-7000-8000-000000000010"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


class Wire(asyncio.Transport):
    """What was written, and whether it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.closing = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def connected(on_event: Callable[[Received], None], **options: Any) -> tuple[AmiLink, Wire]:
    link, wire = AmiLink(on_event, **options), Wire()
    link.connection_made(wire)
    link.data_received(GREETING)
    return link, wire


def ignore(_: Received) -> None:
    return None


def message(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# Fault 4, and the order-preserving property


@pytest.mark.parametrize("version", ["22", "16"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_segmentation_of_the_stream_gives_the_same_events_in_the_same_order(
    version: str, data: st.DataObject
) -> None:
    raw = (TRANSCRIPTS / f"asterisk-{version}.ami").read_bytes()
    raw += "Event: UserEvent\r\nName: João Conceição ✓ 日本\r\n\r\n".encode() * 3
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=60)))

    def read(pieces: list[bytes]) -> list[dict[str, Any]]:
        async def feed() -> list[dict[str, Any]]:
            seen: list[dict[str, Any]] = []
            link = AmiLink(lambda one: seen.append(dict(one)))
            link.connection_made(Wire())
            for piece in pieces:
                link.data_received(piece)
            assert link.greeted.result()
            return seen

        return asyncio.run(feed())

    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    whole = read([raw])
    assert read(pieces) == whole
    assert whole[-1]["name"] == "João Conceição ✓ 日本"


async def test_a_character_split_over_every_single_byte_survives() -> None:
    seen: list[Received] = []
    link, _ = connected(seen.append)
    for byte in message("Event: UserEvent", "Name: ção"):
        link.data_received(bytes([byte]))
    assert [one["name"] for one in seen] == ["ção"]


# Fault 1


async def test_nothing_is_sent_again_after_the_link_is_lost() -> None:
    link, wire = connected(ignore)
    answer = link.send({"Action": "Originate", "ActionID": ATTEMPT})
    link.connection_lost(ConnectionResetError())
    with pytest.raises(LinkLost):
        await answer
    again, second = connected(ignore)
    again.data_received(message("Event: FullyBooted", "Status: Fully Booted"))
    await asyncio.sleep(0)
    assert second.written == []
    assert len(wire.written) == 1
    with pytest.raises(LinkLost):
        link.send({"Action": "Ping"})


# Fault 2


async def test_an_event_with_the_action_id_of_a_pending_action_reaches_the_event_callback() -> None:
    seen: list[Received] = []
    link, _ = connected(seen.append)
    answer = link.send({"Action": "Originate", "ActionID": ATTEMPT})
    link.data_received(message("Event: OriginateResponse", f"ActionID: {ATTEMPT}", "Response: Failure"))
    assert [one["event"] for one in seen] == ["OriginateResponse"]
    assert not answer.done()
    link.data_received(message("Response: Success", f"ActionID: {ATTEMPT}", "Message: Originate successfully queued"))
    assert (await answer)["Response"] == "Success"


# Fault 3


@pytest.mark.parametrize("bad", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\x00b", "a\x7f", "a\u2028b", "a\x85b"])
async def test_a_control_character_is_refused_in_every_header(bad: str) -> None:
    link, wire = connected(ignore)
    for headers in (
        {"Action": "Originate", "Channel": bad},
        {"Action": "Originate", "Variable": ["a=b", f"c={bad}"]},
        {"Action": bad},
        {bad: "x"},
        {"Action": "Ping", "ActionID": bad},
    ):
        with pytest.raises(HeaderRefused) as refused:
            link.send(headers)
        assert bad not in str(refused.value)
    assert wire.written == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_written_is_one_action(name: str, value: str) -> None:
    async def write() -> list[bytes]:
        link, wire = connected(ignore)
        try:
            link.send({"Action": "Ping", name or "X": value})
        except HeaderRefused:
            assert wire.written == []
        return wire.written

    for written in asyncio.run(write()):
        assert written.count(b"\r\n\r\n") == 1
        assert written.endswith(b"\r\n\r\n")
        assert not {"\r", "\n"} & set(written.decode().replace("\r\n", ""))


async def test_a_line_that_asterisk_would_drop_is_refused() -> None:
    link, _ = connected(ignore)
    with pytest.raises(HeaderRefused, match="longer"):
        link.send({"Action": "Originate", "Variable": ["a=" + "x" * 1000]})
    with pytest.raises(HeaderRefused, match="not valid text"):
        link.send({"Action": "Originate", "Channel": "\ud800"})


# Fault 7


async def test_a_list_is_known_by_its_header_and_not_by_its_text() -> None:
    seen: list[Received] = []
    link, wire = connected(seen.append)
    asked = asyncio.ensure_future(link.ask_list(actions.core_show_channels()))
    await asyncio.sleep(0)
    action_id = wire.written[0].decode().partition("ActionID: ")[2].partition("\r\n")[0]
    link.data_received(message("Response: Success", f"ActionID: {action_id}", "EventList: start", "Message: whatever"))
    link.data_received(message("Event: CoreShowChannel", f"ActionID: {action_id}", "Uniqueid: 1.1"))
    link.data_received(message("Event: Hangup", "Uniqueid: 1.2"))
    link.data_received(message("Event: CoreShowChannel", f"ActionID: {action_id}", "Uniqueid: 1.3"))
    link.data_received(
        message("Event: CoreShowChannelsComplete", f"ActionID: {action_id}", "EventList: Complete", "ListItems: 2")
    )
    assert [one["uniqueid"] for one in await asked] == ["1.1", "1.3"]
    assert [one["event"] for one in seen] == ["Hangup"]
    assert link.pending == 0


async def test_a_response_that_only_sounds_like_a_list_is_an_answer() -> None:
    link, _ = connected(ignore)
    answer = link.send({"Action": "Originate", "ActionID": ATTEMPT})
    link.data_received(message("Response: Success", f"ActionID: {ATTEMPT}", "Message: Channels will follow"))
    assert (await answer)["Message"] == "Channels will follow"


# Deadlines, refusals, peers


async def test_an_action_has_its_own_deadline_and_a_late_answer_harms_nobody() -> None:
    link, wire = connected(ignore)
    with pytest.raises(NoAnswer):
        await link.ask(actions.ping(), within_s=0.01)
    action_id = wire.written[0].decode().partition("ActionID: ")[2].partition("\r\n")[0]
    assert link.pending == 1
    link.data_received(message("Response: Success", f"ActionID: {action_id}", "Ping: Pong"))
    assert link.pending == 0


async def test_an_error_of_asterisk_is_raised_with_its_text() -> None:
    link, wire = connected(ignore)
    asked = asyncio.ensure_future(link.ask(actions.ping()))
    await asyncio.sleep(0)
    action_id = wire.written[0].decode().partition("ActionID: ")[2].partition("\r\n")[0]
    link.data_received(message("Response: Error", f"ActionID: {action_id}", "Message: Permission denied"))
    with pytest.raises(ActionFailed, match="Permission denied"):
        await asked


async def test_an_action_id_in_use_is_refused() -> None:
    link, wire = connected(ignore)
    link.send({"Action": "Originate", "ActionID": ATTEMPT})
    with pytest.raises(HeaderRefused):
        link.send({"Action": "Originate", "ActionID": ATTEMPT})
    assert len(wire.written) == 1


async def test_a_peer_that_is_no_asterisk_is_named() -> None:
    link, wire = AmiLink(ignore), Wire()
    link.connection_made(wire)
    link.data_received(b"SSH-2.0-OpenSSH_9.2\r\n")
    with pytest.raises(WrongPeer):
        await link.greeted
    assert wire.closing


async def test_events_that_nobody_wants_are_not_parsed_and_are_told_by_name() -> None:
    seen: list[Received] = []
    names: list[bytes] = []
    link, _ = connected(seen.append, wanted=frozenset({b"Hangup"}), on_unwanted=names.append)
    link.data_received(message("Event: VarSet", "Variable: X") + message("Event: Hangup", "Cause: 16"))
    assert [one["event"] for one in seen] == ["Hangup"]
    assert names == [b"VarSet"]
