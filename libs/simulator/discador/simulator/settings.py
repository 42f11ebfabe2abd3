"""What the simulator is told, by flags or by the environment. The only module that reads `os.environ`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SimulatorSettings:
    """Where it listens, who may log in, and how calls go."""

    host: str
    port: int
    username: str
    secret: str
    call_records: Path | None
    profile: str
    seed: int
    speed: float


def read(arguments: Sequence[str] | None = None) -> SimulatorSettings:
    """Return the settings; an error is printed with the usage, and exits with 2."""
    variable = os.environ.get
    parser = argparse.ArgumentParser(prog="discador-simulator", description="A stand-in Asterisk that speaks AMI.")
    parser.add_argument("--host", default=variable("DISCADOR_SIMULATOR_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=variable("DISCADOR_SIMULATOR_PORT", "5038"))
    parser.add_argument("--username", default=variable("DISCADOR_AMI_USERNAME", ""))
    parser.add_argument(
        "--call-records", default=variable("DISCADOR_CDR_CSV", ""), help="CSV to write, as Asterisk does; none if empty"
    )
    parser.add_argument(
        "--profile",
        choices=("digits", "mixed"),
        default=variable("DISCADOR_SIMULATOR_PROFILE", "digits"),
        help="calls go by the number's last two digits, or as they go on an ordinary list",
    )
    parser.add_argument("--seed", type=int, default=variable("DISCADOR_SIMULATOR_SEED", "1"))
    parser.add_argument("--speed", type=float, default=variable("DISCADOR_SIMULATOR_SPEED", "1"), help="of calls")
    given = parser.parse_args(arguments)
    secret = variable("DISCADOR_AMI_SECRET", "")  # never a flag: flags are seen by every user of the machine
    if not given.username or not secret:
        parser.error("DISCADOR_AMI_USERNAME and DISCADOR_AMI_SECRET are required: there is no default secret")
    if given.speed <= 0:
        parser.error("--speed must be above 0")
    records = Path(given.call_records) if given.call_records else None
    return SimulatorSettings(
        given.host, given.port, given.username, secret, records, given.profile, given.seed, given.speed
    )
