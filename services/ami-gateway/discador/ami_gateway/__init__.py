"""The only speaker of AMI: one process owns one Asterisk node and serves `GatewayService` for it."""

from typing import Final

VERSION: Final = "0.1.0"
