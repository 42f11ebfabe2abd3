"""Which processes `discador up` runs, and with what environment. Pure, but for secrets that it is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from discador.cli.up.first_run import first_run_path
from discador.cli.up.process import Spec
from discador.cli.up.settings import UpSettings
from discador.runtime.settings import describe

# What only `discador up` itself reads: a service would wonder whether a name of its own was misspelt.
OWN = {field.metadata["env"] for field in describe(UpSettings)}


@dataclass(frozen=True)
class Secrets:
    """What the services share with each other, and with their clients."""

    service_token: str
    api_token: str
    ami_secret: str


@dataclass(frozen=True)
class Ports:
    """Where the services listen."""

    master: int
    gateway: int
    maintenance: int
    web: int
    simulator: int


def specs(
    settings: UpSettings,
    ports: Ports,
    secrets: Secrets,
    redis_url: str,
    inherited: Mapping[str, str],
    simulator: Mapping[str, str],
) -> list[Spec]:
    """Return the processes in the order in which they start; they stop in the reverse order.

    `inherited` is the environment over the `.env` file, which the services read too: what is set here must win over
    it in every form. `simulator` holds the simulator's settings; it runs only where no Asterisk is named.
    """
    host, data = settings.host, Path(settings.data_dir)
    simulated = not settings.ami_host
    base = {
        **{name: value for name, value in inherited.items() if name.removesuffix("_FILE") not in OWN},
        **_set(
            DISCADOR_DATABASE_URL=settings.database_url or f"sqlite:///{(data / 'discador.db').absolute()}",
            DISCADOR_REDIS_URL=redis_url,
            DISCADOR_SERVICE_TOKEN=secrets.service_token,
            DISCADOR_MASTER_ADDRESS=f"{host}:{ports.master}",
            DISCADOR_MAINTENANCE_ADDRESS=f"{host}:{ports.maintenance}",
        ),
    }
    ami = _set(DISCADOR_AMI_HOST=settings.ami_host)
    found: list[Spec] = []
    if simulated:
        cdr = str((data / "simulator" / "cdr.csv").absolute())
        ami = _set(
            DISCADOR_AMI_HOST="127.0.0.1",
            DISCADOR_AMI_PORT=str(ports.simulator),
            DISCADOR_AMI_USERNAME="discador",
            DISCADOR_AMI_SECRET=secrets.ami_secret,
            DISCADOR_CDR_CSV=cdr,
        )
        environment = {**base, **ami, "DISCADOR_SIMULATOR_PORT": str(ports.simulator), **simulator}
        found.append(Spec("simulator", "discador.simulator", environment))
    nodes = settings.nodes or f"{settings.node}={host}:{ports.gateway}"
    trunks = settings.trunks
    if simulated and not trunks:
        trunks = f"simulated,node={settings.node},dial=PJSIP/{{number}}@trunk,channels=50,cps=20"
    gateway = {**base, **ami, **_set(DISCADOR_NODE=settings.node, DISCADOR_BIND=f"{host}:{ports.gateway}")}
    listens = _set(DISCADOR_BIND=f"{host}:{ports.master}")
    master = {**base, **listens, **_set(DISCADOR_NODES=nodes, DISCADOR_TRUNKS=trunks)}
    first_run = str(first_run_path(data))
    logs = settings.log_dir or str((data / "logs").absolute())
    opens = _set(DISCADOR_API_TOKEN=secrets.api_token, DISCADOR_FIRST_RUN_FILE=first_run, DISCADOR_LOG_DIR=logs)
    web = {**base, **_set(DISCADOR_BIND=f"{host}:{ports.web}"), **opens}
    found += [
        Spec("ami-gateway", "discador.ami_gateway", gateway),
        Spec("master", "discador.master", master),
        Spec("maintenance", "discador.maintenance", {**base, "DISCADOR_BIND": f"{host}:{ports.maintenance}"}),
    ]
    for number in range(1, settings.workers + 1):
        found.append(Spec(f"worker-{number}", "discador.worker", {**base, "DISCADOR_BIND": f"{host}:0"}))
    found.append(Spec("web", "discador.web", web))
    return found


def _set(**values: str) -> dict[str, str]:
    """Variables with their `X_FILE` emptied: a file named in `.env` must not stand against them."""
    return {**values, **{f"{name}_FILE": "" for name in values}}
