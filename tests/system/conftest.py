"""Real servers for the system tests: one MariaDB and one Redis for all, an Asterisk and a carrier for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pymysql
import pytest

from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.mariadb import MariaDB
from tests.rig.redis import Redis
from tests.system.installation import Installation
from tests.system.site import Site

TRUNK = "carrier"


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    with MariaDB(durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def database_names() -> Iterator[int]:
    return itertools.count(1)


def fresh_database(server: MariaDB, name: str) -> str:
    """Create an empty database; return its URL."""
    connection = pymysql.connect(
        host=server.host, port=server.port, user=server.username, password=server.password, autocommit=True
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return server.url.replace(f"/{server.database}?", f"/{name}?")


@pytest.fixture
def make_site(
    tmp_path: Path, mariadb: MariaDB, redis_server: Redis, database_names: Iterator[int]
) -> Iterator[Callable[..., Site]]:
    """Return a function that builds a site: a fresh database, an empty Redis, Asterisk and carrier of its own."""
    with ExitStack() as stack:

        def build(version: str = "22", workers: int = 1, channels: int = 200, cps: float = 100) -> Site:
            redis_server.wipe()
            carrier = stack.enter_context(Carrier())
            asterisk = stack.enter_context(Asterisk(version, carrier_port=carrier.port))
            environment = {
                "DISCADOR_DATABASE_URL": fresh_database(mariadb, f"discador_{next(database_names)}"),
                "DISCADOR_REDIS_URL": redis_server.url,
                "DISCADOR_NODE": "asterisk",
                "DISCADOR_AMI_HOST": asterisk.host,
                "DISCADOR_AMI_PORT": str(asterisk.ami_port),
                "DISCADOR_AMI_USERNAME": asterisk.ami_user,
                "DISCADOR_AMI_SECRET": asterisk.ami_secret,
                "DISCADOR_CDR_CSV": str(asterisk.call_record_path),
            }
            discador = stack.enter_context(Installation(tmp_path / "site", environment, workers))
            discador.cli(
                *("trunk", "add", TRUNK, "--node", "asterisk", "--dial", "PJSIP/{number}@trunk"),
                *("--channels", str(channels), "--calls-per-second", str(cps)),
            )
            return Site(discador, asterisk, carrier, redis_server, mariadb)

        yield build
