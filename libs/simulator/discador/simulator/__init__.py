"""A stand-in Asterisk: AMI over TCP on loopback, a carrier inside, and a door for faults."""

from .asterisk import Asterisk
from .carrier import Carrier, Script, by_digits, mixed
from .server import Simulator

__all__ = ["Asterisk", "Carrier", "Script", "Simulator", "by_digits", "mixed"]
