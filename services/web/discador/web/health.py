"""`/healthz`: the process lives. `/readyz`: the master answers too."""

from __future__ import annotations

from collections.abc import Callable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def routes(channel: Callable[[], grpc.aio.Channel]) -> list[Route]:
    """Return both routes; `channel` gives the channel to the master."""

    async def alive(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> JSONResponse:
        try:
            answer = await health_pb2_grpc.HealthStub(channel()).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.aio.AioRpcError as error:
            return JSONResponse({"status": "not ready", "master": error.code().name.lower()}, status_code=503)
        serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        state = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status).lower()
        body = {"status": "ok" if serving else "not ready", "master": state}
        return JSONResponse(body, status_code=200 if serving else 503)

    return [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
