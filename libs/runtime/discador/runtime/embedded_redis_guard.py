"""The process between an owner and its embedded Redis: ends the server when the owner is gone.

Run as a file of its own, with the standard library only. Its standard input is a pipe from the owner: one
line of JSON (`argv`, `config`, `log`), then nothing until the pipe closes, which it does also when the owner
is killed. That works on every platform, which parent-death signals do not.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading

_STOP_TIMEOUT_S = 10.0
_PR_SET_PDEATHSIG = 1


def main() -> int:
    order = json.loads(sys.stdin.buffer.readline())
    # Signals are the owner's business; the end of the pipe is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(order["log"], "ab") as log:
        server = subprocess.Popen(
            order["argv"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    assert server.stdin is not None, "made with a pipe"
    server.stdin.write(order["config"].encode())
    server.stdin.close()
    threading.Thread(target=_end_with_owner, args=(server,), daemon=True).start()
    code = server.wait()
    # The reading thread holds the lock of standard input, at which a normal exit would stumble.
    os._exit(code if 0 <= code <= 255 else 1)


def _end_with_owner(server: subprocess.Popen[bytes]) -> None:
    while sys.stdin.buffer.read(1):
        pass
    server.terminate()
    try:
        server.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        server.kill()


def _die_with_parent() -> None:
    """If this guard is killed too, Linux ends the server."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
