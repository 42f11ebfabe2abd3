"""Errors that the web service itself answers to programs, in the form of all others: google.rpc.Status in JSON."""

from __future__ import annotations

from typing import Any


def error_body(code: int, message: str, reason: str) -> dict[str, Any]:
    """Return the body for a gRPC `code`; `reason` is stable."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    info = {"@type": kind, "reason": reason, "domain": "discador", "metadata": {}}
    return {"code": code, "message": message, "details": [info]}
