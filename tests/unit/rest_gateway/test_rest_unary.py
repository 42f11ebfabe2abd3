from __future__ import annotations

import asyncio
from typing import Any

import grpc
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from discador.rest_gateway import RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library


async def test_a_get_binds_its_path_and_prints_every_field_without_presence(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/shelves/1/books/2")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "name": "shelves/1/books/2",
        "title": "Dom Casmurro",
        "pages": "256",
        "etag": "e1",
        "displayTags": [],
    }


async def test_a_named_body_leaves_the_rest_to_path_and_query(client: httpx.AsyncClient, service: Library) -> None:
    answer = await client.post("/v1/shelves/7/books?bookId=b9", json={"title": "Iracema", "pages": 99})
    assert answer.status_code == 200
    assert answer.json()["name"] == "shelves/7/books/b9"
    assert service.asked.book.title == "Iracema"


async def test_response_body_answers_one_field(client: httpx.AsyncClient) -> None:
    assert [book["name"] for book in (await client.get("/v1/books")).json()] == [
        "shelves/1/books/1",
        "shelves/1/books/2",
    ]
    assert (await client.get("/v1/books:count")).json() == "2"
    scalar = await client.post("/v1/text", json="olá")
    assert scalar.json() == "olá"


async def test_a_list_may_be_the_body(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/numbers", json=[1, 2])).json()["numbers"] == [1, 2]


async def test_an_empty_body_is_an_empty_message(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/echo")).json()["text"] == ""


async def test_a_body_the_rule_does_not_want_is_ignored(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/nothing?text=a", content=b"\xff{", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["text"]) == (200, "a")


async def test_a_field_called_like_a_parameter_of_every_api_is_bound(
    client: httpx.AsyncClient, service: Library
) -> None:
    await client.get("/v1/books?key=k&alt=json&$fields=x&prettyPrint=true&_=1&access_token=t")
    assert service.asked.key == "k"


async def test_unknown_paths_are_404_and_other_methods_405_with_allow(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/v1/nowhere")
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["message"]) == (404, 5, "no such path")
    for path in ("/v1/shelves/1/books/", "/v1/shelves//books", "/v1//books", "/", "/v1/shelves/1/books/2/"):
        assert (await client.get(path)).status_code == 404, path
    wrong = await client.put("/v1/shelves/1/books/2")
    assert (wrong.status_code, wrong.json()["code"]) == (405, 12)
    assert wrong.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert (await client.request("OPTIONS", "/v1/echo")).headers["allow"] == "GET, HEAD, POST"


async def test_head_answers_where_get_does_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/v1/shelves/1/books/2")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 2
    assert (await client.head("/v1/echo/a:whole")).status_code == 405


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v1/echo/a%2Fb", "a/b"),
        ("/v1/echo/a%3Awhole", "a:whole"),
        ("/v1/echo/a:other", "a:other"),
        ("/v1/echo/%C3%A7+%20", "ç+ "),
        ("/v1/files/a/b%2Fc%20d", "a/b%2Fc d"),
        ("/v1/files", ""),
        ("/v1/echo/a%0Ab", "a\nb"),
    ],
)
async def test_variables_are_decoded_after_routing(client: httpx.AsyncClient, path: str, text: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json().get("text")) == (200, text)


@pytest.mark.parametrize("raw", [b"/v1/echo/%zz", b"/v1/echo/%ff", b"/v1/echo/%", b"/v1/echo/\xff"])
async def test_a_path_that_cannot_be_decoded_is_400(channel: grpc.aio.Channel, raw: bytes) -> None:
    assert await _status_of(RestGateway(library(), {SERVICE: channel}), {"raw_path": raw}) == 400


async def test_a_mounted_gateway_routes_below_its_mount_point(channel: grpc.aio.Channel) -> None:
    app = Starlette(routes=[Mount("/the api", RestGateway(library(), {SERVICE: channel}))])
    async with client_of(app) as client:
        assert (await client.get("/the%20api/v1/echo/a%2Fb")).json()["text"] == "a/b"
        assert (await client.get("/the%20api/v1/echo/a%2Fb/")).status_code == 404
        document = (await client.get("/the%20api/openapi.json")).json()
        assert document["servers"] == [{"url": "/the%20api"}]


async def test_a_server_without_raw_path_is_served_from_the_decoded_one(channel: grpc.aio.Channel) -> None:
    assert await _status_of(RestGateway(library(), {SERVICE: channel}), {"path": "/v1/echo/50%"}) == 200


async def test_path_variables_of_every_kind_are_read(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/v1/kinds/KIND_FACT/aGk/true")).json()
    assert (answer["kind"], answer["raw"], answer["flag"]) == ("KIND_FACT", "aGk=", True)
    assert (await client.get("/v1/kinds/2/aGk=/false")).json()["kind"] == "KIND_FACT"
    for path in ("KIND_POEM/aGk/true", "7/aGk/true", "2/*/true", "2/aGk/yes"):
        assert (await client.get(f"/v1/kinds/{path}")).status_code == 400, path


async def test_channels_may_be_given_as_functions(channel: grpc.aio.Channel) -> None:
    asked = []

    def source() -> grpc.aio.Channel:
        asked.append(1)
        return channel

    gateway = RestGateway(library(), {SERVICE: source})
    assert asked == []
    async with client_of(gateway) as client:
        assert (await client.get("/v1/echo/a")).status_code == 200
    assert asked == [1]


async def test_raw_bytes_go_both_ways(client: httpx.AsyncClient, service: Library) -> None:
    answer = await client.get("/v1/download")
    assert (answer.content, answer.headers["content-type"]) == (b"a,b\n", "text/csv")
    await client.put("/v1/uploads/f", content=b"\x00\x01", headers={"content-type": "application/x-tar"})
    assert service.asked.file.content_type == "application/x-tar"
    assert service.asked.file.data == b"\x00\x01"


async def test_a_gateway_alone_on_a_server_answers_lifespan_and_closes_websockets() -> None:
    gateway = RestGateway(library(), {})
    inbox = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    outbox: list[Any] = []

    async def receive() -> Any:
        return inbox.pop(0)

    async def send(event: Any) -> None:
        outbox.append(event["type"])

    await gateway({"type": "lifespan"}, receive, send)
    await gateway({"type": "websocket"}, receive, send)
    assert outbox == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


async def _status_of(app: RestGateway, scope: dict[str, Any]) -> int:
    sent: list[Any] = []

    inbox = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if not inbox:
            await asyncio.Event().wait()
        return inbox.pop()

    async def send(event: Any) -> None:
        sent.append(event)

    base = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "root_path": ""}
    await app({**base, **scope}, receive, send)
    return int(sent[0]["status"])
