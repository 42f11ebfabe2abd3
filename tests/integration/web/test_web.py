"""The web service over real HTTP, with a master of gRPC behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from discador.v1 import campaign_pb2, campaign_pb2_grpc, system_pb2, system_pb2_grpc
from discador.web.app import make_app
from discador.web.server import HttpServer

TOKEN = "api-token-of-the-test"
BEARER = {"authorization": f"Bearer {TOKEN}"}


class System(system_pb2_grpc.SystemServiceServicer):
    def __init__(self) -> None:
        self.state = system_pb2.SYSTEM_STATE_STOPPED

    async def GetSystem(self, request: Any, context: Any) -> system_pb2.System:
        return system_pb2.System(state=self.state, version="1")

    async def StartSystem(self, request: Any, context: Any) -> system_pb2.System:
        self.state = system_pb2.SYSTEM_STATE_RUNNING
        return system_pb2.System(state=self.state)


class Campaigns(campaign_pb2_grpc.CampaignServiceServicer):
    async def PauseCampaign(self, request: Any, context: Any) -> campaign_pb2.Campaign:
        return campaign_pb2.Campaign(id=request.id, state=campaign_pb2.CAMPAIGN_STATE_PAUSED)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    server = grpc.aio.server()
    system_pb2_grpc.add_SystemServiceServicer_to_server(System(), server)
    campaign_pb2_grpc.add_CampaignServiceServicer_to_server(Campaigns(), server)
    serving = health.aio.HealthServicer()
    await serving.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(serving, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        app = make_app(lambda: channel, lambda: channel, TOKEN, "1")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web") as web:
            yield web
    await server.stop(0)


async def test_health_needs_no_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ok", "master": "serving"}


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"authorization": f"Basic {TOKEN}"}],
)
async def test_without_the_token_nothing_is_told(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for path in ("/api/v1/system", "/api/discador-status.php", "/api/openapi.json", "/api/v1/nowhere"):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == 16


async def test_public_rpcs_answer_as_rest(client: httpx.AsyncClient) -> None:
    system = await client.get("/api/v1/system", headers=BEARER)
    assert system.json()["state"] == "SYSTEM_STATE_STOPPED"
    paused = await client.post("/api/v1/campaigns/7:pause", headers=BEARER, json={"requestId": "r"})
    assert paused.json()["id"] == "7"
    assert paused.json()["state"] == "CAMPAIGN_STATE_PAUSED"
    assert (await client.post("/api/v1/campaigns/7:explode", headers=BEARER)).status_code in (404, 405)
    assert (await client.get("/api/v1/nowhere", headers=BEARER)).json()["code"] == 5


async def test_the_document_describes_every_public_path(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json", headers=BEARER)).json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/campaigns/{id}:start" in document["paths"]
    assert "/api/v1/maintenance/rescue" in document["paths"]
    assert not any("Gateway" in path for path in document["paths"])


async def test_the_predecessors_paths_go_on_working(client: httpx.AsyncClient) -> None:
    before = (await client.get("/api/discador-status.php", headers=BEARER)).json()
    assert (before["success"], before["status"]) == (True, "stopped")
    order = {"action": "control", "command": "start"}
    assert (await client.post("/api/discador-control.php", headers=BEARER, json=order)).json()["status"] == "running"
    for bad in (
        {"action": "control", "command": "explode"},
        {"command": "start"},
        [],
        "x",
        {"action": "control", "command": []},
    ):
        refused = await client.post("/api/discador-control.php", headers=BEARER, json=bad)
        assert refused.status_code == 400
        assert refused.json()["error"] == "control-invalid"


async def test_a_missing_master_is_said_and_not_hidden(client: httpx.AsyncClient) -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nobody:
        app = make_app(lambda: nobody, lambda: nobody, TOKEN, "1")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web") as web:
            assert (await web.get("/readyz")).status_code == 503
            assert (await web.get("/api/v1/system", headers=BEARER)).status_code == 503
            assert (await web.get("/api/discador-status.php", headers=BEARER)).json()["error"] == "master-unreachable"


@pytest.mark.parametrize(
    "path", ["/api/v1/campaigns/%0A", "/api/v1/trunks/1%0Dx", "/api/v1/nowhere", "/api/%0A", "//api"]
)
async def test_every_path_of_rest_is_answered_in_json(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BEARER)
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/json"
    assert [detail["reason"] for detail in answer.json()["details"] if "reason" in detail]


async def test_a_request_framed_twice_is_refused_and_what_follows_it_is_no_request() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    server = HttpServer(app, grace_s=1.0)
    port = server.bind("127.0.0.1", 0)
    serving = asyncio.create_task(server.run_until_stopped())
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.read()
    writer.close()
    await server.quieten()
    await serving
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400") and b"request-framing-invalid" in answer
