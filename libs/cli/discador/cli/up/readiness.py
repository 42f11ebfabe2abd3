"""Waiting until everything that `discador up` started says that it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc

from discador.cli.connection import Api, Target
from discador.cli.failure import Failure
from discador.cli.run_file import RunFile
from discador.v1 import node_pb2, system_pb2

TIMEOUT_S = 60.0


async def until_ready(run: RunFile, workers: int, show: Callable[[str], None]) -> None:
    """Return once all services report ready and the node's Asterisk is up; raise `Failure` naming what is missing."""
    wanted = {"master": 1, "worker": workers, "ami-gateway": 1, "maintenance": 1, "web": 1}
    end = asyncio.get_running_loop().time() + TIMEOUT_S
    missing = "master"
    while asyncio.get_running_loop().time() < end:
        missing = await asyncio.to_thread(_missing, run, wanted)
        if not missing:
            return
        show(missing)
        await asyncio.sleep(0.2)
    raise Failure(f"Not ready after {TIMEOUT_S:.0f} s: {missing}. The logs in {run.logs} say why.", "not-ready")


def _missing(run: RunFile, wanted: dict[str, int]) -> str:
    api = Api(Target(run.master, run.service_token))
    try:
        system = api.system.GetSystem(system_pb2.GetSystemRequest(), timeout=3)
        for service, count in wanted.items():
            ready = sum(1 for s in system.services if s.service == service and s.state == "ready")
            if ready < count:
                return service
        for node in api.nodes.ListNodes(node_pb2.ListNodesRequest(), timeout=3).nodes:
            if node.ami_state not in (node_pb2.AMI_STATE_UP, node_pb2.AMI_STATE_LOGIN_REFUSED):
                return f"Asterisk of node {node.name}"
    except grpc.RpcError:
        return "master"
    finally:
        api.close()
    return ""
