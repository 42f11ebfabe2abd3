"""The OpenAPI document of Discador's own contract, as generators of clients read it."""

from __future__ import annotations

from importlib import resources
from typing import Any

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway

SERVICES = tuple(f"discador.v1.{name}Service" for name in ("Campaign", "Lead", "Attempt", "Trunk", "Node", "Dnc"))


@pytest.fixture
async def document() -> Any:
    descriptors = resources.files("discador.v1").joinpath("descriptors.binpb").read_bytes()
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        gateway = RestGateway(descriptors, dict.fromkeys(SERVICES, channel))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://web") as client:
            return (await client.get("/openapi.json")).json()


def parameters(document: Any) -> list[dict[str, Any]]:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    return [parameter for operation in operations for parameter in operation.get("parameters", ())]


async def test_no_parameter_of_a_path_has_a_dot_which_most_generators_do_not_bear(document: Any) -> None:
    names = {parameter["name"] for parameter in parameters(document) if parameter["in"] == "path"}
    assert names and not [name for name in names if "." in name]
    assert "/api/v1/campaigns/{lead_campaign_id}/leads" in document["paths"]


async def test_ids_are_told_to_be_digits(document: Any) -> None:
    ids = [one["schema"] for one in parameters(document) if one["schema"].get("format") == "int64"]
    assert ids and all(schema["pattern"] == r"^-?\d+$" for schema in ids)
