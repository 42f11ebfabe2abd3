"""The two REST paths of the predecessor (Discador v2.0), so that scripts written for it go on working."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from discador.v1 import system_pb2, system_pb2_grpc

COMMANDS = {
    "start": ("StartSystem", system_pb2.StartSystemRequest),
    "stop": ("StopSystem", system_pb2.StopSystemRequest),
    "restart": ("RestartSystem", system_pb2.RestartSystemRequest),
}
_LIMIT = 64 * 1024


def routes(channel: Callable[[], grpc.aio.Channel]) -> list[Route]:
    """Return the routes; `channel` gives the channel to the master."""

    async def status(request: Request) -> JSONResponse:
        return await _answer(request, channel(), "GetSystem", system_pb2.GetSystemRequest())

    async def control(request: Request) -> JSONResponse:
        body = await _body(request)
        command = body.get("command") if isinstance(body, dict) and body.get("action") == "control" else None
        if not isinstance(command, str) or command not in COMMANDS:
            message = 'Send {"action": "control", "command": "start" | "stop" | "restart"}.'
            return JSONResponse({"success": False, "error": "control-invalid", "message": message}, status_code=400)
        rpc, message_class = COMMANDS[command]
        return await _answer(request, channel(), rpc, message_class())

    return [
        Route("/api/discador-status.php", status, methods=["GET"]),
        Route("/api/discador-control.php", control, methods=["POST"]),
    ]


async def _body(request: Request) -> Any:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LIMIT:
            return None
    try:
        return json.loads(content)
    except ValueError:
        return None


async def _answer(request: Request, channel: grpc.aio.Channel, rpc: str, message: Any) -> JSONResponse:
    stub: Any = system_pb2_grpc.SystemServiceStub(channel)
    try:
        system = await getattr(stub, rpc)(message, timeout=10, metadata=getattr(request.state, "rpc_metadata", ()))
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.PERMISSION_DENIED:
            denied = {"success": False, "error": "permission-denied", "message": "You may not do this."}
            return JSONResponse(denied, status_code=403)
        code = 503 if error.code() is grpc.StatusCode.UNAVAILABLE else 500
        failure = {"success": False, "error": "master-unreachable", "message": "The master does not answer."}
        return JSONResponse(failure, status_code=code)
    data = MessageToDict(system, always_print_fields_with_no_presence=True)
    running = system.state == system_pb2.SYSTEM_STATE_RUNNING
    return JSONResponse({"success": True, "status": "running" if running else "stopped", "data": data})
