"""Reading lead lists: any CSV that spreadsheets and CRMs write, and XLSX."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from contextlib import suppress
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.numbering import normalise, zones_of
from discador.master.lead_import.columns import Columns, columns_of
from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.feed import ByteFeed, UploadBroken
from discador.master.lead_import.open_table import open_table
from discador.master.lead_import.options import ImportOptions
from discador.master.lead_import.record import Record
from discador.master.lead_import.row import Refusal, RowReader
from discador.master.lead_import.safe_csv import neutralised, restored
from discador.master.lead_import.upload import Upload
from discador.store.records import NewLead


def read(content: bytes, options: ImportOptions | None = None, name: str = "a.csv") -> tuple[Columns, list[Record]]:
    options = options or ImportOptions()
    with open_table(Upload.whole(content), name) as table:
        columns = columns_of(table.sample, options)
        return columns, list(table.records())


def leads_of(content: bytes, options: ImportOptions | None = None, name: str = "a.csv") -> list[NewLead | Refusal]:
    options = options or ImportOptions()
    columns, records = read(content, options, name)
    reader = RowReader(columns, options, lambda t, r: normalise(t, r).e164, lambda n: zones_of(n, "America/Sao_Paulo"))
    return [reader.read(record) for record in (records[1:] if columns.header else records)]


def refused_id(content: bytes, options: ImportOptions | None = None, name: str = "a.csv") -> str:
    with pytest.raises(ImportRefused) as refused:
        leads_of(content, options, name)
    return refused.value.error_id


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_in_every_dialect(delimiter: str, encoding: str, end: str) -> None:
    lines = ["Nome|Telefone Celular|Cidade", "João Conceição|(11) 98765-4321|São Paulo", '"Ana"|2133334444|Ceará']
    content = end.join(lines).replace("|", delimiter).encode(encoding)
    first, second = leads_of(content)
    assert isinstance(first, NewLead) and isinstance(second, NewLead)
    assert (first.number, first.name, first.fields) == ("+5511987654321", "João Conceição", {"Cidade": "São Paulo"})
    assert (second.number, second.name, second.zones) == ("+552133334444", "Ana", ("America/Sao_Paulo",))


@pytest.mark.parametrize("header", ["telefone", "Celular", "FONE", "phone", "Número", "phone_number", "Telefone 1"])
def test_a_file_of_one_column_needs_no_delimiter(header: str) -> None:
    assert [lead.number for lead in leads_of(f"{header}\n11987654321\n21987654321\n".encode())] == [
        "+5511987654321",
        "+5521987654321",
    ]


def test_a_file_without_header_is_told_by_its_cells() -> None:
    columns, records = read(b"Ana;11987654321\nRui;11987654322\n")
    assert not columns.header and columns.number == 1 and len(records) == 2
    assert leads_of(b"11987654321\n11987654322")[0].fields == {}


def test_quoted_delimiters_line_breaks_and_quotes_stay_in_their_cell() -> None:
    content = 'telefone;nome;endereço\n11987654321;"Silva; João";"Rua A\nCasa ""2"""\n11987654322;Ana;\n'.encode()
    first, second = leads_of(content)
    assert (first.name, first.fields) == ("Silva; João", {"endereço": 'Rua A Casa "2"'})
    assert second.number == "+5511987654322"


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    rows = [f"1198765{n:04d};Pessoa {n}" for n in range(300)]
    rows[3] = '11987650003;"Pessoa'
    found = leads_of(("telefone;nome\n" + "\n".join(rows)).encode())
    assert len(found) == 300
    assert [(one.row, one.reason) for one in found if isinstance(one, Refusal)] == [(5, "quote-not-closed")]
    found = leads_of(b'telefone;nome\n11987654321;"Ana')
    assert [one.reason for one in found] == ["quote-not-closed"]


def test_text_behind_a_closing_quote_is_forgiven() -> None:
    assert leads_of('telefone;nome\n11987654321;"Zé" Silva\n'.encode())[0].name == "Zé Silva"


def test_excels_line_that_names_the_delimiter_is_no_row() -> None:
    assert [lead.name for lead in leads_of(b"sep=,\nphone,name\n11987654321,Ana\n")] == ["Ana"]


def test_a_latin_1_accent_far_behind_the_sample_is_read() -> None:
    rows = [f"1198{n:07d};Pessoa" for n in range(8_000)] + ["11987654321;João"]
    assert leads_of(("telefone;nome\n" + "\n".join(rows)).encode("latin-1"))[-1].name == "João"


def test_each_faulty_row_says_why_and_the_others_are_leads() -> None:
    rows = {
        "123;Ana": "number-invalid",
        ";Ana": "number-missing",
        "0800123456;Ana": "number-invalid",
        "11987654321;A\x07na": "control-characters",
        f"11987654321;{'x' * 201}": "name-too-long",
        f"11987654321;{'x' * 17_000}": "row-too-long",
        f"11987654321{';x' * 300}": "row-too-long",
    }
    content = "telefone;nome\n" + "".join(f"{row}\n11987654322;Rui\n" for row in rows)
    found = leads_of(content.encode())
    assert [one.reason for one in found[::2]] == list(rows.values())
    assert all(isinstance(one, NewLead) for one in found[1::2])
    assert [one.row for one in found[::2]] == list(range(2, 16, 2))


def test_the_mapping_names_columns_by_header_or_by_number() -> None:
    content = b"a;b;c;d\n7;Ana;11987654321;x\n"
    by_name = leads_of(content, ImportOptions(number="C", name="b", priority="a", fields=("d",)))[0]
    by_number = leads_of(content, ImportOptions(number="3", name="2", priority="1", header="yes"))[0]
    assert by_name == by_number
    assert (by_name.number, by_name.name, by_name.priority, by_name.fields) == ("+5511987654321", "Ana", 7, {"d": "x"})


def test_files_that_cannot_be_imported_say_why() -> None:
    assert refused_id(b"") == "import-empty"
    assert refused_id(b" \n \r\n") == "import-empty"
    assert refused_id(b"telefone\n\0\0\0") == "import-not-text"
    assert refused_id(b"nome;cidade\nAna;Recife\nRui;Natal\n") == "import-number-column-missing"
    assert refused_id(b"telefone\n11987654321\n", ImportOptions(name="Nome")) == "import-column-missing"
    assert refused_id(b"telefone\n11987654321\n", name="lista.xlsx") == "import-not-xlsx"
    assert refused_id(b"PK\x03\x04 nonsense", name="lista.xlsx") == "import-not-xlsx"
    assert refused_id(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), name="lista.xlsx") == "import-encrypted"
    assert refused_id(workbook([])) == "import-empty"


def test_a_workbook_is_read_with_numbers_as_numbers() -> None:
    content = workbook(
        [["Nome", "Telefone", "Nascimento"], ["Ana", 11987654321, date(1980, 1, 2)], [], ["Rui", 11987654322.0, None]]
    )
    first, second = leads_of(content, name="lista.xlsx")
    assert (first.number, first.name) == ("+5511987654321", "Ana")
    assert first.fields["Nascimento"].startswith("1980-01-02")
    assert (second.number, second.fields) == ("+5511987654322", {})


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    source = zipfile.ZipFile(io.BytesIO(workbook([["telefone"], ["11987654321"]])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in source.namelist():
            bomb.writestr(name, source.read(name))
        with bomb.open("xl/sharedStrings2.xml", "w") as part:
            for _ in range(170):
                part.write(bytes(1024 * 1024))
    assert len(out.getvalue()) < 1024 * 1024
    assert refused_id(out.getvalue(), name="lista.xlsx") == "import-too-large"


_CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=12)


@given(
    rows=st.lists(st.tuples(_CELL, st.integers(10_000_000, 99_999_999), _CELL), min_size=1, max_size=30),
    delimiter=st.sampled_from([";", ",", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_csv_writer_writes_is_read_back(
    rows: list[tuple[str, int, str]], delimiter: str, quoting: int, end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(["nome", "telefone", "nota"])
    for name, subscriber, note in rows:
        writer.writerow([name, f"119{subscriber}", note])
    found = leads_of(text.getvalue().encode())
    assert [lead.number for lead in found] == [f"+55119{subscriber}" for _, subscriber, _ in rows]
    assert [lead.name for lead in found] == [name.strip() for name, _, _ in rows]
    assert [lead.fields.get("nota", "") for lead in found] == [note.strip() for _, _, note in rows]


@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_the_reader_fail_otherwise_than_by_refusing(content: bytes) -> None:
    with suppress(ImportRefused):
        leads_of(content)


async def test_a_feed_carries_bytes_to_a_thread_and_counts_them() -> None:
    feed = ByteFeed()
    content = bytes(range(256)) * 4_000
    reading = asyncio.create_task(asyncio.to_thread(lambda: Upload(feed, "", 0).open().read()))
    for start in range(0, len(content), 1_000):
        await feed.put(content[start : start + 1_000])
    feed.finish()
    assert await reading == content
    assert feed.bytes_read == len(content)
    assert feed.sha256 == Upload.whole(content).sha256


async def test_a_broken_upload_ends_the_reader() -> None:
    feed = ByteFeed()
    await feed.put(b"telefone")
    reading = asyncio.create_task(asyncio.to_thread(lambda: Upload(feed, "", 0).open().read()))
    feed.abort()
    with pytest.raises(UploadBroken):
        await reading


@pytest.mark.parametrize("cell", ["'11987650001", '="11987650001"', "'+5511987650001", "=11987650001"])
def test_a_number_that_a_spreadsheet_keeps_as_text_is_read(cell: str) -> None:
    quoted = cell.replace('"', '""')
    for content in (f'nome;telefone\nAna;"{quoted}"\n', f"Ana;{cell}\nBia;{cell}\n"):
        lead = leads_of(content.encode())[0]
        assert isinstance(lead, NewLead) and lead.number == "+5511987650001"


@given(st.text())
def test_what_the_export_makes_safe_the_import_restores(cell: str) -> None:
    assert restored(neutralised(cell)) == cell
    assert not neutralised(cell).startswith(("=", "+", "-", "@"))


def test_columns_named_alike_are_all_kept() -> None:
    columns, _ = read(b"nome;telefone;telefone;obs;obs\nAna;11987650001;1133334444;a;b\n")
    assert [name for _, name in columns.fields] == ["telefone", "obs", "obs (5)"]
