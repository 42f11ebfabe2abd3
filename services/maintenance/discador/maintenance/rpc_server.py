"""MaintenanceService."""

from __future__ import annotations

from typing import Any

from discador.maintenance.report import Report
from discador.maintenance.rescuer import Rescuer
from discador.v1 import maintenance_pb2 as wire
from discador.v1 import maintenance_pb2_grpc


class MaintenanceServicer(maintenance_pb2_grpc.MaintenanceServiceServicer):
    """Shows the rescue and runs it. The figures are those of this instance since it started."""

    def __init__(self, report: Report, rescuer: Rescuer) -> None:
        self._report = report
        self._rescuer = rescuer

    async def GetRescue(self, request: wire.GetRescueRequest, context: Any) -> wire.Rescue:  # noqa: N802 - the proto's
        """Return what the rescuer found and did."""
        return self._rescue()

    async def RunRescue(self, request: wire.RunRescueRequest, context: Any) -> wire.Rescue:  # noqa: N802 - the proto's
        """Run the rescuer now, on an instance that is not active, too. Repeating the request does no harm, so its
        `request_id` needs no memory."""
        await self._rescuer.run_once()
        return self._rescue()

    def _rescue(self) -> wire.Rescue:
        report = self._report
        rescue = wire.Rescue(
            in_doubt=report.in_doubt,
            settled=report.settled,
            orphans_hung_up=report.orphans_hung_up,
            last_error=report.last_error,
        )
        if report.last_run_at is not None:
            rescue.last_run_at.FromDatetime(report.last_run_at)
        return rescue
