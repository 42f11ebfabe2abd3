"""`discador demo`: everything on one machine, and a sample campaign that dials to its end."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from discador.cli.connection import Api, Target, request_id
from discador.cli.output import console
from discador.cli.run_file import RunFile
from discador.cli.up.command import addresses, running
from discador.cli.up.composition import Composition
from discador.cli.up.settings import UpSettings
from discador.runtime.settings import environment, load
from discador.v1 import campaign_pb2, lead_pb2

DATA = Path("data") / "demo"
AREA_CODES = ("11", "21", "31", "41", "51", "61", "71", "81", "85", "92")
ENDED = (campaign_pb2.CAMPAIGN_STATE_COMPLETED, campaign_pb2.CAMPAIGN_STATE_STOPPED)
PERIOD_S = 0.25


def demo(
    leads: Annotated[int, typer.Option(min=1, max=100_000, help="leads in the sample campaign")] = 300,
    keep: Annotated[bool, typer.Option(help="keep the data of the last demo instead of starting afresh")] = False,
    exit_when_done: Annotated[bool, typer.Option(help="end when the campaign has ended")] = False,
) -> None:
    """Run everything with the simulator and dial a sample campaign to its end. Needs nothing, changes nothing else."""
    if not keep:
        shutil.rmtree(DATA, ignore_errors=True)
    source = {name: value for name, value in environment().items() if not name.startswith("DISCADOR_")}
    # Any free ports: a demo must not fail because something else runs on this machine.
    zero = dict.fromkeys(("MASTER", "GATEWAY", "MAINTENANCE", "WEB"), "0")
    source |= {f"DISCADOR_{name}_PORT": port for name, port in zero.items()}
    source["DISCADOR_DATA_DIR"] = str(DATA)
    simulator = {"DISCADOR_SIMULATOR_PROFILE": "mixed", "DISCADOR_SIMULATOR_SPEED": "5"}
    asyncio.run(_demo(Composition(load(UpSettings, source), source, simulator), leads, exit_when_done))


async def _demo(composition: Composition, leads: int, exit_when_done: bool) -> None:
    async with running(composition) as (run, stopped):
        addresses(run, composition)
        api = Api(Target(run.master, run.service_token))
        try:
            campaign = await asyncio.to_thread(_prepare, api, leads)
            await _watch(api, campaign, leads, stopped)
        finally:
            api.close()
        if exit_when_done or stopped.is_set():
            return
        _say_how_to_go_on(run)
        await stopped.wait()


def _prepare(api: Api, leads: int) -> int:
    """Create the campaign, import the sample list, start it; return its id."""
    settings = campaign_pb2.CampaignSettings(
        mode=campaign_pb2.DIAL_MODE_BROADCAST,
        max_channels=40,
        message="demo-congrats",
        max_attempts_per_lead=2,
        max_attempts_per_number_day=3,
        window=campaign_pb2.CallingWindow(always=True),
        # Quick retries where another try may help, none elsewhere: a demonstration has to end.
        retry_rules=[_rule(outcome, 2) for outcome in ("busy", "no_answer", "congestion")]
        + [_rule(outcome, 1) for outcome in ("rejected", "failed", "machine", "abandoned", "unknown")],
    )
    campaign = api.campaigns.CreateCampaign(
        campaign_pb2.CreateCampaignRequest(
            campaign=campaign_pb2.Campaign(name="Demonstration", settings=settings), request_id=request_id()
        )
    )
    imported = api.leads.ImportLeads(
        lead_pb2.ImportLeadsRequest(
            campaign_id=campaign.id,
            options=lead_pb2.ImportOptions(file_name="demo.csv"),
            content=sample_list(leads),
            request_id=request_id(),
        )
    )
    console.print(f"\nImported {imported.imported:,} of {imported.rows:,} leads into campaign {campaign.name!r}.")
    api.campaigns.StartCampaign(campaign_pb2.StartCampaignRequest(id=campaign.id, request_id=request_id()))
    return int(campaign.id)


def _rule(outcome: str, attempts: int) -> campaign_pb2.RetryRule:
    return campaign_pb2.RetryRule(outcome=outcome, delay_s=2, max_attempts=attempts, multiplier=1)


def sample_list(leads: int) -> bytes:
    """A CSV list of distinct Brazilian mobile numbers, always the same one for the same count."""
    choose = random.Random(2)  # noqa: S311 - sample data
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["nome", "telefone"])
    for position in range(leads):
        subscriber = 90_000_000 + position * 17 % 9_999_999
        writer.writerow([f"Pessoa {position + 1}", f"({choose.choice(AREA_CODES)}) 9{subscriber:08d}"])
    return text.getvalue().encode()


async def _watch(api: Api, campaign_id: int, leads: int, stopped: asyncio.Event) -> None:
    """Draw the campaign until it has ended or we are told to stop."""
    request = campaign_pb2.GetCampaignRequest(id=campaign_id)
    with Live(console=console, refresh_per_second=8) as live:
        while not stopped.is_set():
            campaign = await asyncio.to_thread(api.campaigns.GetCampaign, request)
            live.update(_picture(campaign, leads))
            if campaign.state in ENDED:
                return
            try:
                await asyncio.wait_for(stopped.wait(), PERIOD_S)
            except TimeoutError:
                continue


def _picture(campaign: campaign_pb2.Campaign, leads: int) -> Table:
    counters = campaign.counters
    ended = sum(counters.leads.get(state, 0) for state in ("done", "exhausted", "invalid", "blocked"))
    picture = Table.grid(padding=(0, 2))
    picture.add_row("leads finished", ProgressBar(total=leads, completed=ended, width=40), f"{ended}/{leads}")
    picture.add_row("calls now", "[green]" + "▮" * counters.live + "[/green]", str(counters.live))
    for outcome, count in sorted(counters.outcomes.items(), key=lambda item: -item[1]):
        if count:
            picture.add_row(outcome, ProgressBar(total=leads, completed=min(count, leads), width=40), str(count))
    reason = next((c.detail for c in campaign.checks if c.state == campaign_pb2.CHECK_STATE_FAILED), "")
    if reason and not counters.live and campaign.state not in ENDED:
        picture.add_row("not dialling", reason, "")
    return picture


def _say_how_to_go_on(run: RunFile) -> None:
    console.print("\nThe campaign has ended. Everything still runs; in another terminal try:")
    console.print(f"  DISCADOR_DATA_DIR={DATA} .venv/bin/discador status", highlight=False)
    console.print(f"  DISCADOR_DATA_DIR={DATA} .venv/bin/discador attempt list --limit 10", highlight=False)
    console.print(
        f'  curl -H "Authorization: Bearer $(cat {DATA}/secrets/api-token)" {run.web}/api/v1/campaigns', highlight=False
    )
    console.print("\nCtrl-C ends it.")
