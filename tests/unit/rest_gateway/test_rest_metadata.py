"""Metadata, deadlines and conditional requests: what headers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import grpc
import httpx
import pytest
from starlette.requests import Request

from discador.rest_gateway import Deadlines, GatewayRefused, RequestError, RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library

BOOK = "/v1/shelves/1/books/2"


def mint(request: Request) -> Sequence[tuple[str, str]]:
    if request.headers.get("cookie") == "stranger":
        raise RequestError(16, "log in first")
    return [("X-User", "ana")]


@pytest.fixture
async def known(channel: grpc.aio.Channel) -> AsyncIterator[httpx.AsyncClient]:
    gateway = RestGateway(
        library(),
        {SERVICE: channel},
        metadata=mint,
        headers_allowed=["X-Trace", "x-user"],
        www_authenticate='Bearer realm="books"',
    )
    async with client_of(gateway) as client:
        yield client


async def test_only_allowed_headers_and_minted_keys_pass(known: httpx.AsyncClient, service: Library) -> None:
    forged = {"x-user": "root", "grpc-metadata-x-user": "root", "authorization": "Bearer x", "x-trace": "t1"}
    assert (await known.get(BOOK, headers=forged)).status_code == 200
    assert service.metadata["x-user"] == "ana"
    assert service.metadata["x-trace"] == "t1"
    assert not {"authorization", "grpc-metadata-x-user", "cookie", "host"} & set(service.metadata)


async def test_a_header_that_metadata_cannot_hold_is_left_out(known: httpx.AsyncClient, service: Library) -> None:
    await known.get(BOOK, headers=[(b"x-trace", "é".encode())])
    assert "x-trace" not in service.metadata


async def test_a_hook_may_refuse_a_caller(known: httpx.AsyncClient) -> None:
    answer = await known.get(BOOK, headers={"cookie": "stranger"})
    assert (answer.status_code, answer.json()["message"]) == (401, "log in first")
    assert answer.headers["www-authenticate"] == 'Bearer realm="books"'


@pytest.mark.parametrize("name", ["Grpc-Metadata-X-User", "grpc-timeout", "x-user-bin"])
async def test_reserved_headers_cannot_be_allowed(name: str) -> None:
    with pytest.raises(GatewayRefused, match="reserved-header"):
        RestGateway(library(), {}, headers_allowed=[name])


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [(None, 13, 15), ("5S", 4, 5), ("5000m", 4, 5), ("5000000u", 4, 5), ("1H", 55, 60), ("2M", 55, 60)],
)
async def test_deadlines_are_passed_on_and_clamped(
    client: httpx.AsyncClient, service: Library, header: str | None, low: float, high: float
) -> None:
    await client.get(BOOK, headers={"grpc-timeout": header} if header else {})
    assert service.remaining is not None and low < service.remaining < high + 0.5


@pytest.mark.parametrize("header", ["5", "S", "5s", "-1S", "1.5S", "123456789S", "5S ,", "5 S"])
async def test_a_malformed_deadline_is_400(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(BOOK, headers={"grpc-timeout": header})
    assert answer.status_code == 400
    assert answer.json()["details"][0]["fieldViolations"][0]["field"] == "Grpc-Timeout"


@pytest.mark.parametrize("header", ["50m", "0S", "1n"])
async def test_an_expired_deadline_is_504(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/v1/sleep", headers={"grpc-timeout": header})
    assert (answer.status_code, answer.json()["code"]) == (504, 4)


async def test_a_body_that_never_comes_is_504(client: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"grpc-timeout": "50m", "content-type": "application/json"}
    assert (await client.post("/v1/sleep", content=never(), headers=headers)).status_code == 504


async def test_a_stream_has_the_deadline_it_is_given(channel: grpc.aio.Channel, service: Library) -> None:
    gateway = RestGateway(library(), {SERVICE: channel}, deadlines=Deadlines(stream_default=7, stream_max=9))
    async with client_of(gateway) as client:
        for header, seconds in (("", 7), ("8S", 8), ("1H", 9), ("99999999H", 9)):
            await client.get("/v1/events", headers={"grpc-timeout": header} if header else {})
            assert service.remaining is not None and seconds - 1 < service.remaining < seconds + 0.5
        ended = await client.get("/v1/events?count=1&forever=true", headers={"grpc-timeout": "300m"})
        assert ended.status_code == 200
        assert '{"error":{"code":4' in ended.text.splitlines()[-1]


async def test_an_etag_is_sent_and_saves_the_body(client: httpx.AsyncClient) -> None:
    answer = await client.get(BOOK)
    assert answer.headers["etag"] == '"e1"'
    for known in ('"e1"', 'W/"e1"', '"x", "e1"', "*"):
        again = await client.get(BOOK, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"e1"')
    assert (await client.get(BOOK, headers={"if-none-match": '"e2"'})).status_code == 200
    assert "etag" not in (await client.get("/v1/books")).headers


async def test_if_match_reaches_the_request(client: httpx.AsyncClient, service: Library) -> None:
    await client.delete(BOOK, headers={"if-match": '"e1"'})
    assert service.asked.etag == "e1"
    await client.patch(BOOK, json={"title": "a"}, headers={"if-match": '"e2"'})
    assert service.asked.book.etag == "e2"
    assert list(service.asked.update_mask.paths) == ["title"]
    await client.delete(BOOK, headers={"if-match": "*"})
    assert service.asked.etag == ""


@pytest.mark.parametrize("header", ['W/"e1"', '"a", "b"', "e1", '""'])
async def test_a_precondition_nothing_can_check_is_400(client: httpx.AsyncClient, header: str) -> None:
    assert (await client.delete(BOOK, headers={"if-match": header})).status_code == 400


async def test_a_precondition_is_never_dropped(client: httpx.AsyncClient) -> None:
    for path, etag in ((f"{BOOK}?etag=e2", '"e1"'), ("/v1/uploads/a", '"e1"')):
        method = "PUT" if "uploads" in path else "DELETE"
        assert (await client.request(method, path, headers={"if-match": etag})).status_code == 400
