"""What the gateway reads from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from discador.runtime.settings import Address, choice, host_port, integer, setting, url


@dataclass(frozen=True)
class GatewaySettings:
    """Settings of the ami-gateway."""

    node: str = setting("DISCADOR_NODE", help="name of the node (Asterisk) that this gateway owns")
    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss", "unix"), secret=True, help="Redis")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="token between services")
    bind: Address = setting(
        "DISCADOR_BIND", default=Address("127.0.0.1", 50053), parse=host_port, help="host:port of the gRPC server"
    )
    ami_host: str = setting("DISCADOR_AMI_HOST", default="127.0.0.1", help="host of Asterisk's manager")
    ami_port: int = setting("DISCADOR_AMI_PORT", default=5038, parse=integer(1, 65535), help="its port")
    ami_username: str = setting("DISCADOR_AMI_USERNAME", help="user of manager.conf")
    ami_secret: str = setting("DISCADOR_AMI_SECRET", secret=True, help="its secret")
    cdr_csv: str = setting(
        "DISCADOR_CDR_CSV", default="", help="Asterisk's call records, cel-custom/discador.csv; none if empty"
    )
    max_in_flight: int = setting(
        "DISCADOR_MAX_IN_FLIGHT", default=500, parse=integer(1, 100_000), help="Originates without Asterisk's answer"
    )
    fence: str = setting(
        "DISCADOR_FENCE",
        default="clock",
        parse=choice("clock", "strict"),
        help="what Asterisk refuses: calls too late (clock), also ids it has seen (strict)",
    )
    log_level: str = setting(
        "DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info", "warning", "error"), help="log level"
    )
