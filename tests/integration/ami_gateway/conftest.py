"""The simulator, with its fault door, and a gateway on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from discador.simulator import Asterisk, Simulator
from tests.integration.ami_gateway.gateway_kit import Running

SECRET = "s3cret-of-the-test"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "cel-custom" / "discador.csv"


@pytest.fixture
async def simulator(records: Path) -> AsyncIterator[Simulator]:
    async with Simulator(Asterisk(call_records=records), username="discador", secret=SECRET) as running:
        yield running


@pytest.fixture
def ami(simulator: Simulator) -> tuple[str, int, str, str]:
    return ("127.0.0.1", simulator.port, simulator.username, simulator.secret)


@pytest.fixture
async def gateway(ami: tuple[str, int, str, str], records: Path) -> AsyncIterator[Running]:
    async with Running(ami, records=records, ping_every_s=0.2, ping_deadline_s=1.0, refused_retry_s=0.2) as running:
        yield await running.up()
