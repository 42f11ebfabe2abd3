"""How the ordered checks of a campaign or a lead are printed."""

from __future__ import annotations

from collections.abc import Iterable

from discador.cli.output import console, plain
from discador.v1 import campaign_pb2

_MARKS = {
    campaign_pb2.CHECK_STATE_OK: "[green]✓[/green]",
    campaign_pb2.CHECK_STATE_FAILED: "[red]✗[/red]",
}


def print_checks(checks: Iterable[campaign_pb2.Check]) -> None:
    """Print each check with what was found; failed ones with what to do."""
    for check in checks:
        console.print(f" {_MARKS.get(check.state, '[yellow]?[/yellow]')} {plain(check.title)}: {plain(check.detail)}")
        if check.state == campaign_pb2.CHECK_STATE_FAILED and check.remedy:
            console.print(f"   [dim]→ {plain(check.remedy)}[/dim]")
