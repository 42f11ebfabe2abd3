"""`discador campaign import`: a file of any size into a campaign, with progress, resumable."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from discador.cli import output
from discador.cli.campaign_id import campaign_id
from discador.cli.connection import Api, connected, request_id
from discador.cli.failure import Failure, from_rpc
from discador.cli.output import one
from discador.cli.target_file import written
from discador.v1 import lead_pb2

CHUNK = 512 * 1024
RACE_S = 15.0


def import_file(
    campaign: Annotated[str, typer.Argument(help="id or name of the campaign")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or XLSX")],
    number: Annotated[str, typer.Option(help="column of the number (name, or 1-based number)")] = "",
    name: Annotated[str, typer.Option(help="column of the name")] = "",
    external_id: Annotated[str, typer.Option(help="column of your own key")] = "",
    priority_column: Annotated[str, typer.Option(help="column of the priority")] = "",
    field: Annotated[list[str], typer.Option(help="further column to keep (repeatable; none = all)")] = [],  # noqa: B006 - Typer reads it
    region: Annotated[str, typer.Option(help="region of numbers without a country code")] = "BR",
    header: Annotated[str, typer.Option(help="auto, yes or no")] = "auto",
    dry_run: Annotated[bool, typer.Option(help="read and count everything, add nothing")] = False,
    errors: Annotated[Path | None, typer.Option(help="where to write the refused rows (CSV)")] = None,
) -> None:
    """Import leads. The same file twice adds nothing; after a break, run it again: it goes on where it was."""
    options = lead_pb2.ImportOptions(
        file_name=file.name,
        mapping=lead_pb2.ColumnMapping(
            number=number, name=name, external_id=external_id, priority=priority_column, fields=field
        ),
        default_region=region,
        header=header,
        dry_run=dry_run,
    )
    with connected() as api, written(errors) if errors else nullcontext() as refused:
        start = lead_pb2.ImportStart(
            campaign_id=campaign_id(api, campaign),
            options=options,
            sha256=_digest(file),
            size=file.stat().st_size,
            request_id=request_id(),
        )
        last = _sent(api, start, file)
        if refused is not None:
            for body in api.leads.ExportImportErrors(lead_pb2.ExportImportErrorsRequest(id=last.id)):
                refused.write(body.data)
    if last.state == lead_pb2.IMPORT_STATE_FAILED:
        raise Failure(f"The import stopped: {last.error}", "import-failed")
    if last.rows and last.invalid == last.rows:
        hint = f"{errors} says why" if errors else "--errors FILE says why"
        raise Failure(f"None of the {last.rows:,} rows can be used: {hint}.", "import-all-refused")
    _show(last, errors)


def _sent(api: Api, start: lead_pb2.ImportStart, file: Path) -> lead_pb2.Import:
    """Send the file; again where an earlier run of it, broken off, is still ending in the master."""
    end = time.monotonic() + RACE_S
    while True:
        try:
            return _follow(api.leads.StreamImport(_parts(start, file)), start.size, file.name)
        except grpc.RpcError as error:
            if from_rpc(error, api.address).error_id != "import-raced" or time.monotonic() > end:
                raise
            time.sleep(0.5)


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _parts(start: lead_pb2.ImportStart, file: Path) -> Iterator[lead_pb2.StreamImportRequest]:
    yield lead_pb2.StreamImportRequest(start=start)
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield lead_pb2.StreamImportRequest(chunk=chunk)


def _follow(progress_of: Iterator[lead_pb2.Import], size: int, name: str) -> lead_pb2.Import:
    """Draw the progress until the stream ends; return its last message."""
    last = lead_pb2.Import()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=output.problems, transient=True, disable=output.Output.json) as bar:
        task = bar.add_task(name, total=size or None)
        for last in progress_of:
            bar.update(task, completed=last.bytes_read, description=f"{name}: {last.rows:,} rows")
    return last


def _show(result: lead_pb2.Import, errors: Path | None) -> None:
    one(
        result,
        {
            "import": result.id,
            "rows": f"{result.rows:,}",
            "imported": f"{result.imported:,}" + (" (dry run: nothing was added)" if result.dry_run else ""),
            "duplicates": f"{result.duplicates:,}",
            "do not call": f"{result.dnc:,}",
            "invalid": f"{result.invalid:,}" + (f", see {errors}" if errors and result.invalid else ""),
        },
    )
