"""`discador trunk …`: the ways out to carriers."""

from __future__ import annotations

from typing import Annotated

import typer

from discador.cli import output
from discador.cli.connection import Api, connected, request_id
from discador.cli.failure import NotFound
from discador.cli.ids import MAX_INT, id_of
from discador.cli.node import node_id
from discador.cli.output import done, many, one
from discador.v1 import trunk_pb2

app = typer.Typer(help="Trunks: ways from a node to a carrier.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="unique name")],
    node: Annotated[str, typer.Option(help="id or name of its node")],
    dial: Annotated[str, typer.Option(help="how Asterisk dials over it")] = "PJSIP/{number}@trunk",
    number_format: Annotated[str, typer.Option(help="e164, e164_without_plus or national")] = "e164_without_plus",
    channels: Annotated[int, typer.Option(min=1, max=MAX_INT, help="channels it may hold at once")] = 30,
    calls_per_second: Annotated[float, typer.Option(help="calls started per second, at most")] = 5.0,
    caller_id: Annotated[str, typer.Option(help="number shown unless the campaign has its own")] = "",
    hide_header: Annotated[bool, typer.Option(help="keep X-Discador-Attempt out of the INVITE")] = False,
) -> None:
    """Add a trunk."""
    with connected() as api:
        trunk = trunk_pb2.Trunk(
            name=name,
            node_id=node_id(api, node),
            dial=dial,
            number_format=number_format,
            max_channels=channels,
            max_calls_per_second=calls_per_second,
            caller_id=caller_id,
            hide_attempt_header=hide_header,
        )
        _show(api.trunks.CreateTrunk(trunk_pb2.CreateTrunkRequest(trunk=trunk, request_id=request_id())))


@app.command("list")
def list_() -> None:
    """List trunks."""
    with connected() as api:
        found = all_trunks(api)
    many(
        found,
        {
            "id": lambda t: t.id,
            "name": lambda t: t.name,
            "node": lambda t: t.node_id,
            "dial": lambda t: t.dial,
            "channels": lambda t: f"{t.live}/{t.max_channels}",
            "calls/s": lambda t: f"{t.max_calls_per_second:g}",
            "disabled": lambda t: t.disabled,
        },
        "There is no trunk yet: `discador trunk add NAME --node NODE` makes one.",
    )


@app.command()
def enable(trunk: Annotated[str, typer.Argument(help="id or name of the trunk")]) -> None:
    """Let campaigns dial over it."""
    _set_disabled(trunk, False)


@app.command()
def disable(trunk: Annotated[str, typer.Argument(help="id or name of the trunk")]) -> None:
    """Dial nothing more over it."""
    _set_disabled(trunk, True)


@app.command()
def remove(trunk: Annotated[str, typer.Argument(help="id or name of the trunk")]) -> None:
    """Remove a trunk that has no attempt in progress."""
    with connected() as api:
        api.trunks.DeleteTrunk(trunk_pb2.DeleteTrunkRequest(id=trunk_id(api, trunk), request_id=request_id()))
    done("Removed.")


def all_trunks(api: Api) -> list[trunk_pb2.Trunk]:
    """Every trunk, in pages."""
    return output.pages(
        lambda token: api.trunks.ListTrunks(trunk_pb2.ListTrunksRequest(page_token=token)), "trunks", 10_000
    )


def trunk_id(api: Api, word: str) -> int:
    """Return the id of the trunk that a word names: an id, or its exact name."""
    if (number := id_of(word)) is not None:
        return number
    for trunk in all_trunks(api):
        if trunk.name == word:
            return trunk.id
    raise NotFound(f"No trunk is called {word!r}.", "trunk-not-found")


def _set_disabled(word: str, disabled: bool) -> None:
    with connected() as api:
        request = trunk_pb2.UpdateTrunkRequest(
            trunk=trunk_pb2.Trunk(id=trunk_id(api, word), disabled=disabled), request_id=request_id()
        )
        request.update_mask.paths.append("disabled")
        _show(api.trunks.UpdateTrunk(request))


def _show(trunk: trunk_pb2.Trunk) -> None:
    rows: dict[str, object] = {
        "id": trunk.id,
        "name": trunk.name,
        "node": trunk.node_id,
        "dial": trunk.dial,
        "number format": trunk.number_format,
        "channels": trunk.max_channels,
        "calls per second": f"{trunk.max_calls_per_second:g}",
        "disabled": trunk.disabled,
    }
    one(trunk, rows)
