"""What the master reads from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from discador.core.compliance.zone import find_zone
from discador.master.first_routes import FirstNode, FirstTrunk, parse_nodes, parse_trunks
from discador.runtime.settings import Address, boolean, choice, duration, host_port, integer, setting, url


def _zone(value: str) -> str:
    if find_zone(value) is None:
        raise ValueError("must be the name of a time zone, such as America/Sao_Paulo")
    return value


@dataclass(frozen=True)
class MasterSettings:
    """Settings of the master."""

    database_url: str = setting(
        "DISCADOR_DATABASE_URL",
        parse=url("mysql+pymysql", "mysql", "mariadb", "mariadb+pymysql", "sqlite"),
        secret=True,
        help="MariaDB or SQLite",
    )
    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), secret=True, help="Redis")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="token between services")
    bind: Address = setting(
        "DISCADOR_BIND", default=Address("127.0.0.1", 50051), parse=host_port, help="where gRPC is served"
    )
    nodes: tuple[FirstNode, ...] = setting(
        "DISCADOR_NODES", default=(), parse=parse_nodes, help="nodes made if missing: name=host:port,…"
    )
    trunks: tuple[FirstTrunk, ...] = setting(
        "DISCADOR_TRUNKS",
        default=(),
        parse=parse_trunks,
        help="trunks made if missing: name,node=…,dial=…,channels=…,cps=…;…",
    )
    time_zone: str = setting(
        "DISCADOR_TIMEZONE", default="America/Sao_Paulo", parse=_zone, help="zone of campaigns that name none"
    )
    migrate: bool = setting(
        "DISCADOR_MIGRATE", default=True, parse=boolean, help="bring the schema up to date at start"
    )
    database_threads: int = setting(
        "DISCADOR_DATABASE_THREADS", default=6, parse=integer(1, 32), help="RPCs that may use the database at once"
    )
    log_level: str = setting(
        "DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info", "warning", "error"), help="least level"
    )
    stop_grace_s: float = setting("DISCADOR_STOP_GRACE", default=10.0, parse=duration, help="time a stop may take")
