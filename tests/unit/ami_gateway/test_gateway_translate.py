"""What real Asterisk said, read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from panoramisk.message import Message

from discador.ami_gateway import translate
from discador.ami_gateway.calls import CallBook
from discador.ami_gateway.event_text import headers_of
from discador.ami_gateway.facts import (
    Answered,
    Booted,
    Dialled,
    Fenced,
    HungUp,
    OriginateFailed,
    Pressed,
    Ringing,
    ShuttingDown,
    Unanswered,
)
from discador.v1 import gateway_pb2 as wire

TRANSCRIPTS = Path(__file__).parents[2] / "contract/ami/transcripts"
K = wire.CallEventKind


def attempt(number: int) -> str:
    return f"0199ffff-0000-7000-8000-0000000000{number:02d}"


def messages(version: str) -> list[Message]:
    raw = (TRANSCRIPTS / f"asterisk-{version}.ami").read_bytes().decode()
    found = [Message.from_line(one) for one in raw.split("\r\n\r\n") if one]
    return [one for one in found if one is not None]


def facts(version: str, number: int) -> list[object]:
    read = [translate.fact_of(one) for one in messages(version) if "event" in one]
    return [one for one in read if getattr(one, "attempt_id", None) == attempt(number)]


@pytest.fixture(params=["22", "16"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def kinds(version: str, number: int) -> set[type]:
    return {type(one) for one in facts(version, number)}


def hung_up(version: str, number: int) -> HungUp:
    (found,) = [one for one in facts(version, number) if isinstance(one, HungUp)]
    return found


def test_an_answered_call_is_dialled_rings_is_answered_and_hangs_up(version: str) -> None:
    order = [type(one) for one in facts(version, 10) if not isinstance(one, OriginateFailed)]
    assert order == [Dialled, Ringing, Answered, HungUp]


@pytest.mark.parametrize(("number", "cause", "status"), [(13, 17, "486"), (15, 19, "480"), (17, 34, "503")])
def test_only_the_hangup_tells_refusals_apart(version: str, number: int, cause: int, status: str) -> None:
    ended = hung_up(version, number)
    assert ended.cause == cause
    assert ended.tech_cause == (status if version == "22" else "")
    assert {one.reason for one in facts(version, number) if isinstance(one, OriginateFailed)} == {0}


def test_the_hangup_comes_before_or_after_the_guards_word(version: str) -> None:
    for number in (13, 14, 15, 17, 23):
        assert kinds(version, number) >= {Dialled, HungUp, Unanswered}


def test_a_digit_is_read(version: str) -> None:
    assert Pressed(attempt(22), "2") in facts(version, 22)


def test_the_fence_speaks(version: str) -> None:
    assert Fenced(attempt(99), "expired") in facts(version, 99)
    assert Dialled not in kinds(version, 99)


def test_a_trunk_that_does_not_exist_makes_no_channel(version: str) -> None:
    assert Unanswered(attempt(98), "CHANUNAVAIL", 3) in facts(version, 98)
    assert Dialled not in kinds(version, 98)


def test_the_list_of_channels_gives_one_call_an_attempt(version: str) -> None:
    items = [one for one in messages(version) if one.get("event") == "CoreShowChannel"]
    live = {one.attempt_id: one for one in translate.live_calls(items)}
    assert set(live) == {attempt(50), attempt(51)}
    assert live[attempt(50)].answered
    assert live[attempt(51)].ringing
    assert not live[attempt(51)].answered
    assert live[attempt(51)].leg
    assert live[attempt(50)].age_s >= 1


def test_the_guards_legs_say_nothing_of_the_call(version: str) -> None:
    legs = {one.leg for number in (10, 13, 50) for one in facts(version, number) if isinstance(one, Dialled)}
    assert not any(translate.is_attempt_id(leg) for leg in legs)


def test_the_whole_transcript_ends_each_call_once(version: str) -> None:
    said: list[wire.CallEvent] = []
    book = CallBook(said.append, lambda: 1000.0)
    sent = (10, 13, 14, 15, 17, 22, 23, 98, 99, 50, 51)
    for number in sent:
        book.begin(attempt(number), 2000.0)
    for one in messages(version):
        if "event" not in one:
            book.accepted(str(one.get("actionid", "")))
        elif (fact := translate.fact_of(one)) is not None and not isinstance(fact, Booted | ShuttingDown):
            book.apply(fact)
    ends = {
        number: [
            (K.Name(e.kind)[16:], e.hangup_cause, e.answered)
            for e in said
            if e.attempt_id == attempt(number) and e.kind in (K.CALL_EVENT_KIND_HUNG_UP, K.CALL_EVENT_KIND_REFUSED)
        ]
        for number in sent
    }
    assert ends == {
        10: [("HUNG_UP", 16, True)],
        13: [("HUNG_UP", 17, False)],
        14: [("HUNG_UP", 19, False)],  # it rang until the guard gave up; Asterisk gives cause 0
        15: [("HUNG_UP", 19, False)],
        17: [("HUNG_UP", 34, False)],
        22: [("HUNG_UP", 16, True)],
        23: [("HUNG_UP", 18, False)],  # it never even rang
        98: [("REFUSED", 0, False)],
        99: [("REFUSED", 0, False)],
        50: [],  # still up when the recording ended
        51: [("HUNG_UP", 21, False)],
    }


def test_events_are_read_as_panoramisk_reads_them(version: str) -> None:
    raw = (TRANSCRIPTS / f"asterisk-{version}.ami").read_bytes()
    events = [one for one in raw.split(b"\r\n\r\n") if one.startswith(b"Event: ")]
    assert len(events) > 40
    for event in events:
        read = Message.from_line(event.decode())
        assert headers_of(event) == {name.lower(): value for name, value in read.items() if name != "content"}


def test_a_repeated_header_is_a_list_and_what_is_no_header_is_dropped() -> None:
    assert headers_of(b"Event: X\r\nVariable: a=1\r\nVariable: \r\nVariable: \r\nnonsense\r\n\xff: b: c") == {
        "event": "X", "variable": ["a=1", "", ""], "\ufffd": "b: c",
    }  # fmt: skip


def test_fully_booted_and_shutdown_are_read() -> None:
    assert Booted(7) == translate.fact_of({"event": "FullyBooted", "uptime": "7"})
    assert ShuttingDown(True) == translate.fact_of({"event": "Shutdown", "restart": "True"})


def test_a_failed_originate_is_matched_by_its_action_id_and_not_by_the_live_calls_uniqueid() -> None:
    message = {"event": "OriginateResponse", "response": "Failure", "reason": "0"}
    message |= {"actionid": attempt(1), "uniqueid": attempt(2)}
    assert translate.fact_of(message) == OriginateFailed(attempt(1), 0)


def test_channels_of_others_are_none_of_ours() -> None:
    foreign = {"event": "Hangup", "channel": "PJSIP/x-1", "linkedid": "1795342188.2", "cause": "16"}
    assert translate.fact_of(foreign) is None
    assert translate.live_calls([foreign]) == []


def test_a_repeated_header_counts_by_its_first_value() -> None:
    message = {"event": "FullyBooted", "uptime": ["3", "4"]}
    assert translate.fact_of(message) == Booted(3)
