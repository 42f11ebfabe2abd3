"""The link by which the first administrator is made, for the terminal of `discador up` only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grpc

from discador.cli.connection import Api, Target
from discador.cli.run_file import RunFile
from discador.cli.up.secrets import kept_secret
from discador.v1 import identity_pb2

FILE: Final = "first-run-token"


def first_run_path(data: Path) -> Path:
    """Return where the web service keeps the one-time token."""
    return (data / "secrets" / FILE).absolute()


def first_run_link(run: RunFile, data: Path) -> str:
    """Return the link, or nothing where there is a user. The token stands behind `#`, so browsers send it nowhere."""
    api = Api(Target(run.master, run.service_token))
    try:
        is_open = api.sessions.GetFirstRun(identity_pb2.GetFirstRunRequest(), timeout=5).open
    except grpc.RpcError:
        return ""
    finally:
        api.close()
    return f"{run.web}/first-run#{kept_secret(data, FILE)}" if is_open else ""
