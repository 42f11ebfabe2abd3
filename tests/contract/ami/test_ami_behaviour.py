"""The simulator and a real Asterisk behave alike, as far as the gateway can tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from discador.simulator import Asterisk as SimulatedAsterisk
from discador.simulator import Simulator
from discador.v1 import gateway_pb2 as wire
from discador.v1.node_pb2 import AMI_STATE_DOWN
from tests.integration.ami_gateway.gateway_kit import Running, origination, until
from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier

Act = Callable[[], Awaitable[None]]


@dataclass
class Peer:
    """An Asterisk of either kind: how to reach it, its witness, and what can be done to it."""

    ami: tuple[str, int, str, str]
    records: Path
    invites: Callable[[str], int]
    freeze: Act
    thaw: Act
    kill: Act
    restart: Act


def act(blocking: Callable[[], object]) -> Act:
    async def run() -> None:
        await asyncio.to_thread(blocking)

    return run


@pytest.fixture(scope="module")
def real() -> Iterator[Peer]:
    with Carrier() as carrier, Asterisk("22", carrier_port=carrier.port) as asterisk:
        yield Peer(
            (asterisk.host, asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret),
            asterisk.call_record_path,
            lambda attempt: carrier.invites().get(attempt, 0),
            freeze=act(asterisk.freeze),
            thaw=act(asterisk.thaw),
            kill=act(asterisk.kill),
            restart=act(asterisk.restart),
        )


@pytest.fixture(params=["simulator", "asterisk-22"])
async def peer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Peer]:
    if request.param == "asterisk-22":
        yield request.getfixturevalue("real")
        return
    asterisk = SimulatedAsterisk(call_records=tmp_path / "discador.csv")
    async with Simulator(asterisk, username="discador", secret="s3cret") as simulator:

        async def freeze() -> None:
            simulator.freeze()

        async def thaw() -> None:
            simulator.thaw()

        yield Peer(
            ("127.0.0.1", simulator.port, "discador", "s3cret"),
            tmp_path / "discador.csv",
            lambda attempt: asterisk.invites[attempt],
            freeze=freeze,
            thaw=thaw,
            kill=simulator.die,
            restart=simulator.restart,
        )


@pytest.fixture
async def gateway(peer: Peer) -> AsyncIterator[Running]:
    async with Running(peer.ami, records=peer.records, ping_every_s=0.2, ping_deadline_s=1.5) as running:
        yield await running.up(30.0)


ANSWERED = ["SUBMITTED", "RINGING", "ANSWERED", "HUNG_UP"]
# number's end, seconds of ringing, events, cause, whether the SIP status is one that every Asterisk 22 tells
WAYS = {
    "01": (20, ANSWERED, 16, ""),
    "02": (20, ANSWERED, 16, ""),
    "77": (20, ANSWERED, 16, ""),
    "03": (20, ["SUBMITTED", "HUNG_UP"], 17, "486"),
    "04": (1, ["SUBMITTED", "RINGING", "HUNG_UP"], 19, ""),
    "05": (20, ["SUBMITTED", "HUNG_UP"], 19, "480"),
    "06": (20, ["SUBMITTED", "HUNG_UP"], 1, "404"),
    "07": (20, ["SUBMITTED", "HUNG_UP"], 34, "503"),
    "08": (20, ["SUBMITTED", "HUNG_UP"], 21, "603"),
    "10": (20, ["SUBMITTED", "ANSWERED", "HUNG_UP"], 16, ""),
    "12": (20, ["SUBMITTED", "RINGING", "ANSWERED", "DIGIT", "HUNG_UP"], 16, ""),
    "13": (1, ["SUBMITTED", "HUNG_UP"], 18, ""),
}


async def test_each_way_a_call_can_go_is_told_alike_by_events_memory_and_records(gateway: Running, peer: Peer) -> None:
    """All at once, as in real life: a refused call's end must not get into another's story."""
    placed = {
        code: origination(code, ring_timeout_s=ring, digits={"2": "hang_up"} if code == "12" else {})
        for code, (ring, *_) in WAYS.items()
    }
    assert set(await gateway.originate(*placed.values())) == {wire.ORIGINATE_VERDICT_ACCEPTED}
    for code, (_, story, cause, status) in WAYS.items():
        attempt = placed[code].attempt_id
        end = await gateway.ended(attempt, 40.0)
        assert (code, gateway.said(attempt)) == (code, story)
        assert (code, end.hangup_cause, end.tech_cause if status else "") == (code, cause, status)
        assert end.answered == ("ANSWERED" in story)
        assert (await gateway.fate(attempt)).source == "memory"
        assert peer.invites(attempt) == 1
    async with Running(peer.ami, records=peer.records) as other:
        await other.up()
        for code, (_, story, cause, _) in WAYS.items():
            fate = await other.settled(placed[code].attempt_id)
            assert (code, fate.fate, fate.source) == (code, wire.FATE_ENDED, "cdr")
            assert (code, fate.answered) == (code, "ANSWERED" in story)
            # The records do not tell whether it rang: no answer is 19 there in both cases.
            assert (code, fate.hangup_cause) == (code, 19 if cause == 18 else cause)


async def test_a_live_call_is_found_by_another_gateway_and_hung_up(gateway: Running, peer: Peer) -> None:
    talking, ringing = await gateway.dial("00", digits={"1": "repeat"}), await gateway.dial("04")
    await gateway.heard(talking, "ANSWERED")
    await gateway.heard(ringing, "RINGING")
    async with Running(peer.ami, records=peer.records) as other:
        await other.up()
        up = await other.node_up()
        assert {one.attempt_id: one.answered for one in up.live} == {talking: True, ringing: False}
        assert up.boot_id == gateway.gateway.book.boot_id
        for attempt, answered in ((talking, True), (ringing, False)):
            fate = await other.fate(attempt)
            assert (fate.fate, fate.answered) == (wire.FATE_LIVE, answered)
        assert set(await other.gateway.hang_up([talking, ringing], 16)) == {talking, ringing}
        for attempt, answered in ((talking, True), (ringing, False)):
            for one in (gateway, other):
                end = await one.ended(attempt)
                assert (end.hangup_cause, end.answered) == (16, answered)
        assert await other.gateway.hang_up([talking], 16) == []


async def test_what_never_leaves_asterisk_is_refused(gateway: Running, peer: Peer) -> None:
    made = origination("00", channel="PJSIP/5511987654300@nosuch")
    # The refusal may be known before the RPC has its answer.
    (verdict,) = await gateway.originate(made)
    assert verdict in (wire.ORIGINATE_VERDICT_ACCEPTED, wire.ORIGINATE_VERDICT_REFUSED)
    assert (await gateway.ended(made.attempt_id)).reason.startswith("no-channel")
    assert (await gateway.fate(made.attempt_id)).fate == wire.FATE_NOT_DIALLED
    async with Running(peer.ami, records=peer.records) as other:
        await other.up()
        fate = await other.settled(made.attempt_id)
        assert (fate.fate, fate.source) == (wire.FATE_NOT_DIALLED, "cdr")
    assert peer.invites(made.attempt_id) == 0


async def test_the_gateway_knows_asterisks_version_clock_and_boot(gateway: Running) -> None:
    status = gateway.gateway.status()
    assert status.asterisk_version.startswith("22.")
    assert abs(status.clock_offset_us) < 500_000
    assert status.boot_id.startswith("20")
    assert status.ami_detail == ""


async def test_what_a_frozen_asterisk_finds_when_it_wakes_is_fenced(gateway: Running, peer: Peer) -> None:
    await peer.freeze()
    stale = [origination("00", wait_s=1.5) for _ in range(5)]
    assert set(await gateway.originate(*stale)) == {wire.ORIGINATE_VERDICT_UNKNOWN}
    await until(lambda: gateway.state == AMI_STATE_DOWN)
    await asyncio.sleep(1.0)  # their time is over
    await peer.thaw()
    await gateway.up(30.0)
    for one in stale:
        assert (await gateway.settled(one.attempt_id, 30.0)).fate == wire.FATE_NOT_DIALLED
        assert peer.invites(one.attempt_id) == 0


async def test_calls_of_an_asterisk_that_is_killed_are_ended_once_it_is_back(gateway: Running, peer: Peer) -> None:
    talking, ringing = await gateway.dial("00", digits={"1": "repeat"}), await gateway.dial("04")
    await gateway.heard(talking, "ANSWERED")
    await gateway.heard(ringing, "RINGING")
    boot = gateway.gateway.book.boot_id
    await peer.kill()
    await until(lambda: gateway.state == AMI_STATE_DOWN)
    await peer.restart()
    await gateway.up(30.0)
    assert gateway.gateway.book.boot_id != boot
    async with Running(peer.ami, records=peer.records) as other:  # one that has seen nothing of it
        await other.up()
        for one in (gateway, other):
            fate = await one.settled(talking)
            assert (fate.fate, fate.source, fate.answered) == (wire.FATE_ENDED, "boot", True)
            assert fate.hangup_cause == 41
            # Whether it was answered in the last moment, nobody can tell.
            assert (await one.settled(ringing)).fate == wire.FATE_NO_TRACE


async def test_the_connection_outlives_pings(peer: Peer) -> None:
    async with Running(peer.ami, ping_every_s=0.05) as gateway:
        await gateway.up()
        link = gateway.gateway.connection.link
        await gateway.ended(await gateway.dial("03"))
        assert gateway.gateway.connection.link is link
