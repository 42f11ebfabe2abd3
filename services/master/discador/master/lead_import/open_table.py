"""Tell what a file is from its first bytes, and open it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from discador.master.lead_import.csv_table import CsvTable
from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.record import Table
from discador.master.lead_import.upload import BinaryReader, Upload
from discador.master.lead_import.xlsx_table import XlsxTable

_ZIP: Final = b"PK"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_PIECE_BYTES: Final = 256 * 1024
_IN_MEMORY_BYTES: Final = 16 * 1024 * 1024
_MAX_WORKBOOK_BYTES: Final = 256 * 1024 * 1024


@contextmanager
def open_table(upload: Upload, file_name: str) -> Iterator[Table]:
    """Open the file as what its bytes say it is; its name decides only where they say nothing.

    A workbook is read to its end first (ZIP keeps its directory there) and its digest compared.

    Raises:
        ImportRefused: it is neither text nor a workbook, or empty.
    """
    source = upload.open()
    start = source.peek(4)[:4]
    if start.startswith((_ZIP, _OLE)):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as workbook:
            _copy(source, workbook)
            upload.verify()
            workbook.seek(0)
            yield XlsxTable(workbook)
    elif file_name.lower().endswith((".xlsx", ".xlsm", ".xls")):
        raise ImportRefused(
            "import-not-xlsx", "the file is named as a workbook and is none: save the list again as .xlsx or as CSV"
        )
    else:
        yield CsvTable(source)


def _copy(source: BinaryReader, target: IO[bytes]) -> None:
    size = 0
    while data := source.read(_PIECE_BYTES):
        size += len(data)
        if size > _MAX_WORKBOOK_BYTES:
            raise ImportRefused("import-too-large", "a workbook may have 256 MiB: send the list as CSV")
        target.write(data)
