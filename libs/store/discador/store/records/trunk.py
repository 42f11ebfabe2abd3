"""Nodes and trunks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One Asterisk behind its ami-gateway."""

    id: int
    name: str
    gateway_address: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way to a carrier, on one node."""

    id: int
    name: str
    node_id: int
    dial: str  #: `{number}` is replaced
    number_format: str
    max_channels: int
    max_calls_per_second: float
    caller_id: str
    hide_attempt_header: bool
    disabled: bool
