"""The way from the command line to the master: address, token, stubs, errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc

from discador.cli import run_file
from discador.cli.choices import UsageFailure
from discador.cli.failure import Unreachable, from_rpc
from discador.runtime.settings import load, setting
from discador.v1 import (
    attempt_pb2_grpc,
    audit_pb2_grpc,
    campaign_pb2_grpc,
    dnc_pb2_grpc,
    identity_pb2_grpc,
    lead_pb2_grpc,
    node_pb2_grpc,
    system_pb2_grpc,
    trunk_pb2_grpc,
    worker_pb2_grpc,
)

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class CliSettings:
    """What the command line reads from the environment."""

    data_dir: str = setting("DISCADOR_DATA_DIR", default="data", help="where `discador up` keeps its files")
    master: str = setting("DISCADOR_MASTER_ADDRESS", default="", help="host:port of the master")
    token: str = setting("DISCADOR_SERVICE_TOKEN", default="", secret=True, help="service token")


@dataclass(frozen=True)
class Target:
    """Where the master is, and what opens it."""

    address: str
    token: str


def target(settings: CliSettings | None = None) -> Target:
    """Return the master's address and token, or raise `Unreachable` saying what to set."""
    settings = settings or load(CliSettings)
    run = run_file.read(Path(settings.data_dir) / "run.json")
    address = settings.master or (run.master if run else "")
    token = settings.token or (run.service_token if run else "")
    if not address or not token:
        raise Unreachable(
            f"No master is known: `discador up` does not run with the data directory {settings.data_dir!r}. "
            "Start it, or set DISCADOR_MASTER_ADDRESS and DISCADOR_SERVICE_TOKEN.",
            "master-unknown",
        )
    if not (token.isascii() and token.isprintable()):
        raise UsageFailure("DISCADOR_SERVICE_TOKEN holds characters that no token has.", "settings-invalid")
    return Target(address, token)


class _Token(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Adds the token, and a deadline where the call has none. Imports have none: they last as long as they last."""

    def __init__(self, token: str) -> None:
        self._metadata = (("authorization", f"Bearer {token}"),)

    def _details(self, details: Any, timeout: float | None) -> Any:
        return details._replace(
            metadata=(*(details.metadata or ()), *self._metadata), timeout=details.timeout or timeout
        )

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._details(details, TIMEOUT_S), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._details(details, None), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._details(details, None), requests)


class Api:
    """Stubs of the public services over one channel."""

    def __init__(self, where: Target) -> None:
        self.address = where.address
        self._channel = grpc.intercept_channel(grpc.insecure_channel(where.address), _Token(where.token))

    @cached_property
    def campaigns(self) -> Any:
        return campaign_pb2_grpc.CampaignServiceStub(self._channel)

    @cached_property
    def leads(self) -> Any:
        return lead_pb2_grpc.LeadServiceStub(self._channel)

    @cached_property
    def attempts(self) -> Any:
        return attempt_pb2_grpc.AttemptServiceStub(self._channel)

    @cached_property
    def trunks(self) -> Any:
        return trunk_pb2_grpc.TrunkServiceStub(self._channel)

    @cached_property
    def nodes(self) -> Any:
        return node_pb2_grpc.NodeServiceStub(self._channel)

    @cached_property
    def workers(self) -> Any:
        return worker_pb2_grpc.WorkerServiceStub(self._channel)

    @cached_property
    def system(self) -> Any:
        return system_pb2_grpc.SystemServiceStub(self._channel)

    @cached_property
    def dnc(self) -> Any:
        return dnc_pb2_grpc.DncServiceStub(self._channel)

    @cached_property
    def users(self) -> Any:
        return identity_pb2_grpc.UserServiceStub(self._channel)

    @cached_property
    def tokens(self) -> Any:
        return identity_pb2_grpc.TokenServiceStub(self._channel)

    @cached_property
    def sessions(self) -> Any:
        return identity_pb2_grpc.SessionServiceStub(self._channel)

    @cached_property
    def audit(self) -> Any:
        return audit_pb2_grpc.AuditServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()


@contextmanager
def connected(where: Target | None = None) -> Iterator[Api]:
    """Yield the API; a failed RPC inside becomes a `Failure`."""
    api = Api(where or target())
    try:
        yield api
    except grpc.RpcError as error:
        raise from_rpc(error, api.address) from error
    finally:
        api.close()


def request_id() -> str:
    """A fresh id for a mutating request, so that a retry of the transport is harmless."""
    return str(uuid.uuid4())
