"""`python -m discador.ami_gateway`: run the gateway with the settings of the environment."""

from __future__ import annotations

from discador.runtime.entry import main
from discador.runtime.lifecycle import Supervisor

from .bootstrap import build
from .settings import GatewaySettings


async def _build(settings: GatewaySettings, supervisor: Supervisor) -> None:
    await build(settings, supervisor)


if __name__ == "__main__":
    main("ami-gateway", GatewaySettings, _build)
