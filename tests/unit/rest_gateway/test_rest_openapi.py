from __future__ import annotations

import re
from typing import Any

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, client_of, library


@pytest.fixture
async def document(client: httpx.AsyncClient) -> Any:
    return (await client.get("/openapi.json")).json()


async def test_it_has_an_etag_and_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/openapi.json")
    assert first.headers["content-type"] == "application/json"
    again = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("/openapi.json")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    wrong = await client.post("/openapi.json")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")


async def test_it_may_be_served_elsewhere_below_the_mount_point(channel: grpc.aio.Channel) -> None:
    gateway = RestGateway(library(), {SERVICE: channel}, openapi_path="/v1/openapi.json")
    async with client_of(gateway) as client:
        assert (await client.get("/v1/openapi.json")).json()["servers"] == [{"url": "/"}]
        assert (await client.get("/openapi.json")).status_code == 404


async def test_every_route_is_described_with_the_comments_of_its_proto(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    book = document["paths"]["/v1/shelves/{shelves}/books/{books}"]
    assert set(book) == {"get", "patch", "delete"}
    assert book["patch"]["parameters"][0]["description"] == "Part of `book.name`, which is `shelves/*/books/*`."
    assert book["get"]["summary"] == "Returns a book"
    assert book["get"]["description"] == "Returns a book. Its etag changes with every edition."
    assert book["get"]["operationId"] == "library_v1_Library_GetBook"
    assert document["tags"] == [{"name": "library.v1.Library", "description": "Books on shelves. Lent to anybody."}]
    assert "/v1/echo/{text}:whole" in document["paths"]
    assert document["paths"]["/v1/books:count"]["get"]["operationId"] == "library_v1_Library_ListBooks_3"


async def test_every_variable_of_a_path_is_a_parameter(document: Any) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert declared == set(re.findall(r"{([^}]*)}", path)), path


async def test_operation_ids_and_identical_templates_do_not_repeat(document: Any) -> None:
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    bare = [re.sub(r"{[^}]*}", "{}", path) for path in document["paths"]]
    assert len(bare) == len(set(bare))


async def test_every_reference_leads_somewhere(document: Any) -> None:
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found.add(value["$ref"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(document)
    schemas = document["components"]["schemas"]
    assert found == {f"#/components/schemas/{name}" for name in schemas}


async def test_schemas_say_what_json_holds(document: Any) -> None:
    schemas = document["components"]["schemas"]
    book = schemas["library.v1.Book"]
    assert book["required"] == ["title"]
    assert book["properties"]["pages"] == {"type": "string", "format": "int64", "pattern": r"^-?\d+$"}
    assert book["properties"]["etag"] == {"type": "string", "readOnly": True}
    assert book["properties"]["title"]["description"] == "As printed on the cover."
    everything = schemas["library.v1.Everything"]["properties"]
    assert everything["labels"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert everything["kinds"]["items"] == {"$ref": "#/components/schemas/library.v1.Kind"}
    assert everything["at"] == {"type": "string", "format": "date-time"}
    assert everything["boxedLarge"]["anyOf"][1] == {"type": "null"}
    assert schemas["library.v1.Kind"] == {
        "type": "string",
        "enum": ["KIND_UNSPECIFIED", "KIND_FICTION", "KIND_FACT"],
        "description": "- `KIND_FICTION`: Invented.",
    }


async def test_queries_bodies_and_streams_are_described(document: Any) -> None:
    paths = document["paths"]
    echo = {p["name"]: p for p in paths["/v1/echo"]["get"]["parameters"]}
    assert {"text", "inner.name", "labels", "at", "boxedText", "times"} <= set(echo)
    assert not {"inner", "inners", "object", "any", "value", "byNumber"} & set(echo)
    assert "parameters" not in paths["/v1/echo"]["post"]
    assert paths["/v1/numbers"]["post"]["requestBody"]["content"]["application/json"]["schema"]["type"] == "array"
    assert (
        paths["/v1/books:count"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["type"] == "string"
    )
    assert set(paths["/v1/events"]["get"]["responses"]["200"]["content"]) == {
        "application/x-ndjson",
        "text/event-stream",
    }
    assert set(paths["/v1/download"]["get"]["responses"]["200"]["content"]) == {"*/*"}
