"""The command tree, and what happens around every command: `--json`, failures, exit codes."""

from __future__ import annotations

import sys

import typer

from discador.cli import attempt, campaign, dnc, lead, logs, node, system, trunk
from discador.cli.demo import demo
from discador.cli.failure import Failure
from discador.cli.output import Output, print_json, problems
from discador.cli.up.command import up
from discador.runtime import log
from discador.runtime.settings import SettingsInvalid

app = typer.Typer(
    name="discador",
    help="Discador: outbound dialling. Every command takes --json anywhere on its line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command()(up)
app.command()(demo)
for command in (system.start, system.stop, system.restart, system.status, system.workers, system.queue, logs.logs):
    app.command()(command)
app.add_typer(campaign.app, name="campaign")
app.add_typer(lead.app, name="lead")
app.add_typer(attempt.app, name="attempt")
app.add_typer(trunk.app, name="trunk")
app.add_typer(node.app, name="node")
app.add_typer(dnc.app, name="dnc")


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; nothing but usage errors is printed by Typer itself."""
    Output.json = "--json" in arguments
    log.configure("cli", "error", stream=sys.stderr)
    words = [word for word in arguments if word != "--json"]
    try:
        app(args=words, prog_name="discador")
    except Failure as failure:
        _report(failure)
        return failure.exit_code
    except SettingsInvalid as invalid:
        for fault in invalid.faults:
            problems.print(fault)
        return 2
    except SystemExit as leave:  # Typer has said what there was to say
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    return 0


def _report(failure: Failure) -> None:
    if Output.json:
        print_json({"error": {"id": failure.error_id, "message": str(failure), "details": list(failure.details)}})
        return
    problems.print(f"[red]{failure}[/red] [dim]({failure.error_id})[/dim]", highlight=False)
    for detail in failure.details:
        problems.print(f"  {detail}", highlight=False)
