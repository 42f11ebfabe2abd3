"""Trunks on the wire."""

from __future__ import annotations

from discador.store.records import Trunk
from discador.v1 import trunk_pb2


def trunk_to_wire(trunk: Trunk, live: int) -> trunk_pb2.Trunk:
    """Return the trunk with the number of attempts that hold a channel of it now."""
    return trunk_pb2.Trunk(
        id=trunk.id,
        name=trunk.name,
        node_id=trunk.node_id,
        dial=trunk.dial,
        number_format=trunk.number_format,
        max_channels=trunk.max_channels,
        max_calls_per_second=trunk.max_calls_per_second,
        caller_id=trunk.caller_id,
        hide_attempt_header=trunk.hide_attempt_header,
        disabled=trunk.disabled,
        live=live,
    )
