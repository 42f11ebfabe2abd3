"""The rig itself: the carrier does what its table says, the fence holds, the call records tell what happened."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rig.ami import Ami, Message
from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.originate import fenced

pytestmark = pytest.mark.slow


@dataclass
class Node:
    """One Asterisk with its carrier."""

    asterisk: Asterisk
    carrier: Carrier

    def ami(self) -> Ami:
        return Ami(self.asterisk.host, self.asterisk.ami_port, self.asterisk.ami_user, self.asterisk.ami_secret)


@pytest.fixture(scope="module", params=["22", "16"])
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    with ExitStack() as stack:
        carrier = stack.enter_context(Carrier())
        yield Node(stack.enter_context(Asterisk(request.param, carrier_port=carrier.port)), carrier)


def dialplan(name: str) -> str:
    return (Path(__file__).resolve().parents[2] / "deploy" / "asterisk" / name).read_text()


def number(digits: str) -> str:
    return f"55119999900{digits}"


async def until(holds: Callable[[], bool], within: float = 10.0) -> None:
    """Poll until `holds`, for what other processes write."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.02)


async def place(ami: Ami, digits: str, *, ring: int = 2, lead_time: float = 20.0, **variables: str) -> str:
    attempt = str(uuid.uuid4())
    request = fenced(attempt, number(digits), int(time.time() + lead_time), ring=ring, **variables)
    assert (await ami.action("Originate", *request))["Response"] == "Success"
    return attempt


async def follow(ami: Ami, attempts: set[str]) -> dict[str, list[Message]]:
    """Events by attempt, until each of `attempts` has hung up on the trunk."""
    seen: dict[str, list[Message]] = {attempt: [] for attempt in attempts}
    open_calls = set(attempts)
    async with asyncio.timeout(15):
        while open_calls:
            event = await ami.events.get()
            attempt = event.get("Linkedid", "")
            if attempt in seen:
                seen[attempt].append(event)
                if event["Event"] == "Hangup":
                    open_calls.discard(attempt)
    return seen


async def test_the_carrier_does_what_the_last_two_digits_say(node: Node) -> None:
    expected = {
        "00": ("answered", "asterisk", 16),
        "01": ("answered", "carrier", 16),
        "02": ("answered", "carrier", 16),
        "03": ("486", None, 17),
        "04": ("cancelled", None, 0),
        "05": ("480", None, 19),
        "06": ("404", None, 1),
        "07": ("503", None, 34),
        "08": ("603", None, 21),
        "09": ("answered", "asterisk", 16),
        "10": ("answered", "asterisk", 16),
        "13": ("pending", None, 0),
        "55": ("answered", "carrier", 16),
    }
    async with node.ami() as ami:
        # demo-congrats is longer than any carrier that hangs up by itself waits.
        placed = {
            digits: await place(ami, digits, ring=4, MESSAGE="demo-congrats" if ended == "carrier" else "beep")
            for digits, (_, ended, _) in expected.items()
        }
        events = await follow(ami, set(placed.values()))
    over = set(placed.values())
    await until(lambda: all(node.asterisk.call_records()[attempt].over for attempt in over))
    records, witnessed = node.asterisk.call_records(), node.carrier.witnessed()
    for digits, (outcome, ended_by, cause) in expected.items():
        attempt = placed[digits]
        seen = witnessed[attempt]
        assert (digits, seen.outcome, seen.ended_by) == (digits, outcome, ended_by)
        assert (seen.invites, seen.number) == (1, number(digits))
        hangup = next(event for event in events[attempt] if event["Event"] == "Hangup")
        assert (digits, int(hangup["Cause"])) == (digits, cause)
        assert (digits, records[attempt].cause) == (digits, cause)
        assert (records[attempt].answered_at is not None) == (outcome == "answered")


@pytest.mark.parametrize(("digits", "digit", "meaning"), [("11", "1", "choice"), ("19", "9", "opt-out")])
async def test_a_pressed_digit_is_reported_with_its_attempt(node: Node, digits: str, digit: str, meaning: str) -> None:
    async with node.ami() as ami:
        options = {"DIGITS": "129", "REPEAT": "2", "OPT_OUT": "9", "PLAYS": "2", "WAIT": "3"}
        attempt = await place(ami, digits, MESSAGE="beep", **options)
        event = await ami.until(["UserEvent"], UserEvent="DiscadorDigit", Attempt=attempt)
    assert (event["Digit"], event["Meaning"]) == (digit, meaning)


@pytest.mark.parametrize("gateway_dies", [False, True])
async def test_an_originate_that_waited_in_a_frozen_asterisk_is_refused_when_it_wakes(
    node: Node, gateway_dies: bool
) -> None:
    before = len(node.carrier.times())
    attempts = [str(uuid.uuid4()) for _ in range(20)]
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(node.ami())
        node.asterisk.freeze()
        not_after = int(time.time()) + 1
        for attempt in attempts:
            gateway.send("Originate", *fenced(attempt, number("00"), not_after))
        await gateway.drain()
        if gateway_dies:
            await stack.aclose()
        await until(lambda: time.time() >= not_after)
        node.asterisk.thaw()
        # Of a dead gateway's actions Asterisk carries out the first ones, until it notices (seen: two).
        awaited = attempts[:1] if gateway_dies else attempts
        await until(lambda: all(_over(node, attempt) for attempt in awaited))
    records = node.asterisk.call_records()
    assert [attempt for attempt in attempts if attempt in records and records[attempt].dialled_at] == []
    assert len(node.carrier.times()) == before


def _over(node: Node, attempt: str) -> bool:
    record = node.asterisk.call_records().get(attempt)
    return record is not None and record.over


async def test_a_call_behind_its_time_is_reported_as_fenced_and_never_dialled(node: Node) -> None:
    async with node.ami() as ami:
        attempt = await place(ami, "00", lead_time=-1)
        event = await ami.until(["UserEvent"], UserEvent="DiscadorFenced", Attempt=attempt)
    assert event["Reason"] == "expired"
    assert attempt not in node.carrier.invites()


async def test_the_strict_fence_lets_an_attempt_id_pass_once(node: Node) -> None:
    async with node.ami() as ami:
        attempt = str(uuid.uuid4())
        request = fenced(attempt, number("03"), int(time.time()) + 20, strict=True)
        ami.send("Originate", *request)
        await follow(ami, {attempt})
        ami.send("Originate", *request)
        event = await ami.until(["UserEvent"], UserEvent="DiscadorFenced", Attempt=attempt)
    assert event["Reason"] == "seen"
    assert node.carrier.invites()[attempt] == 1


async def test_a_killed_asterisk_leaves_on_disk_that_the_call_was_answered(node: Node) -> None:
    async with node.ami() as ami:
        attempt = await place(ami, "00", MESSAGE="demo-congrats")
        await ami.until(["Newstate"], Linkedid=attempt, ChannelStateDesc="Up")
        await until(lambda: node.asterisk.call_records()[attempt].answered_at is not None)
        node.asterisk.kill()
    node.asterisk.restart()
    record = node.asterisk.call_records()[attempt]
    assert record.answered_at is not None
    assert not record.over


def test_the_guard_never_dials_with_the_option_that_crashes_asterisk() -> None:
    # ADR 0003: with G() Asterisk dies now and then, when a person hangs up in the instant of answering.
    lines = [line for line in dialplan("extensions.conf").splitlines() if ",Dial(" in line]
    assert lines
    assert [line for line in lines if "G(" in line] == []
