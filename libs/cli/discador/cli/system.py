"""`discador start|stop|restart|status|workers|queue`: the system as a whole."""

from __future__ import annotations

from discador.cli import output
from discador.cli.connection import connected, request_id
from discador.cli.output import enum_name, joined, many, one
from discador.v1 import system_pb2, worker_pb2


def start() -> None:
    """Let campaigns dial."""
    with connected() as api:
        _show(api.system.StartSystem(system_pb2.StartSystemRequest(request_id=request_id())))


def stop() -> None:
    """Dial nothing more in any campaign; calls in progress go on."""
    with connected() as api:
        _show(api.system.StopSystem(system_pb2.StopSystemRequest(request_id=request_id())))


def restart() -> None:
    """Ask every service to finish what it has and start anew."""
    with connected() as api:
        _show(api.system.RestartSystem(system_pb2.RestartSystemRequest(request_id=request_id())))


def status() -> None:
    """Show the state of everything."""
    with connected() as api:
        system = api.system.GetSystem(system_pb2.GetSystemRequest())
    _show(system)
    if not output.Output.json:
        output.console.print()
        many(
            system.services,
            {
                "service": lambda s: s.service,
                "state": lambda s: s.state,
                "address": lambda s: s.address,
                "host": lambda s: s.host,
                "pid": lambda s: s.pid,
                "started": lambda s: s.started_at,
                "reported": lambda s: s.reported_at,
            },
            "No service reports.",
        )


def workers() -> None:
    """List the workers."""
    with connected() as api:
        found = output.pages(
            lambda token: api.workers.ListWorkers(worker_pb2.ListWorkersRequest(page_token=token)), "workers", 1000
        )
    many(
        found,
        {
            "worker": lambda w: w.id,
            "state": lambda w: w.state,
            "in flight": lambda w: w.in_flight,
            "gated": lambda w: w.gated,
            "follows": lambda w: joined(w.nodes),
            "reported": lambda w: w.reported_at,
        },
        "No worker reports.",
    )


def queue() -> None:
    """Show the queues between the services."""
    with connected() as api:
        queue = api.system.GetQueue(system_pb2.GetQueueRequest())
    rows: dict[str, object] = {
        "jobs waiting": queue.jobs_waiting,
        "jobs pending": queue.jobs_pending,
        "attempts queued": queue.attempts_queued,
        "oldest queued": f"{queue.oldest_queued_s:.1f} s",
        "dead": queue.dead,
    }
    for stream in queue.events:
        rows[f"events of {stream.node}"] = (
            f"{stream.waiting} waiting, {stream.pending} pending, follower {stream.holder or 'none'}"
        )
    one(queue, rows)


def _show(system: system_pb2.System) -> None:
    one(
        system,
        {
            "state": enum_name(system, "state"),
            "commanded": f"{system.commanded_by or '–'}, {output.text(system.commanded_at)}",
            "leader": f"{system.leader or 'none'} (epoch {system.leader_epoch})",
            "live attempts": joined(f"{state} {count}" for state, count in sorted(system.live.items())) or "none",
            "database": system.database,
            "redis": system.redis,
            "version": system.version,
            "taken": system.taken_at,
        },
    )
