"""Waiting until everything that `discador up` started says that it is ready."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import grpc

from discador.cli.connection import Api, Target
from discador.cli.failure import Failure
from discador.cli.run_file import RunFile
from discador.v1 import node_pb2, system_pb2

TIMEOUT_S = 60.0
ASTERISK_S = 10.0


async def until_ready(run: RunFile, workers: int, show: Callable[[str], None]) -> tuple[str, ...]:
    """Return once all services report ready; raise `Failure` naming the one that does not.

    An Asterisk is waited for shortly only: it may come when it wants. What is returned says which are not up.
    """
    wanted = {"master": 1, "worker": workers, "ami-gateway": 1, "maintenance": 1, "web": 1}
    await _until(lambda: _missing(run, wanted), TIMEOUT_S, show)
    if missing := _missing(run, wanted):
        raise Failure(f"Not ready after {TIMEOUT_S:.0f} s: {missing}. The logs in {run.logs} say why.", "not-ready")
    await _until(lambda: ", ".join(_nodes_down(run)), ASTERISK_S, show)
    return await asyncio.to_thread(_nodes_down, run)


async def _until(missing: Callable[[], str], within: float, show: Callable[[str], None]) -> None:
    """Wait until nothing is missing, or the time is over."""
    end = asyncio.get_running_loop().time() + within
    while (name := await asyncio.to_thread(missing)) and asyncio.get_running_loop().time() < end:
        show(name)
        await asyncio.sleep(0.2)


def _missing(run: RunFile, wanted: Mapping[str, int]) -> str:
    api = Api(Target(run.master, run.service_token))
    try:
        system = api.system.GetSystem(system_pb2.GetSystemRequest(), timeout=3)
    except grpc.RpcError:
        return "master"
    finally:
        api.close()
    ready = Counter(service.service for service in system.services if service.state == "ready")
    return next((service for service, count in wanted.items() if ready[service] < count), "")


def _nodes_down(run: RunFile) -> tuple[str, ...]:
    api = Api(Target(run.master, run.service_token))
    try:
        nodes = api.nodes.ListNodes(node_pb2.ListNodesRequest(), timeout=3).nodes
    except grpc.RpcError:
        return ("Asterisk",)
    finally:
        api.close()
    return tuple(
        f"Asterisk of node {node.name}" + (f" ({node.ami_detail})" if node.ami_detail else "")
        for node in nodes
        if not node.disabled and node.ami_state != node_pb2.AMI_STATE_UP
    )
