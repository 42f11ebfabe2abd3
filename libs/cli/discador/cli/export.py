"""`discador campaign export`: a campaign's leads with their last outcome, as CSV."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from discador.cli.campaign_id import campaign_id
from discador.cli.connection import connected
from discador.cli.output import done
from discador.cli.target_file import written
from discador.v1 import lead_pb2


def export(
    campaign: Annotated[str, typer.Argument(help="id or name of the campaign")],
    file: Annotated[Path | None, typer.Argument(help="where to write; standard output if left out")] = None,
) -> None:
    """Write the campaign's leads with their last outcome as CSV, also with --json."""
    with connected() as api:
        request = lead_pb2.ExportLeadsRequest(campaign_id=campaign_id(api, campaign))
        chunks = (body.data for body in api.leads.ExportLeads(request))
        if file is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        with written(file) as target:
            size = sum(target.write(chunk) for chunk in chunks)
    done(f"Wrote {file}.", {"file": str(file), "bytes": size})
