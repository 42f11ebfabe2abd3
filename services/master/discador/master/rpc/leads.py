# ruff: noqa: N802 - methods bear the names that the contract gives them
"""LeadService: leads, lists and exports. Imports stand in `rpc.imports`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from google.api.httpbody_pb2 import HttpBody

from discador.core.compliance.zone import find_zone
from discador.core.errors import InvalidNumber
from discador.core.numbering import normalise, zones_of
from discador.master import pages
from discador.master.convert.campaigns import checks_to_wire
from discador.master.convert.enums import LEAD_STATE, member
from discador.master.convert.leads import import_to_wire, lead_to_wire, list_to_wire
from discador.master.convert.stamps import stamp
from discador.master.lead_import.safe_csv import CONTENT_TYPE, csv_chunks
from discador.master.rpc.imports import ImportRpcs
from discador.master.texts import (
    MAX_EXTERNAL_ID,
    MAX_FIELD_CHARS,
    MAX_FIELD_NAME,
    MAX_FIELDS,
    MAX_FIELDS_CHARS,
    MAX_LEAD_NAME,
    fault_in,
)
from discador.master.violations import Violations
from discador.store.records import Lead, NewLead
from discador.v1 import lead_pb2 as wire
from discador.v1 import lead_pb2_grpc

_COLUMNS: Final = (
    "id", "number", "name", "external_id", "priority", "state", "due_at", "attempts", "last_outcome", "reason",
    "created_at", "fields",
)  # fmt: skip


class LeadServicer(ImportRpcs, lead_pb2_grpc.LeadServiceServicer):
    """Leads of campaigns."""

    async def CreateLead(self, request: wire.CreateLeadRequest, context: Any) -> wire.Lead:
        def work() -> wire.Lead:
            campaign = self._store.campaigns.get(request.lead.campaign_id)
            new = _checked(request.lead, campaign.settings.time_zone)
            return lead_to_wire(self._store.leads.create(campaign.id, new))

        message = await self._database.once(request, wire.Lead, work)
        await self._wake.send()
        return message

    async def GetLead(self, request: wire.GetLeadRequest, context: Any) -> wire.Lead:
        return await self._database.run(lambda: lead_to_wire(self._store.leads.get(request.id)))

    async def ListLeads(self, request: wire.ListLeadsRequest, context: Any) -> wire.ListLeadsResponse:
        def work() -> wire.ListLeadsResponse:
            size = pages.page_size(request.page_size)
            found = Violations()
            state = member(LEAD_STATE, request.state)
            found.check(not request.state or state is not None, "state", "must be a state that this version knows")
            found.check(request.campaign_id > 0, "campaign_id", "must be the id of a campaign")
            found.raise_if_any("filter-invalid")
            self._store.campaigns.get(request.campaign_id)
            question = ("leads", request.campaign_id, request.state)
            after = pages.decode(request.page_token, int, *question) or 0
            leads = self._store.leads.list(request.campaign_id, size + 1, after, state=state)
            return wire.ListLeadsResponse(
                leads=[lead_to_wire(lead) for lead in leads[:size]],
                next_page_token=pages.next_token(leads, size, lambda lead: lead.id, *question),
            )

        return await self._database.run(work)

    async def SearchLeads(self, request: wire.SearchLeadsRequest, context: Any) -> wire.SearchLeadsResponse:
        def work() -> wire.SearchLeadsResponse:
            number = normalise(request.number).e164
            self._store.campaigns.get(request.campaign_id)
            found = self._store.leads.list(request.campaign_id, 1, 0, number=number)
            return wire.SearchLeadsResponse(leads=[lead_to_wire(lead) for lead in found])

        return await self._database.run(work)

    async def ExplainLead(self, request: wire.ExplainLeadRequest, context: Any) -> wire.ExplainLeadResponse:
        lead, checks, next_at = await self._explanation.of_lead(request.id)
        return wire.ExplainLeadResponse(
            lead=lead_to_wire(lead), checks=checks_to_wire(checks), next_attempt_at=stamp(next_at)
        )

    async def GetImport(self, request: wire.GetImportRequest, context: Any) -> wire.Import:
        return await self._database.run(lambda: import_to_wire(self._store.imports.get(request.id)))

    async def ListImports(self, request: wire.ListImportsRequest, context: Any) -> wire.ListImportsResponse:
        def work() -> wire.ListImportsResponse:
            size = pages.page_size(request.page_size)
            before = pages.decode(request.page_token, int, "imports", request.campaign_id)
            jobs = self._store.imports.list(size + 1, before_id=before, campaign_id=request.campaign_id or None)
            return wire.ListImportsResponse(
                imports=[import_to_wire(job) for job in jobs[:size]],
                next_page_token=pages.next_token(jobs, size, lambda job: job.id, "imports", request.campaign_id),
            )

        return await self._database.run(work)

    async def ListLeadLists(self, request: wire.ListLeadListsRequest, context: Any) -> wire.ListLeadListsResponse:
        def work() -> wire.ListLeadListsResponse:
            size = pages.page_size(request.page_size)
            self._store.campaigns.get(request.campaign_id)
            after = pages.decode(request.page_token, int, "lists", request.campaign_id) or 0
            found = self._store.leads.lists(request.campaign_id, size + 1, after)
            return wire.ListLeadListsResponse(
                lists=[list_to_wire(entry) for entry in found[:size]],
                next_page_token=pages.next_token(found, size, lambda entry: entry.id, "lists", request.campaign_id),
            )

        return await self._database.run(work)

    async def ExportLeads(self, request: wire.ExportLeadsRequest, context: Any) -> AsyncIterator[HttpBody]:
        await self._database.run(self._store.campaigns.get, request.campaign_id)
        await self._database.record("ExportLeads", f"campaign {request.campaign_id}")
        rows = (_row(lead) for lead in self._store.leads.iterate(request.campaign_id))
        async for body in self._csv(_COLUMNS, rows):
            yield body

    async def ExportImportErrors(
        self, request: wire.ExportImportErrorsRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        await self._database.run(self._store.imports.get, request.id)
        await self._database.record("ExportImportErrors", f"import {request.id}")
        rows = ((str(error.row), error.reason, *error.cells) for error in self._store.imports.errors(request.id))
        async for body in self._csv(("row", "reason", "cells"), rows):
            yield body

    async def _csv(self, header: Iterable[str], rows: Iterable[Iterable[str]]) -> AsyncIterator[HttpBody]:
        """Stream a table; every piece is read and written by a thread, when the one before was taken."""
        chunks: Iterator[bytes] = csv_chunks(header, rows)
        while chunk := await self._database.run(next, chunks, b""):
            yield HttpBody(content_type=CONTENT_TYPE, data=chunk)


def _checked(lead: wire.Lead, default_zone: str) -> NewLead:
    """Return the new lead. Raises `InvalidInput` with all faults; `number-invalid` if the number is the only one."""
    found = Violations()
    number = ""
    error_id = "lead-invalid"
    found.add("lead.name", fault_in(lead.name, MAX_LEAD_NAME))
    found.add("lead.external_id", fault_in(lead.external_id, MAX_EXTERNAL_ID))
    found.check(0 <= lead.priority <= 100, "lead.priority", "must be between 1 (first) and 100")
    found.check(len(lead.fields) <= MAX_FIELDS, "lead.fields", f"must have at most {MAX_FIELDS} entries")
    for key, value in lead.fields.items():
        found.add("lead.fields", fault_in(key, MAX_FIELD_NAME, required=True))
        found.add(f"lead.fields.{key[:40]}", fault_in(value, MAX_FIELD_CHARS))
    whole = sum(map(len, lead.fields.values())) <= MAX_FIELDS_CHARS
    found.check(whole, "lead.fields", f"must have at most {MAX_FIELDS_CHARS} characters together")
    known = len(lead.time_zones) <= 5 and all(find_zone(zone) is not None for zone in lead.time_zones)
    found.check(known, "lead.time_zones", "must be names of time zones, for example America/Manaus, five at most")
    if not found:
        error_id = InvalidNumber.error_id
    try:
        number = normalise(lead.number).e164
    except InvalidNumber as error:
        found.add("lead.number", error.reason)
    found.raise_if_any(error_id)
    # A zone known from the address comes on top of those that the number tells: all of them must be open.
    zones = dict.fromkeys((*zones_of(number, default_zone), *lead.time_zones))
    return NewLead(number, tuple(zones), lead.name, lead.external_id, lead.priority or 50, dict(lead.fields))


def _row(lead: Lead) -> tuple[str, ...]:
    fields = "; ".join(f"{key}={value}" for key, value in lead.fields.items())
    due_at = lead.due_at.isoformat(timespec="seconds") if lead.due_at else ""
    return (
        str(lead.id), lead.number, lead.name, lead.external_id, str(lead.priority), lead.state.value, due_at,
        str(lead.attempts), lead.last_outcome, lead.reason, lead.created_at.isoformat(timespec="seconds"), fields,
    )  # fmt: skip
