"""Leads, lists and imports on the wire."""

from __future__ import annotations

from discador.master.convert.enums import IMPORT_STATE, LEAD_STATE
from discador.master.convert.stamps import stamp
from discador.store.records import ImportJob, Lead, LeadList
from discador.v1 import lead_pb2 as wire


def lead_to_wire(lead: Lead) -> wire.Lead:
    """Return the lead."""
    return wire.Lead(
        id=lead.id,
        campaign_id=lead.campaign_id,
        list_id=lead.list_id or 0,
        number=lead.number,
        name=lead.name,
        external_id=lead.external_id,
        priority=lead.priority,
        time_zones=lead.zones,
        fields={key: str(value) for key, value in lead.fields.items()},
        state=LEAD_STATE[lead.state],  # type: ignore[arg-type]  # the stubs know enum members only
        due_at=stamp(lead.due_at),
        attempts=lead.attempts,
        last_outcome=lead.last_outcome,
        reason=lead.reason,
        created_at=stamp(lead.created_at),
    )


def list_to_wire(entry: LeadList) -> wire.LeadList:
    """Return the list."""
    return wire.LeadList(
        id=entry.id,
        campaign_id=entry.campaign_id,
        name=entry.name,
        leads=entry.leads,
        created_at=stamp(entry.created_at),
    )


def import_to_wire(job: ImportJob, bytes_read: int | None = None) -> wire.Import:
    """Return the import; `bytes_read` is newer than the committed figure, if it is given."""
    return wire.Import(
        id=job.id,
        campaign_id=job.campaign_id,
        list_id=job.list_id or 0,
        file_name=job.file_name,
        state=IMPORT_STATE[job.state],  # type: ignore[arg-type]  # the stubs know enum members only
        rows=job.rows,
        imported=job.imported,
        duplicates=job.duplicates,
        dnc=job.dnc,
        invalid=job.invalid,
        bytes_read=job.bytes_read if bytes_read is None else bytes_read,
        size=job.size,
        error=job.error,
        dry_run=job.dry_run,
        created_at=stamp(job.created_at),
        updated_at=stamp(job.updated_at),
    )
