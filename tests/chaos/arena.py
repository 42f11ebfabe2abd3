"""What a fault is let loose on: the services, their servers, the carrier, and a campaign in the middle of dialling."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql

from tests.chaos.fleet import Fleet
from tests.chaos.proxy import Proxy
from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.mariadb import MariaDB
from tests.rig.redis import Redis
from tests.system.installation import quietly, until

CHANNELS = 100
NOT_AFTER_S = 10.0


@dataclass
class Arena:
    """One installation. `proxies` stand between the gateway and Asterisk, the worker and MariaDB, all and Redis."""

    fleet: Fleet
    asterisk: Asterisk
    carrier: Carrier
    redis: Redis
    mariadb: MariaDB
    proxies: dict[str, Proxy]
    rng: random.Random
    cps: int
    campaign: int = 0
    leads: int = 0
    times: dict[str, float] = field(default_factory=dict)

    def placed(self) -> int:
        """INVITEs that the carrier has seen."""
        return len(self.carrier.times())

    def until_placed(self, calls: int, within: float = 60) -> None:
        until(lambda: self.placed() >= calls, within, f"{calls} calls to be placed")

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """Read from the database, past every service."""
        connection = pymysql.connect(
            host=self.mariadb.host,
            port=self.mariadb.port,
            user=self.mariadb.username,
            password=self.mariadb.password,
            database=self.mariadb.database,
            autocommit=True,
            connect_timeout=3,
            read_timeout=3,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def leader(self) -> str:
        """The name of the master that leads."""
        holder = str(self.sql("SELECT holder FROM leader")[0][0])
        return self.fleet.name_of(int(holder.split("-")[-2]))

    def pause(self) -> float:
        """Pause the campaign; return when the answer came (the commit was earlier)."""
        self.fleet.api.campaigns.PauseCampaign(_pause(self.campaign), timeout=20)
        return time.time()

    def resume(self) -> None:
        until(lambda: quietly(self._resume) is not None, 30, "the campaign to be resumed")

    def _resume(self) -> object:
        from discador.v1 import campaign_pb2

        return self.fleet.api.campaigns.ResumeCampaign(
            campaign_pb2.ResumeCampaignRequest(id=self.campaign, request_id=f"resume-{time.time()}"), timeout=5
        )


def _pause(campaign: int) -> object:
    from discador.v1 import campaign_pb2

    return campaign_pb2.PauseCampaignRequest(id=campaign, request_id=f"pause-{time.time()}")


@contextmanager
def arena(directory: Path, *, seed: int, cps: int, via: tuple[str, ...] = ()) -> Iterator[Arena]:
    """Everything started. `via` names the links that go through a proxy: "ami", "database", "redis"."""
    with ExitStack() as stack:
        mariadb = stack.enter_context(MariaDB(durable=True))
        redis = stack.enter_context(Redis())
        carrier = stack.enter_context(Carrier())
        asterisk = stack.enter_context(Asterisk("22", carrier_port=carrier.port))
        targets = {
            "ami": (asterisk.host, asterisk.ami_port),
            "database": (mariadb.host, mariadb.port),
            "redis": (redis.host, redis.port),
        }
        proxies = {name: stack.enter_context(Proxy(targets[name])) for name in via}
        ami_port = proxies["ami"].port if "ami" in proxies else asterisk.ami_port
        redis_url = redis.url.replace(f":{redis.port}/", f":{proxies['redis'].port}/") if "redis" in via else redis.url
        environment = {
            "DISCADOR_DATABASE_URL": mariadb.url,
            "DISCADOR_REDIS_URL": redis_url,
            "DISCADOR_NODE": "asterisk",
            "DISCADOR_AMI_HOST": asterisk.host,
            "DISCADOR_AMI_PORT": str(ami_port),
            "DISCADOR_AMI_USERNAME": asterisk.ami_user,
            "DISCADOR_AMI_SECRET": asterisk.ami_secret,
            "DISCADOR_CDR_CSV": str(asterisk.call_record_path),
            "DISCADOR_TRUNKS": f"carrier,node=asterisk,dial=PJSIP/{{number}}@trunk,channels={CHANNELS},cps={cps}",
        }
        fleet = Fleet(directory, environment)
        fleet_is_up = stack.enter_context(fleet)
        if "database" in proxies:
            ours, theirs = f":{mariadb.port}/", f":{proxies['database'].port}/"
            fleet.relaunch("worker-1", DISCADOR_DATABASE_URL=mariadb.url.replace(ours, theirs))
            fleet.until_ready()
        yield Arena(fleet_is_up, asterisk, carrier, redis, mariadb, proxies, random.Random(seed), cps)
