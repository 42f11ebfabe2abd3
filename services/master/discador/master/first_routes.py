"""The first nodes and trunks, from the environment: what is missing is made, what is there is left alone.

DISCADOR_NODES    name=host:port, separated by commas
DISCADOR_TRUNKS   name,node=…,dial=…[,channels=…][,cps=…][,caller_id=…][,format=…], separated by semicolons
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from discador.master.rpc import nodes, trunks
from discador.runtime.errors import InvalidInput
from discador.runtime.log import get_logger
from discador.runtime.settings import csv
from discador.store import Store
from discador.store.errors import NameTaken, NotFound
from discador.v1 import node_pb2, trunk_pb2

_OPTIONS: Final = frozenset({"node", "dial", "channels", "cps", "caller_id", "format"})
_log: Final = get_logger("first-routes")


@dataclass(frozen=True, slots=True)
class FirstNode:
    """A node as the environment names it."""

    node: node_pb2.Node

    def __str__(self) -> str:
        return f"{self.node.name}={self.node.gateway_address}"


@dataclass(frozen=True, slots=True)
class FirstTrunk:
    """A trunk as the environment names it; its node by name."""

    node: str
    trunk: trunk_pb2.Trunk

    def __str__(self) -> str:
        return f"{self.trunk.name},node={self.node},dial={self.trunk.dial}"


def parse_nodes(text: str) -> tuple[FirstNode, ...]:
    """Read `DISCADOR_NODES`; raises `ValueError` with what would have been right."""
    found = []
    for entry in csv(text):
        name, equals, address = entry.partition("=")
        if not equals:
            raise ValueError("must be name=host:port, separated by commas")
        node = node_pb2.Node(name=name.strip(), gateway_address=address.strip())
        try:
            nodes.checked(node)
        except InvalidInput as error:
            raise ValueError(f"is wrong: {error.message}") from None
        found.append(FirstNode(node))
    return tuple(found)


def parse_trunks(text: str) -> tuple[FirstTrunk, ...]:
    """Read `DISCADOR_TRUNKS`; raises `ValueError` with what would have been right."""
    return tuple(_trunk(entry) for entry in re.split(r"[;\n]", text) if entry.strip())


def _trunk(entry: str) -> FirstTrunk:
    name, *pairs = [part.strip() for part in entry.split(",")]
    options: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in _OPTIONS:
            raise ValueError(f"must be name,node=…,dial=…; options are {', '.join(sorted(_OPTIONS))}")
        options[key] = value
    return FirstTrunk(options.get("node", ""), _checked(name, options))


def _checked(name: str, options: Mapping[str, str]) -> trunk_pb2.Trunk:
    try:
        trunk = trunk_pb2.Trunk(
            name=name,
            node_id=1,  # stands in until the node is known
            dial=options.get("dial", ""),
            number_format=options.get("format", ""),
            max_channels=int(options.get("channels", "10")),
            max_calls_per_second=float(options.get("cps", "1")),
            caller_id=options.get("caller_id", ""),
        )
        trunks.checked(trunk)
    except InvalidInput as error:
        raise ValueError(f"is wrong: {error.message}") from None
    except ValueError:
        raise ValueError("must have numbers as channels and cps") from None
    if not options.get("node"):
        raise ValueError("must name the node of each trunk: node=…")
    return trunk


def make_missing(store: Store, first_nodes: tuple[FirstNode, ...], first_trunks: tuple[FirstTrunk, ...]) -> None:
    """Create the nodes and trunks whose names are not known yet. Blocking; safe when several masters start."""
    for first_node in first_nodes:
        try:
            store.nodes.create(**nodes.checked(first_node.node))
            _log.info("node.created", node=first_node.node.name)
        except NameTaken:
            continue
    for first in first_trunks:
        try:
            node_id = store.nodes.get_by_name(first.node).id
            columns = trunks.checked(first.trunk) | {"node_id": node_id}
            store.trunks.create(**columns)
            _log.info("trunk.created", trunk=first.trunk.name)
        except NameTaken:
            continue
        except NotFound:
            _log.error("trunk.node_unknown", trunk=first.trunk.name, node=first.node)
