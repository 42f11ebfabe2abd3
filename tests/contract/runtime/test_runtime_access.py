"""Permissions are checked by every server, whatever it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from discador.core.identity import Caller, CallerKind, Role, permissions_of
from discador.runtime.caller import METADATA_KEY, current_caller, decoded, encoded
from discador.runtime.grpc_client import channel
from discador.runtime.grpc_server import GrpcServer
from discador.v1 import gateway_pb2, gateway_pb2_grpc, maintenance_pb2, maintenance_pb2_grpc

TOKEN = "token-of-the-test"
GetRescue = maintenance_pb2.GetRescueRequest


class Maintenance(maintenance_pb2_grpc.MaintenanceServiceServicer):
    async def GetRescue(self, request: Any, context: Any) -> maintenance_pb2.Rescue:
        return maintenance_pb2.Rescue(last_error=current_caller().title)


class Gateway(gateway_pb2_grpc.GatewayServiceServicer):
    async def GetStatus(self, request: Any, context: Any) -> gateway_pb2.GatewayStatus:
        return gateway_pb2.GatewayStatus()


@pytest.fixture
async def opened() -> AsyncIterator[grpc.aio.Channel]:
    server = GrpcServer(
        "127.0.0.1:0",
        TOKEN,
        [
            (maintenance_pb2_grpc.add_MaintenanceServiceServicer_to_server, Maintenance()),
            (gateway_pb2_grpc.add_GatewayServiceServicer_to_server, Gateway()),
        ],
    )
    port = await server.start()
    async with channel(f"127.0.0.1:{port}", TOKEN) as opened:
        yield opened
    await server.stop(0)


def by(role: Role, **more: Any) -> dict[str, Any]:
    caller = Caller(CallerKind.USER, 1, "ana", (role,), permissions_of([role]), **more)
    assert decoded(encoded(caller)) == caller
    return {"metadata": ((METADATA_KEY, encoded(caller)),)}


async def test_the_caller_is_known_inside_and_the_system_without_one(opened: grpc.aio.Channel) -> None:
    stub = maintenance_pb2_grpc.MaintenanceServiceStub(opened)
    assert (await stub.GetRescue(GetRescue())).last_error == "system"
    assert (await stub.GetRescue(GetRescue(), **by(Role.AUDITOR))).last_error == "ana"
    assert (await stub.GetRescue(GetRescue())).last_error == "system"


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.CAMPAIGN_MANAGER])
async def test_without_the_permission_no_service_answers(opened: grpc.aio.Channel, role: Role) -> None:
    stub = maintenance_pb2_grpc.MaintenanceServiceStub(opened)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetRescue(GetRescue(), **by(role))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_internal_services_answer_no_caller_at_all(opened: grpc.aio.Channel) -> None:
    stub = gateway_pb2_grpc.GatewayServiceStub(opened)
    assert await stub.GetStatus(gateway_pb2.GetStatusRequest()) is not None
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetStatus(gateway_pb2.GetStatusRequest(), **by(Role.ADMINISTRATOR))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
