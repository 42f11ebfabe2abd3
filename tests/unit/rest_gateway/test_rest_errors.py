from __future__ import annotations

import asyncio
import logging

import grpc
import httpx
import pytest

from discador.rest_gateway import RestGateway
from discador.rest_gateway.json_out import JsonPrinter
from tests.unit.rest_gateway.rest_kit import SERVICE, Library, client_of, library

STATUS = {
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429,
    9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip


@pytest.mark.parametrize(("code", "status"), STATUS.items())
async def test_each_code_has_its_status(client: httpx.AsyncClient, code: int, status: int) -> None:
    answer = await client.get(f"/v1/fail/{code}?message=because")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers.get("www-authenticate") == ("Bearer" if code == 16 else None)
    body = answer.json()
    assert body["code"] == code
    if code in (2, 13, 15):
        assert body["message"].startswith("internal error (id ")
        assert [detail["reason"] for detail in body["details"]] == ["internal-error"]
    else:
        assert (body["message"], body["details"]) == ("because", [])


@pytest.mark.parametrize(
    ("method", "path", "content", "content_type", "status", "reason"),
    [
        ("GET", "/v1/nowhere", b"", "", 404, "path-not-found"),
        ("PUT", "/v1/echo", b"", "", 405, "method-not-allowed"),
        ("POST", "/v1/echo", b"{", "application/json", 400, "request-invalid"),
        ("POST", "/v1/echo", b'{"none": 1}', "application/json", 400, "request-invalid"),
        ("POST", "/v1/echo", b"text=a", "application/x-www-form-urlencoded", 415, "content-type-unsupported"),
        ("POST", "/v1/echo", b" " * (2 << 20), "application/json", 413, "body-too-large"),
    ],
)
async def test_what_the_gateway_itself_refuses_has_a_stable_reason(
    client: httpx.AsyncClient, method: str, path: str, content: bytes, content_type: str, status: int, reason: str
) -> None:
    answer = await client.request(method, path, content=content, headers={"content-type": content_type})
    assert answer.status_code == status
    assert [detail["reason"] for detail in answer.json()["details"] if "reason" in detail] == [reason]


async def test_details_are_printed_and_retry_info_becomes_retry_after(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/fail/14?message=busy&detailed=true")
    assert answer.headers["retry-after"] == "3"
    prefix = "type.googleapis.com/"
    assert answer.json()["details"] == [
        {"@type": prefix + "google.rpc.RetryInfo", "retryDelay": "2.000000001s"},
        {
            "@type": prefix + "google.rpc.ErrorInfo",
            "reason": "NO_BOOK",
            "domain": "library",
            "metadata": {"shelf": "1"},
        },
        {"@type": prefix + "google.protobuf.StringValue", "value": "boxed"},
        {"@type": prefix + "unknown.Type", "value": "AQI="},
    ]


async def test_the_inside_of_a_service_is_logged_under_an_id_and_never_shown(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/v1/fail/99")
    assert (answer.status_code, answer.json()["code"]) == (500, 2)
    incident = answer.json()["message"].removeprefix("internal error (id ").removesuffix(")")
    assert "inside" not in answer.text and "RuntimeError" not in answer.text
    record = next(r for r in caplog.records if r.name == "discador.rest_gateway.errors")
    assert incident in record.getMessage() and "inside of the service" in record.getMessage()
    assert record.levelno == logging.ERROR


async def test_an_unreachable_service_is_503_without_its_address() -> None:
    async with (
        grpc.aio.insecure_channel("127.0.0.1:1") as channel,
        client_of(RestGateway(library(), {SERVICE: channel})) as client,
    ):
        answer = await client.get("/v1/books")
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert "127.0.0.1" not in answer.text


async def test_a_channel_closed_under_a_call_is_503(
    client: httpx.AsyncClient, channel: grpc.aio.Channel, service: Library
) -> None:
    waiting = asyncio.ensure_future(client.get("/v1/sleep"))
    await service.started.wait()
    await channel.close()
    assert (await waiting).status_code == 503


async def test_what_goes_wrong_in_the_gateway_shows_no_python(
    channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: JsonPrinter, descriptor: object) -> object:
        raise RuntimeError("secret of the gateway")

    async with client_of(RestGateway(library(), {SERVICE: channel})) as client:
        monkeypatch.setattr(JsonPrinter, "message", broken)
        answer = await client.get("/v1/books")
        stream = await client.get("/v1/events?count=1")
    for failed in (answer, stream):
        assert (failed.status_code, failed.json()["code"]) == (500, 13)
        assert "secret" not in failed.text and "RuntimeError" not in failed.text
