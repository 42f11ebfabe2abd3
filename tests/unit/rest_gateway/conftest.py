from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library, serving


@pytest.fixture
async def service() -> Library:
    return Library()


@pytest.fixture
async def channel(service: Library) -> AsyncIterator[grpc.aio.Channel]:
    async with serving(service) as channel:
        yield channel


@pytest.fixture
async def client(channel: grpc.aio.Channel) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(RestGateway(library(), {SERVICE: channel})) as client:
        yield client
