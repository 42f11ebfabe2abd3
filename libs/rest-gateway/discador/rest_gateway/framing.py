"""How the messages of a server stream lie in an HTTP body: NDJSON, server-sent events, or raw bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from discador.rest_gateway.answer import header_value, json_value, printed_value
from discador.rest_gateway.bindings import Binding
from discador.rest_gateway.json_out import JsonPrinter, dumps
from discador.rest_gateway.schema import is_singular_string

EVENT_STREAM = "text/event-stream"


class Framing(Protocol):
    """`ping` fills a silence, `end` and `error` close the body; None where a form has no such thing."""

    ping: bytes | None
    end: bytes

    def headers(self, first: Any) -> Mapping[str, str]:
        """Return the response headers; `first` is the first message, or None."""

    def message(self, message: Any) -> bytes:
        """Return one message framed; raises `ValueError` for what ProtoJSON cannot express."""

    def error(self, status: Mapping[str, Any]) -> bytes | None: ...


class NdJson:
    """`{"result": M}` a line; an error is a last line `{"error": Status}`."""

    ping: bytes | None = None
    end = b""

    def __init__(self, printer: JsonPrinter, binding: Binding) -> None:
        self._printer = printer
        self._binding = binding

    def headers(self, first: Any) -> Mapping[str, str]:
        return {"Content-Type": "application/x-ndjson"}

    def message(self, message: Any) -> bytes:
        return dumps({"result": json_value(self._printer, self._binding, message)}) + b"\n"

    def error(self, status: Mapping[str, Any]) -> bytes | None:
        return dumps({"error": status}) + b"\n"


class ServerSentEvents:
    """`message` events, their id the message's string field `cursor`; then `end`, or `error` with a Status."""

    ping: bytes | None = b": ping\n\n"
    end = b"event: end\ndata: {}\n\n"

    def __init__(self, printer: JsonPrinter, binding: Binding) -> None:
        self._printer = printer
        self._binding = binding
        printed = binding.printed_type
        self._has_cursor = printed is not None and is_singular_string(printed.fields_by_name.get("cursor"))

    def headers(self, first: Any) -> Mapping[str, str]:
        # X-Accel-Buffering: a proxy that collects events would hold them back.
        return {"Content-Type": EVENT_STREAM, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}

    def message(self, message: Any) -> bytes:
        data = dumps(json_value(self._printer, self._binding, message))
        return b"event: message\n" + self._id_line(message) + b"data: " + data + b"\n\n"

    def error(self, status: Mapping[str, Any]) -> bytes | None:
        return b"event: error\ndata: " + dumps(status) + b"\n\n"

    def _id_line(self, message: Any) -> bytes:
        value = printed_value(self._binding, message) if self._has_cursor else None
        cursor = value.cursor if value is not None else ""
        if not cursor or any(character in cursor for character in "\r\n\0"):
            return b""
        return b"id: " + cursor.encode() + b"\n"


class RawBytes:
    """The data of `google.api.HttpBody` messages, end to end. An error leaves the body unfinished."""

    ping: bytes | None = None
    end = b""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def headers(self, first: Any) -> Mapping[str, str]:
        body = None if first is None else printed_value(self._binding, first)
        content_type = header_value(body.content_type) if body is not None else ""
        return {
            "Content-Type": content_type or "application/octet-stream",
            "X-Content-Type-Options": "nosniff",
        }

    def message(self, message: Any) -> bytes:
        body = printed_value(self._binding, message)
        return b"" if body is None else bytes(body.data)

    def error(self, status: Mapping[str, Any]) -> bytes | None:
        return None


def choose(printer: JsonPrinter, binding: Binding, accept: str) -> Framing:
    """Return the framing a client asks for: events where `Accept` lists them, else NDJSON."""
    if binding.answers_raw:
        return RawBytes(binding)
    types = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return ServerSentEvents(printer, binding) if EVENT_STREAM in types else NdJson(printer, binding)
