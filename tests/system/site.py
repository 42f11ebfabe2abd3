"""An installation with the servers around it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.rig.asterisk import Asterisk
from tests.rig.carrier import Carrier
from tests.rig.mariadb import MariaDB
from tests.rig.redis import Redis
from tests.system.installation import Installation


@dataclass
class Site:
    """What a system test works on: the installation, its Asterisk, its carrier, its stores."""

    discador: Installation
    asterisk: Asterisk
    carrier: Carrier
    redis: Redis
    mariadb: MariaDB
