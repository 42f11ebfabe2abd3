"""What the web service reads from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from discador.core.compliance.zone import find_zone
from discador.runtime.settings import Address, choice, duration, host_port, setting, url
from discador.web.auth.rates import rate


def _zone(value: str) -> str:
    if find_zone(value) is None:
        raise ValueError("must be the name of a time zone, such as America/Sao_Paulo")
    return value


@dataclass(frozen=True)
class WebSettings:
    """Settings of the web service."""

    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), secret=True, help="Redis")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="token between services")
    api_token: str = setting("DISCADOR_API_TOKEN", secret=True, help="token that REST clients send")
    master: str = setting("DISCADOR_MASTER_ADDRESS", default="127.0.0.1:50051", help="gRPC of the master")
    maintenance: str = setting("DISCADOR_MAINTENANCE_ADDRESS", default="127.0.0.1:50054", help="gRPC of maintenance")
    bind: Address = setting("DISCADOR_BIND", default=Address("127.0.0.1", 8080), parse=host_port, help="HTTP")
    session_idle_s: float = setting(
        "DISCADOR_SESSION_IDLE", default=1800.0, parse=duration, help="time without a request that ends a session"
    )
    session_longest_s: float = setting(
        "DISCADOR_SESSION_LONGEST", default=43_200.0, parse=duration, help="time after which a session ends anyway"
    )
    rate_limit: str = setting(
        "DISCADOR_RATE_LIMIT", default="3000/minute", parse=rate, help="requests of one user or token"
    )
    login_rate_limit: str = setting(
        "DISCADOR_LOGIN_RATE_LIMIT", default="30/minute", parse=rate, help="logins and wrong tokens from one address"
    )
    first_run_file: str = setting(
        "DISCADOR_FIRST_RUN_FILE",
        default="data/secrets/first-run-token",
        help="file of the one-time token for the first administrator; made if missing",
    )
    time_zone: str = setting("DISCADOR_TIMEZONE", default="America/Sao_Paulo", parse=_zone, help="zone of the pages")
    log_dir: str = setting("DISCADOR_LOG_DIR", default="", help="directory of the services' log files, for the console")
    log_level: str = setting(
        "DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info", "warning", "error"), help="least level"
    )
    stop_grace_s: float = setting("DISCADOR_STOP_GRACE", default=10.0, parse=duration, help="time a stop may take")
