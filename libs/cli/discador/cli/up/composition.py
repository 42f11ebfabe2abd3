"""The running whole of `discador up`: an embedded Redis where none is named, then every process, then their end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from discador.cli import run_file
from discador.cli.failure import Failure
from discador.cli.run_file import RunFile
from discador.cli.up.plan import Ports, Secrets, specs
from discador.cli.up.ports import free_port, is_free
from discador.cli.up.process import Process, inherited
from discador.cli.up.secrets import kept_secret
from discador.cli.up.settings import UpSettings
from discador.runtime.embedded_redis import (
    DataDirectoryInUse,
    EmbeddedRedis,
    RedisServerFailed,
    RedisServerNotFound,
    redis_for,
)

STOP_S = 20.0


class Composition:
    """All services of one machine. Use `start`, then wait for `ended`, then `stop`; stopping twice is harmless."""

    def __init__(
        self, settings: UpSettings, source: Mapping[str, str], simulator: Mapping[str, str] | None = None
    ) -> None:
        self.settings = settings
        self._source = dict(source)
        self.data = Path(settings.data_dir)
        self.logs = Path(settings.log_dir) if settings.log_dir else self.data / "logs"
        self._simulator = dict(simulator or {})
        self._redis: EmbeddedRedis | None = None
        self._announced = False
        self._processes: list[Process] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.run = RunFile(0, "", "", "", "", "")

    @property
    def run_path(self) -> Path:
        """Where other terminals find us."""
        return self.data / "run.json"

    async def start(self) -> RunFile:
        """Start everything; return the addresses. Raises `Failure` if it runs already or a port is taken."""
        self._refuse_second()
        self.data.mkdir(parents=True, exist_ok=True)
        ports = self._ports()
        secrets = Secrets(
            self.settings.service_token or kept_secret(self.data, "service-token"),
            self.settings.api_token or kept_secret(self.data, "api-token"),
            kept_secret(self.data, "simulator-ami-secret"),
        )
        try:
            redis_url, self._redis = await asyncio.to_thread(
                redis_for, self.settings.redis_url or None, self.data / "redis"
            )
        except (RedisServerNotFound, RedisServerFailed, DataDirectoryInUse) as error:
            raise Failure(str(error), error.error_id) from error
        host = self.settings.host
        self.run = RunFile(
            os.getpid(),
            f"{host}:{ports.master}",
            f"http://{host}:{ports.web}",
            secrets.service_token,
            secrets.api_token,
            str(self.logs.absolute()),
        )
        for spec in specs(self.settings, ports, secrets, redis_url, inherited(self._source), self._simulator):
            process = Process(spec, self.logs / f"{spec.name}.log")
            self._processes.append(process)
            self._tasks.append(asyncio.create_task(process.run(), name=spec.name))
        run_file.write(self.run_path, self.run)
        self._announced = True
        return self.run

    async def ended(self) -> None:
        """Wait until a process is given up, which only `stop` does; raises what went wrong in our own code."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Stop every process in the reverse order of their start, then Redis; kill what does not end in time."""
        if self._announced:  # else the file is that of another `up`, which goes on
            self.run_path.unlink(missing_ok=True)
        for process, task in reversed(list(zip(self._processes, self._tasks, strict=True))):
            process.stop()
            _, late = await asyncio.wait([task], timeout=STOP_S)
            if late:
                process.kill()
                await asyncio.wait([task])
        if self._redis is not None:
            await asyncio.to_thread(self._redis.stop)

    def _ports(self) -> Ports:
        wanted = self.settings
        named = {
            "DISCADOR_MASTER_PORT": wanted.master_port,
            "DISCADOR_GATEWAY_PORT": wanted.gateway_port,
            "DISCADOR_MAINTENANCE_PORT": wanted.maintenance_port,
            "DISCADOR_WEB_PORT": wanted.web_port,
        }
        taken = [f"{name} ({port})" for name, port in named.items() if port and not is_free(wanted.host, port)]
        if taken:
            raise Failure(f"Ports in use: {', '.join(taken)}. Set others, or 0 to take any free one.", "ports-taken")
        master, gateway, maintenance, web = (port or free_port() for port in named.values())
        return Ports(master, gateway, maintenance, web, simulator=free_port())

    def _refuse_second(self) -> None:
        run = run_file.read(self.run_path)
        if run is not None:
            host, _, port = run.master.rpartition(":")
            if not is_free(host, int(port)):
                raise Failure(
                    f"It runs already (process {run.pid}, master at {run.master}) on {str(self.data)!r}.",
                    "already-running",
                )
