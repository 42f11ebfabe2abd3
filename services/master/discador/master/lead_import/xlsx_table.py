"""The first visible sheet of an XLSX workbook, row by row, guarded against ZIP bombs."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import IO, Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.record import MAX_CELLS, MAX_ROW_CHARS, Record

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # encrypted workbooks and those of Excel 97–2003
_MAX_PARTS: Final = 5_000
_MAX_BYTES: Final = 1024 * 1024 * 1024  # unpacked; a full sheet of a million rows has about 300 MB
_MAX_SHARED: Final = 160 * 1024 * 1024  # shared strings are held in memory
_SAMPLE_ROWS: Final = 200
#: openpyxl raises whatever the broken part led it to; SyntaxError is XML's ParseError.
_BROKEN: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
)
_NO_WORKBOOK: Final = "the file is no .xlsx workbook: save the list again as .xlsx or as CSV"


class XlsxTable:
    """A workbook. Raises `ImportRefused` from the constructor if it is none, encrypted, empty or too large."""

    def __init__(self, source: IO[bytes]) -> None:
        start = source.read(8)
        source.seek(0)
        if start == _OLE:
            raise ImportRefused(
                "import-encrypted",
                "the workbook has a password or an old format: save it without one as .xlsx, or as CSV",
            )
        _guard(source)
        source.seek(0)
        try:
            # Cached values instead of formulas; read-only mode streams rows.
            book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        except _BROKEN:
            raise ImportRefused("import-not-xlsx", _NO_WORKBOOK) from None
        if not sheets:
            raise ImportRefused("import-empty", "the workbook has no visible sheet")
        self._sheet: Any = sheets[0]
        self._sheet.reset_dimensions()  # what the file says of its size may be wrong
        self.sample: list[list[str]] = []
        for record in self.records():
            self.sample.append(record.cells)
            if len(self.sample) >= _SAMPLE_ROWS:
                break
        if not self.sample:
            raise ImportRefused("import-empty", "the first visible sheet holds no row")

    def records(self) -> Iterator[Record]:
        """Every row of the sheet, in order, blank ones left out but counted."""
        try:
            for number, values in enumerate(self._rows(), start=1):
                cells = _cells(values)
                if len(cells) > MAX_CELLS or sum(map(len, cells)) > MAX_ROW_CHARS:
                    yield Record(number, [cell[:100] for cell in cells[:20]], "row-too-long")
                elif cells:
                    yield Record(number, cells)
        except _BROKEN:
            raise ImportRefused("import-not-xlsx", "the sheet is damaged: save the list again") from None

    def _rows(self) -> Iterable[tuple[object, ...]]:
        rows: Iterable[tuple[object, ...]] = self._sheet.iter_rows(values_only=True, max_col=MAX_CELLS + 1)
        return rows


def _guard(source: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
    except (zipfile.BadZipFile, ValueError, OSError):
        raise ImportRefused("import-not-xlsx", _NO_WORKBOOK) from None
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise ImportRefused("import-not-xlsx", _NO_WORKBOOK)
    # zipfile never unpacks more of a part than its entry announces.
    shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_BYTES or shared > _MAX_SHARED:
        raise ImportRefused("import-too-large", "the workbook is too large when unpacked: send it as CSV")


def _cells(values: Iterable[object]) -> list[str]:
    cells = [_text(value) for value in values]
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Excel keeps numbers as floats: 11987654321.0 is a telephone number.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)
