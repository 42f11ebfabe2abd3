"""What the worker reads from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from discador.runtime.settings import Address, choice, duration, host_port, integer, setting, url


def _dialling_time(value: str) -> float:
    """A duration of 3 to 60 seconds: a call is not sent in its last two, and nobody should be called much later."""
    seconds = duration(value)
    if not 3 <= seconds <= 60:
        raise ValueError("must be between 3s and 60s")
    return seconds


@dataclass(frozen=True)
class WorkerSettings:
    """Settings of the worker."""

    database_url: str = setting("DISCADOR_DATABASE_URL", secret=True, help="MariaDB or SQLite")
    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), secret=True, help="Redis")
    service_token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="token between services")
    bind: Address = setting(
        "DISCADOR_BIND", default=Address("127.0.0.1", 0), parse=host_port, help="gRPC: health and reflection"
    )
    slots: int = setting("DISCADOR_WORKER_SLOTS", default=64, parse=integer(1, 1000), help="jobs held at once")
    database_threads: int = setting(
        "DISCADOR_DATABASE_THREADS", default=6, parse=integer(2, 32), help="database connections"
    )
    not_after_s: float = setting(
        "DISCADOR_NOT_AFTER", default=10.0, parse=_dialling_time, help="from the gate to Asterisk's deadline"
    )
    patience_s: float = setting(
        "DISCADOR_WORKER_PATIENCE", default=15.0, parse=duration, help="longest wait for a trunk's calls per second"
    )
    head_start_s: float = setting(
        "DISCADOR_WORKER_HEAD_START", default=0.15, parse=duration, help="from a token to its call: time for the gate"
    )
    log_level: str = setting(
        "DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info", "warning", "error"), help="least level"
    )
    stop_grace_s: float = setting("DISCADOR_STOP_GRACE", default=15.0, parse=duration, help="time a stop may take")
