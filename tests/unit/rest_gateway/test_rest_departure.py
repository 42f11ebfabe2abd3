"""A client that leaves takes its RPC with it: real sockets, a real uvicorn, a real gRPC server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import grpc
import pytest
import uvicorn

from discador.rest_gateway import RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, library

HEAD = "HTTP/1.1\r\nHost: library\r\n"
REQUESTS = {
    "unary": f"GET /v1/sleep {HEAD}\r\n",
    "unary, body read": f"POST /v1/sleep {HEAD}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
    "unary, body unread": f"POST /v1/sleep/bodiless {HEAD}Content-Length: 200000\r\n\r\n" + "x" * 200_000,
    "unary, body unread and not all sent": f"POST /v1/sleep/bodiless {HEAD}Content-Length: 900000\r\n\r\n"
    + "x" * 100_000,
    "stream, nothing sent yet": f"GET /v1/events?forever=true {HEAD}\r\n",
    "stream, begun": f"GET /v1/events?count=2&forever=true {HEAD}\r\n",
    "events, begun": f"GET /v1/events?count=2&forever=true {HEAD}Accept: text/event-stream\r\n\r\n",
    "stream, full pipe": f"GET /v1/events?count=100000000 {HEAD}\r\n",
}


@pytest.fixture
async def port(channel: grpc.aio.Channel) -> AsyncIterator[int]:
    gateway = RestGateway(library(), {SERVICE: channel})
    config = uvicorn.Config(gateway, log_config=None, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.ensure_future(server._serve([listener]))  # listening already: a client may connect at once
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_call_is_cancelled_within_a_second(port: int, service: Library, name: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUESTS[name].encode())
    await asyncio.wait_for(service.started.wait(), 10)
    if "begun" in name:
        await reader.readuntil(b"event 1")
    left_at = time.monotonic()
    writer.transport.abort()
    await asyncio.wait_for(service.cancelled.wait(), 5)
    assert time.monotonic() - left_at < 1


async def test_a_connection_serves_on_after_an_unread_body(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(f"POST /v1/nothing {HEAD}Content-Length: 3\r\n\r\nabc".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while (line := await reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
