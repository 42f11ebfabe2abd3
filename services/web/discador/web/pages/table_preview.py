"""The first rows of a list, as a preview for whoever maps its columns.

The master reads the file by itself when it is imported; a trial run tells what it makes of the whole of it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from openpyxl import load_workbook

from discador.core.errors import InvalidNumber
from discador.core.numbering import normalise

ROWS: Final = 21
_HEAD_BYTES: Final = 256 * 1024
_DELIMITERS: Final = ";,\t|"
_WIDEST: Final = 60


class Unreadable(Exception):
    """The file is neither CSV nor XLSX, or it is empty."""


@dataclass(frozen=True)
class Preview:
    """The first rows, all of one width, as text."""

    rows: list[list[str]]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.rows[0])

    def guess(self) -> int:
        """Return the column, from 1, whose cells look most like telephone numbers."""
        counts = [sum(normal(row[column]) != "" for row in self.rows) for column in range(self.width)]
        return counts.index(max(counts)) + 1


def normal(text: str, region: str = "BR") -> str:
    """Return the number in E.164, or nothing where the cell holds none."""
    try:
        return str(normalise(text, region).e164)
    except InvalidNumber:
        return ""


def read_preview(path: Path, file_name: str) -> Preview:
    """Return the preview. Blocking. Raises `Unreadable`."""
    rows = _xlsx(path) if file_name.lower().endswith(".xlsx") else _csv(path)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise Unreadable
    width = min(max(len(row) for row in rows), _WIDEST)
    return Preview([[*row[:width], *[""] * (width - len(row))] for row in rows])


def _csv(path: Path) -> list[list[str]]:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if b"\0" in head.replace(b"\0\0", b"\0")[:4] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable
    text = _decoded(head)
    lines = text.splitlines()[:ROWS]
    # The delimiter that cuts most lines into equally many cells.
    best = max(_DELIMITERS, key=lambda one: _evenness(lines, one))
    try:
        return list(islice(csv.reader(io.StringIO(text), delimiter=best), ROWS))
    except csv.Error:
        raise Unreadable from None


def _evenness(lines: list[str], delimiter: str) -> int:
    counts = [line.count(delimiter) for line in lines]
    usual = max(set(counts), key=counts.count, default=0)
    return counts.count(usual) if usual else 0


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    for cut in range(4):  # the head may end in the middle of a character
        try:
            return head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return head.decode("cp1252", "replace")


def _xlsx(path: Path) -> list[list[str]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            rows = islice(sheet.iter_rows(values_only=True), ROWS)
            return [["" if cell is None else _cell(cell) for cell in row] for row in rows]
        finally:
            book.close()
    except Exception:
        # A broken archive raises whatever its reader stumbles over; there is one answer to all of it.
        raise Unreadable from None


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
