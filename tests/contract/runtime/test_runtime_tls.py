"""mTLS between a real server and real clients, and the exchange of a certificate while the server runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from grpc_health.v1 import health_pb2, health_pb2_grpc

from discador.runtime.grpc_client import channel
from discador.runtime.grpc_server import GrpcServer
from discador.runtime.tls import Tls

Issue = Callable[[str], Tls]


@pytest.fixture
def authority(tmp_path: Path) -> Issue:
    return make_authority(tmp_path / "ca")


def make_authority(directory: Path) -> Issue:
    """A certificate authority; the returned function issues a certificate for 127.0.0.1 into files."""
    directory.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, directory.name)])
    ca = builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca_pem = ca.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (directory / "ca.pem").write_bytes(ca_pem)

    def issue(subject: str) -> Tls:
        own = ec.generate_private_key(ec.SECP256R1())
        subject_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
        certificate = (
            builder(subject_name, name, own)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256())
        )
        (directory / f"{subject}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (directory / f"{subject}.key").write_bytes(
            own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Tls(ca=directory / "ca.pem", cert=directory / f"{subject}.pem", key=directory / f"{subject}.key")

    return issue


def builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )


async def answers(server: GrpcServer, tls: Tls | None) -> bool:
    async with channel(f"127.0.0.1:{server.port}", "token", tls=tls, default_timeout_s=2) as open_channel:
        try:
            await health_pb2_grpc.HealthStub(open_channel).Check(health_pb2.HealthCheckRequest())
        except grpc.aio.AioRpcError:
            return False
        return True


async def test_only_clients_with_a_certificate_of_the_authority_are_served(authority: Issue, tmp_path: Path) -> None:
    server = GrpcServer("127.0.0.1:0", "token", [], tls=authority("server"))
    await server.start()
    mine = authority("client")
    stranger = make_authority(tmp_path / "other")("stranger")
    assert await answers(server, mine)
    assert not await answers(server, None)
    assert not await answers(server, Tls(ca=mine.ca))
    assert not await answers(server, Tls(ca=mine.ca, cert=stranger.cert, key=stranger.key))
    await server.stop(0)


async def test_a_certificate_is_exchanged_without_a_restart(authority: Issue, tmp_path: Path) -> None:
    tls = authority("server")
    server = GrpcServer("127.0.0.1:0", "token", [], tls=tls)
    await server.start()
    old_client = authority("client")
    assert await answers(server, old_client)
    (tmp_path / "old-ca.pem").write_bytes(_content(tls.ca))
    new_authority = make_authority(tmp_path / "new")
    new = new_authority("server")
    for source, target in ((new.ca, tls.ca), (new.cert, tls.cert), (new.key, tls.key)):
        assert target is not None
        target.write_bytes(_content(source))
        os.utime(target, ns=(1, target.stat().st_mtime_ns + 1_000_000_000))
    assert await answers(server, new_authority("client"))
    assert not await answers(server, Tls(ca=tmp_path / "old-ca.pem", cert=old_client.cert, key=old_client.key))
    await server.stop(0)


def _content(path: Path | None) -> bytes:
    assert path is not None
    return path.read_bytes()
