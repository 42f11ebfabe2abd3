from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import Proxy


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def test_what_is_stalled_arrives_when_it_is_healed_and_what_is_cut_never(listener: socket.socket) -> None:
    with Proxy(listener.getsockname()) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as near:
        far, _ = listener.accept()
        with far:
            far.settimeout(5)
            near.sendall(b"a")
            assert far.recv(10) == b"a"
            proxy.stall()
            near.sendall(b"b")
            far.settimeout(0.2)
            with pytest.raises(TimeoutError):
                far.recv(10)
            far.settimeout(5)
            proxy.heal()
            assert far.recv(10) == b"b"
            proxy.cut()
            with pytest.raises(OSError):  # reset or closed
                raise OSError if near.recv(10) == b"" else AssertionError


def test_the_answer_to_a_commit_is_lost_and_the_commit_is_not(listener: socket.socket) -> None:
    commit = b"\x07\x00\x00\x00\x03COMMIT"
    with Proxy(listener.getsockname()) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as near:
        far, _ = listener.accept()
        with far:
            far.settimeout(5)
            proxy.lose_commits(1)
            near.sendall(commit)
            assert far.recv(100) == commit
            with pytest.raises(OSError):
                raise OSError if near.recv(10) == b"" else AssertionError
    assert proxy.commits_lost == 1
