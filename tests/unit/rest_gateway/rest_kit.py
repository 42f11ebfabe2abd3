"""A small library service on a real gRPC server, and gateways before it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import grpc_tools
import httpx
from google.protobuf import any_pb2, duration_pb2, wrappers_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_tools import protoc
from hypothesis import HealthCheck, settings
from starlette.types import ASGIApp

from discador.rest_gateway.schema import Schema

SERVICE = "library.v1.Library"
# A property says nothing of speed: a machine under load must not fail it.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_HERE = Path(__file__).parent
_WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"
_GOOGLE_API = Path(error_details_pb2.__file__).parents[2]


def compiled(source: str, *, imports: bool = True, name: str = "test.proto") -> bytes:
    """Return the descriptor set of one proto file."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / name).write_text(source, encoding="utf-8")
        out = Path(directory) / "set.binpb"
        paths = [f"-I{path}" for path in (directory, _WELL_KNOWN, _GOOGLE_API)]
        options = ["--include_source_info"] + ["--include_imports"] * imports
        assert protoc.main(["protoc", *paths, *options, f"--descriptor_set_out={out}", name]) == 0
        return out.read_bytes()


@cache
def library() -> bytes:
    return compiled((_HERE / "library.proto").read_text(encoding="utf-8"), name="library.proto")


@cache
def library_schema() -> Schema:
    return Schema(library())


def new(name: str, /, **fields: Any) -> Any:
    message: Any = library_schema().new(library_schema().message(f"library.v1.{name}"))
    for field, value in fields.items():
        setattr(message, field, value)
    return message


class Library:
    """Remembers what it was asked, and what became of it."""

    def __init__(self) -> None:
        self.metadata: dict[str, str] = {}
        self.remaining: float | None = None
        self.asked: Any = None
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()

    def handler(self) -> grpc.GenericRpcHandler:
        definition = next(service for name, service in library_schema().services() if name == SERVICE)
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        for method in definition.method:
            behaviour = getattr(self, method.name.lower(), None)
            if behaviour is None:
                continue
            request = type(library_schema().new(library_schema().message(method.input_type[1:])))
            make = (
                grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
            )
            handlers[method.name] = make(
                behaviour,
                request_deserializer=request.FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
        return grpc.method_handlers_generic_handler(SERVICE, handlers)

    def _note(self, request: Any, context: Any) -> None:
        self.asked = request
        self.metadata = dict(context.invocation_metadata())
        self.remaining = context.time_remaining()
        self.started.set()

    async def getbook(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        return new("Book", name=request.name, title="Dom Casmurro", pages=256, etag="e1")

    async def createbook(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        request.book.name = f"{request.parent}/books/{request.book_id}"
        return request.book

    async def updatebook(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        return request

    deletebook = upload = echo = updatebook

    async def listbooks(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        answer = new("ListBooksResponse", total=2)
        answer.books.add(name="shelves/1/books/1")
        answer.books.add(name="shelves/1/books/2")
        return answer

    async def fail(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        if request.code == 99:
            raise RuntimeError("inside of the service")
        await abort(context, request.code, request.message, detailed=request.detailed)

    async def sleep(self, request: Any, context: Any) -> Any:
        self._note(request, context)
        with self._noticing_cancellation():
            await asyncio.sleep(request.seconds or 30)
        return library_schema().new(library_schema().message("google.protobuf.Empty"))

    async def watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self._note(request, context)
        with self._noticing_cancellation():
            for number in range(request.count):
                yield new("Event", cursor=str(number), text=f"event {number}")
                await asyncio.sleep(request.pause)
            if request.fail_code:
                await abort(context, request.fail_code, "the stream broke", detailed=True)
            if request.forever:
                await asyncio.sleep(30)

    @contextmanager
    def _noticing_cancellation(self) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):  # the latter while a message waits to be sent
            self.cancelled.set()
            raise

    async def download(self, request: Any, context: Any) -> Any:
        return _http_body("text/csv", b"a,b\n")

    async def downloadinparts(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield _http_body("text/csv", b"a,b\n")
        yield _http_body("", b"1,2\n")
        if request.broken:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")


def _http_body(content_type: str, data: bytes) -> Any:
    body: Any = library_schema().new(library_schema().message("google.api.HttpBody"))
    body.content_type, body.data = content_type, data
    return body


async def abort(context: Any, code: int, message: str, *, detailed: bool = False) -> None:
    """End the RPC; detailed: with RetryInfo, DebugInfo, a known and an unknown type."""
    codes = {code.value[0]: code for code in grpc.StatusCode}
    trailing: tuple[tuple[str, bytes], ...] = ()
    if detailed:
        status = status_pb2.Status(code=code, message=message)
        retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=2, nanos=1))
        reason = error_details_pb2.ErrorInfo(reason="NO_BOOK", domain="library", metadata={"shelf": "1"})
        debug = error_details_pb2.DebugInfo(detail="Traceback (most recent call last)")
        for detail in (retry, reason, debug, wrappers_pb2.StringValue(value="boxed")):
            status.details.add().Pack(detail)
        status.details.append(any_pb2.Any(type_url="type.googleapis.com/unknown.Type", value=b"\x01\x02"))
        trailing = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(codes[code], message, trailing)


@asynccontextmanager
async def serving_at(library: Library) -> AsyncIterator[str]:
    """Run `library` on loopback and yield its address."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((library.handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@asynccontextmanager
async def serving(library: Library) -> AsyncIterator[grpc.aio.Channel]:
    """Run `library` on loopback and yield a channel to it."""
    async with serving_at(library) as address, grpc.aio.insecure_channel(address) as channel:
        yield channel


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://library")
