"""TLS for gRPC from files, re-read when they change, so that certificates rotate without a restart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc


@dataclass(frozen=True)
class Tls:
    """PEM files. With `ca` a server demands client certificates of that authority (mTLS), and a client
    trusts that authority only. A client needs `cert` and `key` only for mTLS."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def server_credentials(self) -> grpc.ServerCredentials:
        """Credentials that follow the files: a changed file counts from the next handshake on."""
        seen = self._stamp()

        def fetch() -> Any:  # None keeps the present one, which the type stubs do not know
            nonlocal seen
            now = self._stamp()
            if now == seen:
                return None
            configuration = self._server_configuration()
            seen = now
            return configuration

        return grpc.dynamic_ssl_server_credentials(
            self._server_configuration(), fetch, require_client_authentication=self.ca is not None
        )

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Credentials of a client; read once, when the channel is made."""
        return grpc.ssl_channel_credentials(_read(self.ca), _read(self.key), _read(self.cert))

    def _server_configuration(self) -> grpc.ServerCertificateConfiguration:
        if self.cert is None or self.key is None:
            raise ValueError("a TLS server needs a certificate file and a key file")
        return grpc.ssl_server_certificate_configuration(
            [(self.key.read_bytes(), self.cert.read_bytes())], root_certificates=_read(self.ca)
        )

    def _stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in (self.ca, self.cert, self.key) if path)


def _read(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None
