"""`discador up`: run every service until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from discador.cli.output import Output, console, plain, print_json, problems
from discador.cli.run_file import RunFile
from discador.cli.up.composition import Composition
from discador.cli.up.first_run import first_run_link
from discador.cli.up.readiness import until_ready
from discador.cli.up.settings import UpSettings
from discador.runtime.settings import environment, load


def up(workers: Annotated[int, typer.Option(help="worker processes; 0 = DISCADOR_WORKERS or 1")] = 0) -> None:
    """Run all services on this machine until Ctrl-C.

    Without settings it needs nothing else: SQLite, an embedded Redis, and the simulator in place of Asterisk.
    """
    source = environment()
    if workers:
        source["DISCADOR_WORKERS"] = str(workers)
    asyncio.run(_up(Composition(load(UpSettings, source), source)))


async def _up(composition: Composition) -> None:
    async with running(composition) as (run, stopped):
        if Output.json:
            print_json({"master": run.master, "web": run.web, "logs": run.logs, "pid": run.pid})
        else:
            addresses(run, composition)
            console.print("\nCtrl-C ends it.")
        await stopped.wait()
        if not Output.json:
            console.print("Stopping …")


@asynccontextmanager
async def running(composition: Composition) -> AsyncIterator[tuple[RunFile, asyncio.Event]]:
    """Everything up and ready inside the block; everything ended behind it, whatever happened.

    The event is set by Ctrl-C or SIGTERM. During the start they raise `KeyboardInterrupt`.
    """
    stopped = asyncio.Event()
    watcher: asyncio.Task[None] | None = None
    try:
        with console.status("Starting the services …") as status:
            starting = asyncio.ensure_future(_started(composition, lambda name: status.update(f"Waiting for {name} …")))
            _on_signals(stopped)
            interrupted = asyncio.ensure_future(stopped.wait())
            await asyncio.wait({starting, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            interrupted.cancel()
            if not starting.done():
                starting.cancel()
                await asyncio.wait({starting})
                raise KeyboardInterrupt
            run = starting.result()
        watcher = asyncio.ensure_future(composition.ended())
        watcher.add_done_callback(lambda _: stopped.set())
        yield run, stopped
    finally:
        await composition.stop()
        if watcher is not None:
            await asyncio.wait({watcher})


def addresses(run: RunFile, composition: Composition) -> None:
    """Print where everything is."""
    console.print(f"\n[bold]web and REST[/bold]  {run.web}")
    console.print(f"[bold]gRPC[/bold]          {run.master}")
    console.print(f"[bold]logs[/bold]          {run.logs}")
    if link := first_run_link(run, composition.data):
        console.print("\nThere is no user yet. This link, once, makes the administrator:")
        print(link)  # never broken over lines
        token_file = composition.data / "secrets" / "api-token"
        console.print(f"Until then programs may use the token in {token_file}.", highlight=False)


async def _started(composition: Composition, show: Callable[[str], None]) -> RunFile:
    run = await composition.start()
    for name in await until_ready(run, composition.settings.workers, show):
        problems.print(f"[yellow]Not up yet: {plain(name)}. Nothing is dialled over it until it is.[/yellow]")
    return run


def _on_signals(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
