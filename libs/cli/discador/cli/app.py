"""The command tree, and what happens around every command: `--json`, failures, exit codes."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from discador.cli import api_token, attempt, audit, campaign, dnc, lead, logs, node, system, trunk, user
from discador.cli.choices import UsageFailure
from discador.cli.demo import demo
from discador.cli.failure import Failure
from discador.cli.output import Output, done, plain, print_json, problems
from discador.cli.up.command import up
from discador.runtime import log
from discador.runtime.settings import SettingsInvalid

INTERRUPTED = 130

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
app.add_typer(user.app, name="user")
app.add_typer(api_token.app, name="token")
app.add_typer(audit.app, name="audit")


def _show_version(wanted: bool) -> None:
    if wanted:
        done(f"discador {version('discador-cli')}", {"version": version("discador-cli")})
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code, whatever happens; each failure is said once."""
    Output.json = "--json" in arguments
    log.configure("cli", "error", stream=sys.stderr)
    try:
        return _run([word for word in arguments if word != "--json"])
    except Failure as failure:
        _report(failure)
        return failure.exit_code
    except OSError as error:  # a full disk, a directory that may not be written
        _report(Failure(str(error), "system-error"))
        return Failure.exit_code


def _run(words: list[str]) -> int:
    if any(not word.isprintable() and not _encodable(word) for word in words):
        raise UsageFailure("An argument is no text in this terminal's encoding.", "argument-invalid")
    try:
        # Typer prints its usage errors in colour itself; a program gets them as JSON from us.
        result = app(args=words, prog_name="discador", standalone_mode=not Output.json)
    except SettingsInvalid as invalid:
        raise UsageFailure("The settings are invalid.", invalid.error_id, invalid.faults) from invalid
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        raise UsageFailure(error.format_message(), "usage") from error
    except SystemExit as leave:  # Typer has said what there was to say
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    return result if isinstance(result, int) else 0


def _encodable(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _report(failure: Failure) -> None:
    if Output.json:
        print_json({"error": {"id": failure.error_id, "message": str(failure), "details": list(failure.details)}})
        return
    message = str(failure)
    problems.print(f"[red]{plain(message)}[/red] [dim]({failure.error_id})[/dim]", highlight=False, soft_wrap=True)
    for detail in failure.details:
        if detail not in message:
            problems.print(f"  {plain(detail)}", highlight=False, soft_wrap=True)
