"""What of a request reaches the service as gRPC metadata."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from starlette.requests import Request

from discador.rest_gateway.refusals import Refusal

Metadata = Sequence[tuple[str, str]]
MetadataHook = Callable[[Request], Metadata]


class MetadataPolicy:
    """Passes the headers of an allow-list, and what the mounting app's `hook` mints.

    A key the hook mints is never taken from the request. `Grpc-*` headers, `Grpc-Metadata-*` among them,
    and binary keys (`*-bin`) cannot be allowed: see `refusals`.
    """

    def __init__(self, allowed: Collection[str], hook: MetadataHook | None) -> None:
        self._allowed = sorted({name.lower() for name in allowed})
        self._hook = hook

    def refusals(self) -> list[Refusal]:
        reason = "Grpc-* and *-bin headers never pass from a client"
        return [
            Refusal("headers_allowed", "reserved-header", f"{name}: {reason}")
            for name in self._allowed
            if name.startswith(("grpc-", ":")) or name.endswith("-bin")
        ]

    def of(self, request: Request) -> list[tuple[str, str]]:
        """Return the metadata of one call. What the hook raises passes through."""
        minted = list(self._hook(request)) if self._hook else []
        own = {key.lower() for key, _ in minted}
        passed = [
            (name, value)
            for name in self._allowed
            if name not in own
            for value in request.headers.getlist(name)
            if value.isascii() and value.isprintable()
        ]
        return passed + [(key.lower(), value) for key, value in minted]
