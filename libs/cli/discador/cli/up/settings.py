"""What `discador up` reads; everything has a default that works on an empty machine."""

from __future__ import annotations

from dataclasses import dataclass

from discador.runtime.settings import integer, setting


@dataclass(frozen=True)
class UpSettings:
    """Settings of `discador up`. What is empty is taken from the embedded default."""

    data_dir: str = setting("DISCADOR_DATA_DIR", default="data", help="where everything is kept")
    log_dir: str = setting("DISCADOR_LOG_DIR", default="", help="where logs go; <data>/logs if empty")
    database_url: str = setting("DISCADOR_DATABASE_URL", default="", secret=True, help="SQLite in <data> if empty")
    redis_url: str = setting("DISCADOR_REDIS_URL", default="", secret=True, help="an embedded server if empty")
    ami_host: str = setting("DISCADOR_AMI_HOST", default="", help="Asterisk's AMI; the simulator if empty")
    node: str = setting("DISCADOR_NODE", default="local", help="name of the node that the gateway owns")
    nodes: str = setting("DISCADOR_NODES", default="", help="first nodes; this machine's gateway if empty")
    trunks: str = setting("DISCADOR_TRUNKS", default="", help="first trunks; one of the simulator if it runs")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", default="", secret=True, help="made if empty")
    api_token: str = setting("DISCADOR_API_TOKEN", default="", secret=True, help="made if empty")
    workers: int = setting("DISCADOR_WORKERS", default=1, parse=integer(1, 64), help="worker processes")
    host: str = setting("DISCADOR_HOST", default="127.0.0.1", help="address that the services listen on")
    master_port: int = setting("DISCADOR_MASTER_PORT", default=50051, parse=integer(0, 65535), help="gRPC of master")
    gateway_port: int = setting("DISCADOR_GATEWAY_PORT", default=50053, parse=integer(0, 65535), help="gRPC of gateway")
    maintenance_port: int = setting(
        "DISCADOR_MAINTENANCE_PORT", default=50054, parse=integer(0, 65535), help="gRPC of maintenance"
    )
    web_port: int = setting("DISCADOR_WEB_PORT", default=8080, parse=integer(0, 65535), help="HTTP of web")
