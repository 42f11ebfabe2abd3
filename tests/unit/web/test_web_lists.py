"""Previews of lists, uploads, and the history of the charts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from discador.v1 import lead_pb2
from discador.web.live.history import COARSE_S, FINE_KEPT, FINE_S, History
from discador.web.pages.table_preview import Unreadable, read_preview
from discador.web.pages.uploads import Uploads, messages


class Upload:
    """A file as a form brings it."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    async def read(self, size: int) -> bytes:
        return self._file.read(size)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_cut_at_its_delimiter_and_its_numbers_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [["nome", "telefone"], ["José", "(11) 98765-4321"], ["Ana", "11987654322"]]
    path = tmp_path / "list.csv"
    path.write_bytes("\n".join(delimiter.join(row) for row in rows).encode(encoding))
    preview = read_preview(path, "list.csv")
    assert preview.rows == rows
    assert preview.guess() == 2


def test_a_workbook_shows_numbers_without_a_decimal_point(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["telefone", "nome"])
    book.active.append([11987654321.0, "José"])
    book.save(tmp_path / "list.xlsx")
    preview = read_preview(tmp_path / "list.xlsx", "list.xlsx")
    assert preview.rows[1] == ["11987654321", "José"]
    assert preview.guess() == 1


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.csv", b"\n\n"), ("a.xlsx", b"PK no archive")])
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable):
        read_preview(tmp_path / name, name)


@given(content=st.binary(max_size=400))
def test_no_bytes_break_the_preview(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(content)
    try:
        preview = read_preview(path, "any.csv")
    except Unreadable:
        return
    assert all(len(row) == preview.width for row in preview.rows)


async def test_an_upload_belongs_to_whoever_brought_it_and_reaches_the_master_whole() -> None:
    uploads = Uploads()
    content = b"telefone\n11987654321\n" * 60_000
    kept = await uploads.keep(Upload(content), "../../etc/list.csv", 3, owner=7)
    assert kept.file_name == "list.csv"
    assert uploads.get(kept.token, 7) is kept
    assert uploads.get(kept.token, 8) is None
    assert uploads.get("nobody", 7) is None
    sent = [message async for message in messages(kept, lead_pb2.ImportOptions(), "r")]
    assert sent[0].start.campaign_id == 3
    assert sent[0].start.size == len(content)
    assert b"".join(message.chunk for message in sent[1:]) == content
    uploads.close()
    assert not kept.path.exists()


async def test_the_oldest_upload_makes_room() -> None:
    uploads = Uploads()
    kept = [await uploads.keep(Upload(b"x"), "a.csv", 1, 7) for _ in range(25)]
    assert uploads.get(kept[0].token, 7) is None
    assert not kept[0].path.exists()
    assert uploads.get(kept[-1].token, 7) is kept[-1]
    uploads.close()


def test_a_history_keeps_half_an_hour_fine_and_a_day_coarse() -> None:
    history = History()
    for n in range(2 * FINE_KEPT):
        history.add(n * FINE_S, {"cpu": n % 2, "queued": None if n < FINE_KEPT else 4})
    fine, coarse = history.columns(""), history.columns("day")
    assert len(fine["t"]) == FINE_KEPT
    assert fine["t"][-1] == (2 * FINE_KEPT - 1) * FINE_S
    assert coarse["t"] == [minute * COARSE_S for minute in range(2 * FINE_KEPT * FINE_S // COARSE_S - 1)]
    assert set(coarse["cpu"]) == {0.5}
    assert coarse["queued"][0] is None
    assert coarse["queued"][-1] == 4
    assert [at for at, _ in history.last(2)] == [fine["t"][-1], fine["t"][-2]]
