"""CSV that a spreadsheet may open: a cell that would be a formula is shown as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CHUNK_CHARS: Final = 256 * 1024
CONTENT_TYPE: Final = "text/csv; charset=utf-8"


def neutralised(cell: str) -> str:
    """Return the cell so that Excel and LibreOffice take it as text (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def restored(cell: str) -> str:
    """Return the cell that `neutralised` was given: what we export can be imported."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def csv_chunks(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Yield the table as UTF-8 with a mark (Excel needs it), in pieces of about 256 KiB."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(header)
    for row in rows:
        writer.writerow([neutralised(cell) for cell in row])
        if buffer.tell() >= _CHUNK_CHARS:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")
