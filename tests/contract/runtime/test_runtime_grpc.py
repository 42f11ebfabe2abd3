"""The gRPC server and client against each other on loopback: token, errors, deadlines, health, orderly end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import redis.exceptions
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from discador.runtime import log
from discador.runtime.errors import Conflict, Exhausted, InvalidInput, NotFound, PermissionDenied, Unavailable
from discador.runtime.grpc_client import RemoteError, channel, deadline, raise_rich, remote_error
from discador.runtime.grpc_server import GrpcServer, PortInUse

TOKEN = "a-token-for-tests"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class DomainRefusal(Exception):
    """What the pure core raises: known here by its attributes only."""

    error_id = "campaign-illegal-transition"
    kind = "precondition"


class Fault:
    path = "pacing.ratio"
    message = "must be at least 1"


class DomainFaults(Exception):
    error_id = "settings-invalid"
    faults = (Fault(),)


class Echo:
    """A servicer whose answer depends on the text it is sent."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.errors: dict[str, Exception] = {}
        self.remaining_s: float | None = None

    async def unary(self, request: StringValue, context: Any) -> StringValue:
        if request.value in self.errors:
            raise self.errors[request.value]
        if request.value == "own-abort":
            await context.abort(grpc.StatusCode.DATA_LOSS, "said by the handler")
        if request.value == "remaining":
            self.remaining_s = context.time_remaining()
        if request.value == "wait":
            self.entered.set()
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        return StringValue(value=f"echo {request.value}")

    async def generator(self, request: StringValue, context: Any) -> AsyncIterator[StringValue]:
        yield StringValue(value="first")
        if request.value in self.errors:
            raise self.errors[request.value]
        self.entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    async def writer(self, request: StringValue, context: Any) -> None:
        await context.write(StringValue(value="first"))
        if request.value in self.errors:
            raise self.errors[request.value]
        self.entered.set()
        await asyncio.Event().wait()


def add_echo(servicer: Echo, server: Any) -> None:
    codec = {"request_deserializer": StringValue.FromString, "response_serializer": StringValue.SerializeToString}
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(servicer.unary, **codec),
        "Generator": grpc.unary_stream_rpc_method_handler(servicer.generator, **codec),
        "Writer": grpc.unary_stream_rpc_method_handler(servicer.writer, **codec),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))


class Caller:
    """The client's side of the same service."""

    def __init__(self, open_channel: grpc.aio.Channel) -> None:
        codec = {"request_serializer": StringValue.SerializeToString, "response_deserializer": StringValue.FromString}
        self.unary: Any = open_channel.unary_unary("/test.Echo/Unary", **codec)
        self.generator: Any = open_channel.unary_stream("/test.Echo/Generator", **codec)
        self.writer: Any = open_channel.unary_stream("/test.Echo/Writer", **codec)
        self.missing: Any = open_channel.unary_unary("/test.Echo/Missing", **codec)
        self.health = health_pb2_grpc.HealthStub(open_channel)
        self.reflection = reflection_pb2_grpc.ServerReflectionStub(open_channel)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def server(echo: Echo) -> AsyncIterator[GrpcServer]:
    log.configure("test", "info")
    running = GrpcServer("127.0.0.1:0", TOKEN, [(add_echo, echo)], reflection=True)
    await running.start()
    await running.set_serving()
    yield running
    await running.stop(0)


@pytest.fixture
async def caller(server: GrpcServer) -> AsyncIterator[Caller]:
    async with channel(f"127.0.0.1:{server.port}", TOKEN) as open_channel:
        yield Caller(open_channel)


async def refusal(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return remote_error(caught.value)


async def test_a_call_with_the_token_is_answered(caller: Caller) -> None:
    assert (await caller.unary(StringValue(value="hello"))).value == "echo hello"


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
async def test_a_call_without_the_right_token_is_refused_before_the_handler(
    server: GrpcServer, echo: Echo, token: str
) -> None:
    async with channel(f"127.0.0.1:{server.port}", token) as open_channel:
        caller = Caller(open_channel)
        refused = await refusal(caller.unary(StringValue(value="wait")))
        assert (refused.code, refused.error_id) == (grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await caller.generator(StringValue(value="x")).read()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert not echo.entered.is_set()


async def test_health_needs_no_token_and_knows_each_service(server: GrpcServer) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as bare:
        stub = health_pb2_grpc.HealthStub(bare)
        for service in ("", "test.Echo"):
            assert (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status == SERVING
        await server.set_not_serving("test.Echo")
        assert (await stub.Check(health_pb2.HealthCheckRequest(service="test.Echo"))).status == NOT_SERVING
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == SERVING


async def test_a_server_is_not_serving_until_it_is_said_to(echo: Echo) -> None:
    server = GrpcServer("127.0.0.1:0", TOKEN, [(add_echo, echo)])
    await server.start()
    async with channel(f"127.0.0.1:{server.port}", TOKEN) as open_channel:
        check = await Caller(open_channel).health.Check(health_pb2.HealthCheckRequest(service="test.Echo"))
    assert check.status == NOT_SERVING
    await server.stop(0)


@pytest.mark.parametrize(
    ("error", "code", "error_id"),
    [
        (NotFound("no such list"), grpc.StatusCode.NOT_FOUND, "not-found"),
        (Conflict("changed", error_id="etag-mismatch"), grpc.StatusCode.ABORTED, "etag-mismatch"),
        (PermissionDenied("not yours"), grpc.StatusCode.PERMISSION_DENIED, "permission-denied"),
        (DomainRefusal("cannot start"), grpc.StatusCode.FAILED_PRECONDITION, "campaign-illegal-transition"),
        (TimeoutError(), grpc.StatusCode.DEADLINE_EXCEEDED, "deadline-exceeded"),
    ],
)
async def test_an_error_arrives_with_its_code_id_and_text(
    caller: Caller, echo: Echo, error: Exception, code: grpc.StatusCode, error_id: str
) -> None:
    echo.errors["go"] = error
    refused = await refusal(caller.unary(StringValue(value="go")))
    assert (refused.code, refused.error_id) == (code, error_id)
    assert str(error) in refused.message


async def test_violations_and_retry_advice_arrive(caller: Caller, echo: Echo) -> None:
    echo.errors["bad"] = InvalidInput("two faults", violations=[("name", "is empty"), ("ratio", "é grande demais")])
    echo.errors["domain"] = DomainFaults("pacing.ratio: must be at least 1")
    echo.errors["busy"] = Exhausted("too many calls", retry_after_s=2.5)
    bad = await refusal(caller.unary(StringValue(value="bad")))
    assert bad.violations == (("name", "is empty"), ("ratio", "é grande demais"))
    domain = await refusal(caller.unary(StringValue(value="domain")))
    assert (domain.code, domain.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        (("pacing.ratio", "must be at least 1"),),
    )
    busy = await refusal(caller.unary(StringValue(value="busy")))
    assert (busy.code, busy.retry_after_s) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 2.5)


async def test_an_unforeseen_error_shows_an_incident_that_is_in_the_log_and_no_python(
    caller: Caller, echo: Echo, events: Any
) -> None:
    echo.errors["go"] = KeyError("password of +5511999998843")
    refused = await refusal(caller.unary(StringValue(value="go")))
    assert (refused.code, refused.error_id) == (grpc.StatusCode.INTERNAL, "internal")
    assert "password" not in refused.message
    assert "KeyError" not in refused.message
    [logged] = [event for event in events() if event["event"] == "rpc.failed"]
    assert logged["incident"] in refused.message
    assert logged["method"] == "/test.Echo/Unary"
    assert logged["error"]["type"] == "KeyError"
    assert "999998843" not in str(logged)


async def test_what_another_service_refused_is_passed_on_as_it_was(caller: Caller, echo: Echo) -> None:
    echo.errors["inner"] = Unavailable("the node is away", error_id="node-away", retry_after_s=3)
    first = await refusal(caller.unary(StringValue(value="inner")))
    echo.errors["outer"] = first
    second = await refusal(caller.unary(StringValue(value="outer")))
    assert (second.code, second.error_id, second.message, second.retry_after_s) == (
        grpc.StatusCode.UNAVAILABLE,
        "node-away",
        "the node is away",
        3.0,
    )


async def test_a_failed_call_inside_a_handler_tells_no_addresses(caller: Caller, echo: Echo) -> None:
    async with channel("127.0.0.1:1", TOKEN) as nowhere:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await Caller(nowhere).unary(StringValue(value="x"))
    echo.errors["go"] = caught.value
    refused = await refusal(caller.unary(StringValue(value="go")))
    assert (refused.code, refused.error_id) == (grpc.StatusCode.UNAVAILABLE, "remote-unavailable")
    assert "127.0.0.1" not in refused.message


async def test_an_abort_by_the_handler_itself_stands(caller: Caller) -> None:
    refused = await refusal(caller.unary(StringValue(value="own-abort")))
    assert (refused.code, refused.error_id) == (grpc.StatusCode.DATA_LOSS, "remote-data-loss")


async def test_raise_rich_raises_the_remote_error(caller: Caller, echo: Echo) -> None:
    echo.errors["go"] = NotFound("no such list")
    with pytest.raises(RemoteError, match="no such list"):
        try:
            await caller.unary(StringValue(value="go"))
        except grpc.aio.AioRpcError as error:
            raise_rich(error)


async def test_an_unknown_method_is_unimplemented(caller: Caller) -> None:
    assert (await refusal(caller.missing(StringValue()))).code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("kind", ["generator", "writer"])
async def test_an_error_in_mid_stream_arrives_after_the_messages_before_it(
    caller: Caller, echo: Echo, kind: str
) -> None:
    echo.errors["go"] = Unavailable("lost the thread", error_id="thread-lost")
    stream = getattr(caller, kind)(StringValue(value="go"))
    assert (await stream.read()).value == "first"
    refused = await refusal(stream.read())
    assert refused.error_id == "thread-lost"


async def test_a_unary_call_gets_the_default_deadline_and_a_stream_none(server: GrpcServer, echo: Echo) -> None:
    async with channel(f"127.0.0.1:{server.port}", TOKEN, default_timeout_s=0.2) as open_channel:
        caller = Caller(open_channel)
        await caller.unary(StringValue(value="remaining"))
        assert echo.remaining_s is not None
        assert 0 < echo.remaining_s <= 0.2
        refused = await refusal(caller.unary(StringValue(value="wait")))
        assert refused.code is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(echo.cancelled.wait(), 5)  # the handler does not work on for nobody
        stream = caller.generator(StringValue(value="x"))
        assert (await stream.read()).value == "first"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read(), 0.4)


class Context:
    def __init__(self, remaining_s: float | None) -> None:
        self._remaining_s = remaining_s

    def time_remaining(self) -> float | None:
        return self._remaining_s


def test_a_deadline_is_the_smaller_of_ones_own_and_what_remains_less_a_margin() -> None:
    assert deadline(Context(None), 3.0) == 3.0
    assert deadline(Context(10.0), 3.0) == 3.0
    assert deadline(Context(2.0), 3.0) == pytest.approx(1.95)
    with pytest.raises(Exception, match="no time is left") as caught:
        deadline(Context(0.05), 3.0)
    assert caught.value.error_id == "deadline-exceeded"  # type: ignore[attr-defined]


async def test_a_stop_tells_the_watchers_ends_the_streams_and_lets_calls_finish(
    server: GrpcServer, caller: Caller, echo: Echo
) -> None:
    watch = caller.health.Watch(health_pb2.HealthCheckRequest(service="test.Echo"))
    assert (await watch.read()).status == SERVING
    streams = [caller.generator(StringValue(value="x")), caller.writer(StringValue(value="x"))]
    for stream in streams:
        assert (await stream.read()).value == "first"
    call = asyncio.ensure_future(caller.unary(StringValue(value="wait")))
    await echo.entered.wait()

    stopping = asyncio.ensure_future(server.stop(grace_s=10))
    assert (await watch.read()).status == NOT_SERVING
    for stream in streams:
        refused = await refusal(stream.read())
        assert (refused.code, refused.error_id) == (grpc.StatusCode.UNAVAILABLE, "stopping")
        assert refused.retry_after_s is not None
    assert not call.done()
    echo.release.set()
    assert (await call).value == "echo wait"
    watch.cancel()
    await asyncio.wait_for(stopping, 5)
    assert (await refusal(caller.unary(StringValue(value="late")))).code is grpc.StatusCode.UNAVAILABLE


async def test_a_call_that_outlives_the_grace_is_cut(server: GrpcServer, caller: Caller, echo: Echo) -> None:
    call = asyncio.ensure_future(caller.unary(StringValue(value="wait")))
    await echo.entered.wait()
    await asyncio.wait_for(server.stop(grace_s=0.1), 5)
    with pytest.raises(grpc.aio.AioRpcError):
        await call


async def test_a_client_that_leaves_a_stream_ends_its_handler(caller: Caller, echo: Echo) -> None:
    stream = caller.generator(StringValue(value="x"))
    await stream.read()
    await echo.entered.wait()
    stream.cancel()
    await asyncio.wait_for(echo.cancelled.wait(), 5)


async def test_a_port_that_is_taken_is_an_error_that_says_so(echo: Echo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = GrpcServer(address, TOKEN, [(add_echo, echo)])
        with pytest.raises(PortInUse, match=address):
            await server.start()


async def test_two_servers_never_share_a_port(server: GrpcServer, echo: Echo) -> None:
    second = GrpcServer(f"127.0.0.1:{server.port}", TOKEN, [(add_echo, echo)])
    with pytest.raises(PortInUse):
        await second.start()


async def test_reflection_lists_the_services_for_those_with_the_token(caller: Caller) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    stream = caller.reflection.ServerReflectionInfo(iter([request]))
    answer = await stream.read()
    assert "test.Echo" in {service.name for service in answer.list_services_response.service}
    stream.cancel()


def test_a_server_without_a_token_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="token"):
        GrpcServer("127.0.0.1:0", "", [])


async def test_a_refused_token_between_services_is_not_blamed_on_the_caller(
    server: GrpcServer, caller: Caller, echo: Echo
) -> None:
    async with channel(f"127.0.0.1:{server.port}", "wrong") as misconfigured:
        echo.errors["go"] = await refusal(Caller(misconfigured).unary(StringValue(value="x")))
    assert (await refusal(caller.unary(StringValue(value="go")))).code is grpc.StatusCode.INTERNAL


async def test_redis_away_is_unavailable_and_not_an_incident(caller: Caller, echo: Echo) -> None:
    echo.errors["go"] = redis.exceptions.ConnectionError("Error 111 connecting to 127.0.0.1:6379")
    refused = await refusal(caller.unary(StringValue(value="go")))
    assert (refused.code, refused.error_id) == (grpc.StatusCode.UNAVAILABLE, "redis-unavailable")
    assert "6379" not in refused.message
