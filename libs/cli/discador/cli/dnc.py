"""`discador dnc …`: the do-not-call list."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from discador.cli.connection import connected, request_id
from discador.cli.failure import Failure, NotFound
from discador.cli.output import Output, done, one, plain, problems
from discador.v1 import dnc_pb2

app = typer.Typer(help="The do-not-call list.", no_args_is_help=True)
BATCH = 10_000
SHOWN = 20

Number = Annotated[str, typer.Argument(help="phone number; +55 is assumed where no country code stands")]


@app.command()
def add(number: Number, reason: Annotated[str, typer.Option(help="why")] = "") -> None:
    """Add a number: it is never dialled again from now on."""
    entry = dnc_pb2.DncEntry(number=number, reason=reason, source="manual")
    with connected() as api:
        _show(api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=entry, request_id=request_id())))


@app.command()
def remove(number: Number) -> None:
    """Remove a number."""
    with connected() as api:
        api.dnc.DeleteDncEntry(dnc_pb2.DeleteDncEntryRequest(number=number, request_id=request_id()))
    done("Removed.")


@app.command()
def check(number: Number) -> None:
    """Show the entry of a number; exit code 3 if it is not on the list."""
    with connected() as api:
        _show(api.dnc.GetDncEntry(dnc_pb2.GetDncEntryRequest(number=number)))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="one number a line")],
    reason: Annotated[str, typer.Option(help="why")] = "",
) -> None:
    """Add the numbers of a file, one a line. Lines that are no number are listed and the others added."""
    added = known = 0
    refused: dict[int, str] = {}
    with connected() as api, file.open(encoding="utf-8-sig", errors="replace") as source:
        lines = enumerate((line.strip() for line in source), start=1)
        while chunk := list(islice(lines, BATCH)):
            batch = [(no, line) for no, line in chunk if line]
            if not batch:
                continue
            answer = api.dnc.ImportDncEntries(
                dnc_pb2.ImportDncEntriesRequest(
                    numbers=[line for _, line in batch], reason=reason, source="import", request_id=request_id()
                )
            )
            added, known = added + answer.added, known + answer.known
            refused |= {batch[position][0]: why for position, why in answer.refused.items()}
    faults = [f"line {line}: {why}" for line, why in sorted(refused.items())]
    if not added and not known:
        raise Failure("No line of the file is a phone number.", "dnc-import-empty", tuple(faults[:SHOWN]))
    result = {"added": added, "known": known, "refused": {str(line): why for line, why in refused.items()}}
    done(f"{added:,} added, {known:,} known before, {len(refused):,} refused.", result)
    for fault in faults[:SHOWN] if not Output.json else []:
        problems.print(plain(fault), highlight=False)
    if len(faults) > SHOWN and not Output.json:
        problems.print(f"… and {len(faults) - SHOWN:,} more; --json shows them all.", highlight=False)


def _show(entry: dnc_pb2.DncEntry) -> None:
    if not entry.number:
        raise NotFound("The number is not on the list.", "dnc-not-found")
    one(
        entry,
        {"number": entry.number, "reason": entry.reason, "source": entry.source, "since": entry.created_at},
    )
