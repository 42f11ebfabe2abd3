"""What the maintenance service reads from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from discador.runtime.settings import Address, choice, duration, host_port, integer, setting, url


@dataclass(frozen=True)
class MaintenanceSettings:
    """Settings of the maintenance service."""

    database_url: str = setting("DISCADOR_DATABASE_URL", secret=True, help="MariaDB or SQLite")
    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), secret=True, help="Redis")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="token between services")
    bind: Address = setting("DISCADOR_BIND", default=Address("127.0.0.1", 50054), parse=host_port, help="gRPC")
    database_threads: int = setting(
        "DISCADOR_DATABASE_THREADS", default=4, parse=integer(2, 32), help="database connections"
    )
    lost_grace_s: float = setting(
        "DISCADOR_RESCUE_GRACE",
        default=5.0,
        parse=duration,
        help="from an attempt's deadline for dialling until no trace of it means that it is lost",
    )
    give_up_s: float = setting(
        "DISCADOR_RESCUE_GIVE_UP",
        default=600.0,
        parse=duration,
        help="how long a node may be out of reach before its attempts in question are lost",
    )
    log_level: str = setting(
        "DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info", "warning", "error"), help="least level"
    )
    stop_grace_s: float = setting("DISCADOR_STOP_GRACE", default=10.0, parse=duration, help="time a stop may take")
