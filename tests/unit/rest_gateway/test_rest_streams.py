from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway
from discador.rest_gateway.batches import MAX_BATCH, batches
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library

SSE = {"accept": "text/event-stream"}
SSE_RAW = [(b"accept", b"text/event-stream")]


async def test_messages_are_lines_of_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events?count=3")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"result": {"cursor": str(number), "text": f"event {number}"}} for number in range(3)
    ]


async def test_an_error_in_mid_stream_is_the_last_line(client: httpx.AsyncClient) -> None:
    lines = (await client.get("/v1/events?count=2&failCode=8")).text.splitlines()
    assert len(lines) == 3
    error = json.loads(lines[-1])["error"]
    assert (error["code"], error["message"]) == (8, "the stream broke")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.RetryInfo"


@pytest.mark.parametrize("headers", [{}, SSE])
async def test_an_error_before_the_first_message_is_a_plain_one(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.get("/v1/events?failCode=5", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, 5)


async def test_events_carry_their_cursor_and_end(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events?count=1", headers={"accept": "text/html, text/event-stream;q=0.9"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == ('event: message\nid: 0\ndata: {"cursor":"0","text":"event 0"}\n\nevent: end\ndata: {}\n\n')


async def test_an_error_in_mid_stream_is_an_error_event(client: httpx.AsyncClient) -> None:
    *_, last = (await client.get("/v1/events?count=1&failCode=14", headers=SSE)).text.strip().split("\n\n")
    event, data = last.split("\n")
    assert event == "event: error"
    assert json.loads(data.removeprefix("data: "))["code"] == 14


async def test_an_empty_stream_ends_well(client: httpx.AsyncClient) -> None:
    lines = await client.get("/v1/events")
    assert (lines.status_code, lines.content) == (200, b"")
    assert (await client.get("/v1/events", headers=SSE)).text == "event: end\ndata: {}\n\n"


async def test_a_deadline_beyond_every_clock_is_a_long_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events?count=1", headers={"grpc-timeout": "99999999H"})
    assert answer.status_code == 200


async def test_last_event_id_resumes_and_outdoes_the_query(client: httpx.AsyncClient, service: Library) -> None:
    await client.get("/v1/events?cursor=3", headers=[*SSE_RAW, (b"last-event-id", "ç7".encode())])
    assert service.asked.cursor == "ç7"
    await client.get("/v1/events?cursor=3", headers={"last-event-id": "7"})
    assert service.asked.cursor == "3"
    assert (await client.get("/v1/events", headers=[*SSE_RAW, (b"last-event-id", b"\xff")])).status_code == 400


async def test_a_silent_event_stream_is_opened_and_pinged(channel: grpc.aio.Channel) -> None:
    gateway = RestGateway(library(), {SERVICE: channel}, ping_interval=0.05)
    async with client_of(gateway) as client:
        answer = await client.get("/v1/events?forever=true", headers={**SSE, "grpc-timeout": "400m"})
        assert answer.status_code == 200
        *pings, error, _ = answer.text.split("\n\n")
        assert len(pings) >= 2 and set(pings) == {": ping"}
        assert error.startswith("event: error")
        lines = await client.get("/v1/events?forever=true", headers={"grpc-timeout": "200m"})
        assert lines.status_code == 504


async def test_head_of_a_stream_answers_headers_and_lets_the_service_go(
    client: httpx.AsyncClient, service: Library
) -> None:
    answer = await client.head("/v1/events?count=1&forever=true", headers=SSE)
    assert (answer.status_code, answer.content) == (200, b"")
    await asyncio.wait_for(service.cancelled.wait(), 1)


async def test_raw_bytes_are_streamed_with_the_first_messages_type(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/download/parts", headers=SSE)
    assert (answer.content, answer.headers["content-type"]) == (b"a,b\n1,2\n", "text/csv")


async def test_raw_bytes_that_fail_are_broken_off(channel: grpc.aio.Channel) -> None:
    """The body must not look complete: no last chunk is sent."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/download/parts",
        "query_string": b"broken=true",
        "headers": [],
    }
    await RestGateway(library(), {SERVICE: channel})(scope, receive, send)
    assert sent[0]["status"] == 200
    assert all(event["more_body"] for event in sent[1:])


class FakeCall:
    """A stream whose messages are all there at once."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self._left = iter(range(count))
        self._error = error

    async def read(self) -> Any:
        for number in self._left:
            return number
        if self._error:
            raise self._error
        return grpc.aio.EOF


async def collected(flow: AsyncIterator[list[Any]]) -> list[list[Any]]:
    return [batch async for batch in flow]


async def test_a_busy_stream_is_written_in_batches_and_in_order() -> None:
    found = await collected(batches(FakeCall(1000), 15))
    assert [number for batch in found for number in batch] == list(range(1000))
    assert max(map(len, found)) <= MAX_BATCH
    assert len(found) < 100


async def test_messages_before_an_error_are_delivered_first() -> None:
    error = grpc.aio.AioRpcError(grpc.StatusCode.ABORTED, grpc.aio.Metadata(), grpc.aio.Metadata())
    found: list[int] = []
    with pytest.raises(grpc.aio.AioRpcError):
        async for batch in batches(FakeCall(5, error), 15):
            found += batch
    assert found == list(range(5))
