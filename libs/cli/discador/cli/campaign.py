"""`discador campaign …`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import ParseDict, ParseError

from discador.cli import output
from discador.cli.campaign_id import campaign_id
from discador.cli.checks import print_checks
from discador.cli.choices import UsageFailure, digit_actions, enum_value, retry_rule
from discador.cli.connection import connected, request_id
from discador.cli.export import export as export_leads
from discador.cli.ids import MAX_INT
from discador.cli.lead_import import import_file
from discador.cli.output import enum_name, joined, many, one
from discador.v1 import campaign_pb2

app = typer.Typer(help="Campaigns: create, command, import, export.", no_args_is_help=True)
app.command("import")(import_file)
app.command("export")(export_leads)

Name = Annotated[str, typer.Argument(help="id or name of the campaign")]


def _option(text: str, at_least: int = 1) -> Any:
    return typer.Option(min=at_least, max=MAX_INT, help=text)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="unique name")],
    mode: Annotated[str, typer.Option(help="preview, progressive, power, predictive or broadcast (default)")] = "",
    channels: Annotated[int | None, _option("channels it may hold at once; 10 if left out")] = None,
    target: Annotated[int | None, _option("concurrent calls it aims at; as many as channels if left out")] = None,
    message: Annotated[str, typer.Option(help="Asterisk sound played on answer")] = "",
    caller_id: Annotated[str, typer.Option(help="number shown to the called party")] = "",
    ring: Annotated[int | None, _option("seconds to ring; 30 if left out")] = None,
    priority: Annotated[int | None, _option("1 (first) to 100; 50 if left out")] = None,
    attempts: Annotated[int | None, _option("counted attempts per lead; 10 if left out")] = None,
    per_day: Annotated[int | None, _option("attempts per number and day; 2 if left out")] = None,
    spacing: Annotated[int | None, _option("seconds between two attempts to one number", at_least=0)] = None,
    any_time: Annotated[bool, typer.Option(help="no calling window: tests, or purposes the law exempts")] = False,
    digit: Annotated[list[str], typer.Option(help="press-a-digit, such as 9=opt_out (repeatable)")] = [],  # noqa: B006 - Typer reads it
    retry: Annotated[list[str], typer.Option(help="retry rule, such as busy=900,3 (repeatable)")] = [],  # noqa: B006 - Typer reads it
    settings: Annotated[Path | None, typer.Option(help="JSON file of CampaignSettings as in REST; options win")] = None,
) -> None:
    """Create a campaign in state draft."""
    given = _from_file(settings)
    options: dict[str, Any] = {
        "mode": enum_value(campaign_pb2.DialMode, "DIAL_MODE_", mode, "mode") or None,
        "max_channels": channels,
        "target_calls": target,
        "message": message or None,
        "caller_id": caller_id or None,
        "ring_timeout_s": ring,
        "priority": priority,
        "max_attempts_per_lead": attempts,
        "max_attempts_per_number_day": per_day,
        "min_spacing_s": spacing,
    }
    for field, value in options.items():
        if value is not None:
            setattr(given, field, value)
    if any_time:
        given.window.always = True
    for key, action in digit_actions(digit).items():
        given.digits[key] = action  # type: ignore[assignment]
    rules = [retry_rule(text) for text in retry]
    kept = [rule for rule in given.retry_rules if rule.outcome not in {one.outcome for one in rules}]
    del given.retry_rules[:]
    given.retry_rules.extend([*kept, *rules])
    campaign = campaign_pb2.Campaign(name=name, settings=given)
    with connected() as api:
        _show(
            api.campaigns.CreateCampaign(campaign_pb2.CreateCampaignRequest(campaign=campaign, request_id=request_id()))
        )


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="only in this state")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 200,
) -> None:
    """List campaigns, newest first."""
    wanted = enum_value(campaign_pb2.CampaignState, "CAMPAIGN_STATE_", state, "state")
    with connected() as api:
        found = output.pages(
            lambda token: api.campaigns.ListCampaigns(
                campaign_pb2.ListCampaignsRequest(page_token=token, state=wanted)  # type: ignore[arg-type]
            ),
            "campaigns",
            limit,
        )
    many(
        found,
        {
            "id": lambda c: c.id,
            "name": lambda c: c.name,
            "state": lambda c: enum_name(c, "state"),
            "mode": lambda c: enum_name(c.settings, "mode"),
            "channels": lambda c: c.settings.max_channels,
            "live": lambda c: c.counters.live,
            "created": lambda c: c.created_at,
        },
        "There is no campaign yet: `discador campaign create NAME` makes one.",
    )


@app.command()
def show(campaign: Name) -> None:
    """Show a campaign and why it is, or is not, dialling."""
    with connected() as api:
        _show(api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=campaign_id(api, campaign))))


@app.command()
def start(campaign: Name) -> None:
    """Start it."""
    _command("StartCampaign", campaign_pb2.StartCampaignRequest, campaign)


@app.command()
def pause(campaign: Name) -> None:
    """Dial nothing more until resumed; calls in progress go on."""
    _command("PauseCampaign", campaign_pb2.PauseCampaignRequest, campaign)


@app.command()
def resume(campaign: Name) -> None:
    """Resume it."""
    _command("ResumeCampaign", campaign_pb2.ResumeCampaignRequest, campaign)


@app.command()
def stop(campaign: Name) -> None:
    """End it: nothing more is dialled, calls in progress go on to their end."""
    _command("StopCampaign", campaign_pb2.StopCampaignRequest, campaign)


def _command(rpc: str, request: Any, word: str) -> None:
    with connected() as api:
        _show(getattr(api.campaigns, rpc)(request(id=campaign_id(api, word), request_id=request_id())))


def _from_file(path: Path | None) -> campaign_pb2.CampaignSettings:
    if path is None:
        return campaign_pb2.CampaignSettings()
    try:
        return ParseDict(json.loads(path.read_text(encoding="utf-8-sig")), campaign_pb2.CampaignSettings())
    except (OSError, ValueError, ParseError) as error:
        raise UsageFailure(f"{path} holds no campaign settings: {error}", "settings-file-invalid") from error


def _show(campaign: campaign_pb2.Campaign) -> None:
    counters = campaign.counters
    rows: dict[str, object] = {
        "id": campaign.id,
        "name": campaign.name,
        "state": enum_name(campaign, "state"),
        "mode": enum_name(campaign.settings, "mode"),
        "channels": campaign.settings.max_channels,
        "leads": joined(f"{name} {count}" for name, count in sorted(counters.leads.items())),
        "outcomes": joined(f"{name} {count}" for name, count in sorted(counters.outcomes.items())),
        "live": counters.live,
    }
    one(campaign, rows)
    if output.Output.json or not campaign.checks:
        return
    more = " more" if counters.live else ""
    said = "It dials." if campaign.dialling else f"It dials nothing{more} now:"
    output.console.print(f"\n[bold]{said}[/bold]")
    print_checks(campaign.checks)
