"""`discador node …`: the Asterisk servers."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.connection import Api, connected, request_id
from discador.cli.failure import NotFound
from discador.cli.ids import id_of
from discador.cli.output import done, enum_name, many, one
from discador.v1 import node_pb2

app = typer.Typer(help="Nodes: Asterisk servers, each behind its ami-gateway.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="unique name; the gateway's DISCADOR_NODE")],
    gateway: Annotated[str, typer.Option(help="host:port of its ami-gateway")],
) -> None:
    """Add a node."""
    node = node_pb2.Node(name=name, gateway_address=gateway)
    with connected() as api:
        _show(api.nodes.CreateNode(node_pb2.CreateNodeRequest(node=node, request_id=request_id())))


@app.command("list")
def list_() -> None:
    """List nodes with the state of their Asterisk."""
    with connected() as api:
        found = all_nodes(api)
    many(
        found,
        {
            "id": lambda n: n.id,
            "name": lambda n: n.name,
            "gateway": lambda n: n.gateway_address,
            "ami": lambda n: enum_name(n, "ami_state"),
            "detail": lambda n: n.ami_detail,
            "asterisk": lambda n: n.asterisk_version,
            "channels": lambda n: n.channels,
            "reported": lambda n: n.reported_at,
        },
        "There is no node yet: `discador node add NAME --gateway HOST:PORT` makes one.",
    )


@app.command()
def remove(node: Annotated[str, typer.Argument(help="id or name of the node")]) -> None:
    """Remove a node that has no trunk."""
    with connected() as api:
        api.nodes.DeleteNode(node_pb2.DeleteNodeRequest(id=node_id(api, node), request_id=request_id()))
    done("Removed.")


def all_nodes(api: Api) -> list[node_pb2.Node]:
    """Every node, in pages."""
    return output.pages(lambda token: api.nodes.ListNodes(node_pb2.ListNodesRequest(page_token=token)), "nodes", 10_000)


def node_id(api: Api, word: str) -> int:
    """Return the id of the node that a word names: an id, or its exact name."""
    if (number := id_of(word)) is not None:
        return number
    for node in all_nodes(api):
        if node.name == word:
            return node.id
    raise NotFound(f"No node is called {word!r}.", "node-not-found")


def _show(node: node_pb2.Node) -> None:
    one(node, {"id": node.id, "name": node.name, "gateway": node.gateway_address})
