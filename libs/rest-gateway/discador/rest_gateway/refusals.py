"""What the gateway refuses to start with, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """`method` is `pkg.Service.Method` (or what comes nearest), `rule` a stable kebab-case id."""

    method: str
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.method}: {self.rule}: {self.reason}"


class GatewayRefused(ValueError):
    """The descriptor set, or what was passed with it, cannot be served; correct every line of the message."""

    error_id = "rest-gateway-refused"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("the REST gateway cannot start:\n" + "\n".join(f"  {one}" for one in refusals))
        self.refusals = tuple(refusals)
