"""Where body and path meet, how bodies are refused, and the update mask a PATCH implies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library

JSON = {"content-type": "application/json"}
BOOK = "/v1/shelves/1/books/2"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/echo/a:whole", {}, 200),
        ("/v1/echo/a:whole", {"text": "a"}, 200),
        ("/v1/echo/a:whole", {"text": None}, 200),
        ("/v1/echo/a:whole", {"text": ""}, 200),
        ("/v1/echo/a:whole", {"text": "b"}, 400),
    ],
)
async def test_the_path_wins_unless_the_body_says_otherwise(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code == status
    assert status != 200 or answer.json()["text"] == "a"


async def test_a_path_may_reach_into_the_body_field(client: httpx.AsyncClient) -> None:
    inner = (await client.put("/v1/echo/a/inner", json={"size": 3})).json()["inner"]
    assert (inner["name"], inner["size"]) == ("a", 3)
    assert (await client.put("/v1/echo/a/inner", json={"name": "b"})).status_code == 400


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "json"]
)
async def test_another_content_type_is_415(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.post("/v1/echo", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, 3)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", 'Application/JSON ; charset="UTF-8"', "application/merge-patch+json", "application/json;v=1"],
)
async def test_json_by_any_of_its_names_is_read(client: httpx.AsyncClient, content_type: str) -> None:
    assert (await client.post("/v1/echo", content=b"{}", headers={"content-type": content_type})).status_code == 200


async def test_a_compressed_body_is_415(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/echo", content=b"{}", headers={**JSON, "content-encoding": "gzip"})
    assert answer.status_code == 415


async def test_bodies_have_a_limit_which_a_method_may_raise(channel: grpc.aio.Channel) -> None:
    gateway = RestGateway(library(), {SERVICE: channel}, max_body=20, body_limits={f"{SERVICE}.CreateBook": 40})

    async def in_parts(text: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(text), 7):
            yield text[start : start + 7]

    async with client_of(gateway) as client:
        for size, path, status in (
            (20, "/v1/echo", 200),
            (21, "/v1/echo", 413),
            (40, "/v1/shelves/1/books", 200),
            (41, "/v1/shelves/1/books", 413),
        ):
            text = b"{}" + b" " * (size - 2)
            assert (await client.post(path, content=text, headers=JSON)).status_code == status
            answer = await client.post(path, content=in_parts(text), headers=JSON)
            assert answer.status_code == status
        assert answer.json()["code"] == 8


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"title": "a", "pages": 1}, ["pages", "title"]),
        ({"displayTags": [], "author": {"givenName": "a"}}, ["author.given_name", "display_tags"]),
        ({"author": {}, "title": None}, ["author", "title"]),
        ({"author": None}, ["author"]),
        ({}, []),
    ],
)
async def test_a_patch_without_a_mask_updates_what_its_body_names(
    client: httpx.AsyncClient, service: Library, body: dict[str, Any], paths: list[str]
) -> None:
    assert (await client.patch(BOOK, json=body)).status_code == 200
    assert list(service.asked.update_mask.paths) == paths
    assert service.asked.book.name == "shelves/1/books/2"


async def test_an_explicit_mask_wins(client: httpx.AsyncClient, service: Library) -> None:
    await client.patch(f"{BOOK}?updateMask=title,displayTags", json={"pages": 1})
    assert list(service.asked.update_mask.paths) == ["title", "display_tags"]
