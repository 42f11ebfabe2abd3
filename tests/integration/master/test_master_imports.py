"""Imports over real gRPC: counts, faults, repetition, resumption."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
import openpyxl
import pytest

from discador.v1 import dnc_pb2, lead_pb2
from tests.integration.master.master_kit import Api, World, new_campaign, refused, until

CHUNK = 64 * 1024
DONE, FAILED = lead_pb2.IMPORT_STATE_DONE, lead_pb2.IMPORT_STATE_FAILED


def start_of(campaign_id: int, content: bytes, **options: Any) -> lead_pb2.StreamImportRequest:
    return lead_pb2.StreamImportRequest(
        start=lead_pb2.ImportStart(
            campaign_id=campaign_id,
            options=lead_pb2.ImportOptions(file_name="lista.csv", **options),
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )
    )


def chunks_of(content: bytes) -> Iterable[lead_pb2.StreamImportRequest]:
    for position in range(0, len(content), CHUNK):
        yield lead_pb2.StreamImportRequest(chunk=content[position : position + CHUNK])


async def stream(api: Api, campaign_id: int, content: bytes, **options: Any) -> list[lead_pb2.Import]:
    async def requests() -> AsyncIterator[lead_pb2.StreamImportRequest]:
        yield start_of(campaign_id, content, **options)
        for chunk in chunks_of(content):
            yield chunk

    return [progress async for progress in api.leads.StreamImport(requests())]


async def body(call: Any) -> str:
    return b"".join([part.data async for part in call]).decode("utf-8-sig")


def mixed_list(rows: int) -> tuple[bytes, dict[str, int]]:
    """A list of which some rows are faulty, repeated or on the do-not-call list; and what should come of it."""
    lines = ["Nome;Telefone;Cidade"]
    counts = {"imported": 0, "duplicates": 0, "invalid": 0, "dnc": 0}
    for n in range(rows):
        match n % 20:
            case 3:
                lines.append(f"Pessoa {n};123;Natal")
                counts["invalid"] += 1
            case 7:
                lines.append(f"Pessoa {n};1198{n - 1:07d};Natal")
                counts["duplicates"] += 1
            case 11:
                lines.append(f"Pess\x07oa {n};1198{n:07d};Natal")
                counts["invalid"] += 1
            case 13:
                lines.append(f"Pessoa {n};11970000000;Natal")
                counts["dnc"] += 1
            case _:
                lines.append(f'"José; {n}";(11) 98{n // 10000:03d}-{n % 10000:04d};"São\nPaulo"')
                counts["imported"] += 1
    return "\r\n".join(lines).encode("latin-1"), counts


async def test_a_list_with_every_kind_of_fault_is_counted_right_and_twice_adds_nothing(api: Api, world: World) -> None:
    campaign = await new_campaign(api)
    entry = dnc_pb2.DncEntry(number="11970000000")
    await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=entry))
    content, counts = mixed_list(20_000)
    progress = await stream(api, campaign.id, content)
    last = progress[-1]
    assert last.state == DONE
    assert (last.rows, last.bytes_read, last.size) == (20_000, len(content), len(content))
    got = {"imported": last.imported, "duplicates": last.duplicates, "invalid": last.invalid, "dnc": last.dnc}
    assert got == counts
    assert len(progress) > 1
    assert [one.rows for one in progress] == sorted(one.rows for one in progress)
    text = await body(api.leads.ExportImportErrors(lead_pb2.ExportImportErrorsRequest(id=last.id)))
    errors = list(csv.reader(io.StringIO(text)))
    assert len(errors) == 1 + counts["invalid"]
    assert errors[1] == ["5", "number-invalid", "Pessoa 3", "123", "Natal"]
    assert errors[2][:2] == ["13", "control-characters"]
    again = await stream(api, campaign.id, content)
    assert again[-1] == last
    [one_list] = (await api.leads.ListLeadLists(lead_pb2.ListLeadListsRequest(campaign_id=campaign.id))).lists
    assert (one_list.name, one_list.leads) == ("lista.csv", counts["imported"])
    [known] = (await api.leads.ListImports(lead_pb2.ListImportsRequest(campaign_id=campaign.id))).imports
    assert known == await api.leads.GetImport(lead_pb2.GetImportRequest(id=last.id)) == last


async def test_a_cut_upload_goes_on_where_it_was_and_loses_nothing(api: Api, world: World) -> None:
    campaign = await new_campaign(api)
    content = ("telefone;nome\n" + "".join(f"1198{n:07d};Pessoa {n}\n" for n in range(12_000))).encode()
    call = api.leads.StreamImport()
    await call.write(start_of(campaign.id, content))
    half = content[: len(content) // 2]
    for chunk in chunks_of(half):
        await call.write(chunk)
    await until(lambda: any(job.rows >= 4_000 for job in world.store.imports.list(1)))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.read()
    await until(lambda: world.store.imports.list(1)[0].state == "failed")
    [cut] = world.store.imports.list(10)
    assert cut.error.startswith("import-interrupted")
    assert 4_000 <= cut.rows < 12_000
    last = (await stream(api, campaign.id, content))[-1]
    assert (last.id, last.state, last.rows, last.imported, last.duplicates) == (cut.id, DONE, 12_000, 12_000, 0)
    assert sum(1 for _ in world.store.leads.iterate(campaign.id)) == 12_000


async def test_a_file_of_other_bytes_than_announced_fails_and_spoils_nothing(api: Api, world: World) -> None:
    campaign = await new_campaign(api)
    right = ("telefone\n" + "".join(f"1198{n:07d}\n" for n in range(5_000))).encode()
    wrong = right.replace(b"1198", b"2198")

    async def requests(sent: bytes) -> AsyncIterator[lead_pb2.StreamImportRequest]:
        yield start_of(campaign.id, right)
        for chunk in chunks_of(sent):
            yield chunk

    found = []
    with refused() as refusal:
        async for progress in api.leads.StreamImport(requests(wrong)):
            found.append(progress)
    assert refusal.error_id == "import-checksum-mismatch"
    assert found[-1].state == FAILED
    assert found[-1].error.startswith("import-checksum-mismatch")
    last = (await stream(api, campaign.id, right))[-1]
    assert (last.state, last.imported) == (DONE, 5_000)
    small = b"telefone\n11987654321\n"
    with refused() as refusal:
        call = api.leads.StreamImport(iter([start_of(campaign.id, small), *chunks_of(small + b"1\n")]))
        async for _ in call:
            pass
    assert refusal.error_id == "import-checksum-mismatch"
    assert not world.store.leads.list(campaign.id, 10, number="+5511987654321")


async def test_a_bad_file_leaves_nothing_behind(api: Api, world: World) -> None:
    campaign = await new_campaign(api)

    async def error_of(content: bytes, name: str = "lista.csv", campaign_id: int = campaign.id, **options: Any) -> str:
        request = lead_pb2.ImportLeadsRequest(
            campaign_id=campaign_id, content=content, options=lead_pb2.ImportOptions(file_name=name, **options)
        )
        with refused() as refusal:
            await api.leads.ImportLeads(request)
        assert refusal.code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
        return refusal.error_id

    assert await error_of(b"") == "import-invalid"
    assert await error_of(b"\n\n") == "import-empty"
    assert await error_of(b"nome\nAna\nRui\n", mapping=lead_pb2.ColumnMapping(name="x")) == "import-column-missing"
    assert await error_of(b"nome;cidade\nAna;Natal\n") == "import-number-column-missing"
    assert await error_of(b"telefone\n\x00\x01\x02") == "import-not-text"
    assert await error_of(b"PK\x03\x04", "lista.xlsx") == "import-not-xlsx"
    assert await error_of(b"telefone\n1\n", header="perhaps", priority=-1) == "import-options-invalid"
    assert await error_of(b"telefone\n11987654321\n", campaign_id=99) == "campaign-not-found"
    with refused() as refusal:
        async for _ in api.leads.StreamImport(iter([lead_pb2.StreamImportRequest(chunk=b"x")])):
            pass
    assert refusal.error_id == "import-start-missing"
    with refused() as refusal:
        async for _ in api.leads.StreamImport(
            iter([start_of(campaign.id, b"nome;x\nAna;1\n"), *chunks_of(b"nome;x\nAna;1\n")])
        ):
            pass
    assert refusal.error_id == "import-number-column-missing"
    assert not world.store.imports.list(10)
    assert not world.store.leads.list(campaign.id, 10)


async def test_a_dry_run_counts_and_adds_nothing(api: Api, world: World) -> None:
    campaign = await new_campaign(api)
    request = lead_pb2.ImportLeadsRequest(
        campaign_id=campaign.id,
        options=lead_pb2.ImportOptions(dry_run=True),
        content=b"telefone\n11987654321\n11987654321\n12\n",
    )
    done = await api.leads.ImportLeads(request)
    assert (done.state, done.dry_run, done.imported, done.duplicates, done.invalid) == (DONE, True, 1, 1, 1)
    assert not world.store.leads.list(campaign.id, 10)
    request.options.dry_run = False
    assert (await api.leads.ImportLeads(request)).imported == 1


async def test_a_workbook_is_imported_and_exported_without_formulas(api: Api) -> None:
    campaign = await new_campaign(api)
    book = openpyxl.Workbook()
    for row in (["Nome", "Celular"], ["=cmd|' /C calc'!A0", 11987654321], ["Rui", "21 98765-4321"]):
        book.active.append(row)
    book.active["A2"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    options = lead_pb2.ImportOptions(file_name="lista.xlsx")
    request = lead_pb2.ImportLeadsRequest(campaign_id=campaign.id, options=options, content=out.getvalue())
    assert (await api.leads.ImportLeads(request)).imported == 2
    text = await body(api.leads.ExportLeads(lead_pb2.ExportLeadsRequest(campaign_id=campaign.id)))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["number"] for row in rows] == ["'+5511987654321", "'+5521987654321"]
    assert rows[0]["name"] == "'=cmd|' /C calc'!A0"
    content = out.getvalue()
    stream_start = start_of(campaign.id, content)
    stream_start.start.options.file_name = "lista.xlsx"
    async for progress in api.leads.StreamImport(iter([stream_start, *chunks_of(content)])):
        last = progress
    assert last.state == DONE


async def test_a_stream_that_breaks_its_form_is_refused_and_says_how(api: Api) -> None:
    campaign = await new_campaign(api)
    start = start_of(campaign.id, b"telefone\n11987654321\n")
    for second in (start, lead_pb2.StreamImportRequest(chunk=bytes(1024 * 1024 + 1))):
        with refused() as refusal:
            async for _ in api.leads.StreamImport(iter([start, second])):
                pass
        assert refusal.error_id == "import-invalid"
