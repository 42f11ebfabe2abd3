"""CSV in any of the forms that spreadsheets and CRMs write, in constant memory.

Text is UTF-8, with or without a mark, or UTF-16 with one; bytes that are no UTF-8 are read as Windows-1252,
each where it stands, so a Latin-1 accent a million rows behind the first is no surprise.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from discador.master.lead_import.dialect import delimiter_of
from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.record import MAX_ROW_CHARS, Record
from discador.master.lead_import.upload import BinaryReader

_SAMPLE_CHARS: Final = 64 * 1024
_MAX_LINES_A_RECORD: Final = 50  # a quote open for longer was never meant to be one
_TOLD: Final = re.compile(r'"?sep=([;,\t|])"?\r?\n?', re.IGNORECASE)
_FALLBACK: Final = "discador.windows-1252"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error(_FALLBACK, _as_windows_1252)


class _QuoteNotClosed(Exception):
    """A quoted cell goes on for too many lines."""


class CsvTable:
    """A CSV file. Raises `ImportRefused` from the constructor if it is not text or has no row."""

    def __init__(self, source: BinaryReader) -> None:
        start = source.peek(4)[:4]
        encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        self._text = io.TextIOWrapper(source, encoding=encoding, errors=_FALLBACK, newline="")
        first = self._sample_lines()
        if any("\0" in line for line in first):
            raise ImportRefused("import-not-text", "the file is not text: save the list as CSV or .xlsx")
        told = _TOLD.fullmatch(first[0]) if first else None
        if told:  # Excel's own way to name the delimiter; the line is no row
            first = first[1:]
        self._delimiter = told[1] if told else delimiter_of(first)
        self._first = first
        # The last line of a long sample may be the beginning of a record.
        whole = first if len(first) < 3 else first[: len(first) - 1]
        self.sample = [row for row in csv.reader(whole, delimiter=self._delimiter) if any(map(str.strip, row))]
        if not self.sample:
            raise ImportRefused("import-empty", "the file holds no row")

    def records(self) -> Iterator[Record]:
        """Every record of the file, in order, blank ones left out but counted."""
        lines = _Lines(self._first, self._line)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        number = 0
        while True:
            lines.begin_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _QuoteNotClosed) as error:
                broken = lines.give_back_all_but_first()
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                if "expected after" not in str(error):
                    number += 1
                    yield Record(number, [broken.rstrip("\r\n")[:MAX_ROW_CHARS]], "quote-not-closed")
                    continue
                # `"Zé" Silva`: wrong by the book, plain to a reader.
                cells = next(csv.reader([broken], delimiter=self._delimiter))
            number += 1
            if lines.chars > MAX_ROW_CHARS:
                yield Record(number, [cell[:100] for cell in cells[:20]], "row-too-long")
            elif any(map(str.strip, cells)):
                yield Record(number, cells)

    def _sample_lines(self) -> list[str]:
        lines: list[str] = []
        chars = 0
        while chars < _SAMPLE_CHARS and (line := self._line()):
            lines.append(line)
            chars += len(line)
        return lines

    def _line(self) -> str:
        """The next line; one that is too long keeps so much that its record is refused, and no more."""
        line = self._text.readline(MAX_ROW_CHARS + 2)
        rest = line
        while len(rest) > MAX_ROW_CHARS and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(MAX_ROW_CHARS + 2)
        return line


class _Lines:
    """Lines for `csv.reader`, one record at a time, which can be given back."""

    def __init__(self, first: Iterable[str], read_line: Callable[[], str]) -> None:
        self._again = deque(first)
        self._read_line = read_line
        self._record: list[str] = []

    def begin_record(self) -> None:
        """Forget the record before."""
        self._record.clear()

    @property
    def chars(self) -> int:
        """Length of the record, quotes and delimiters included."""
        return len(self._record[0]) if len(self._record) == 1 else sum(map(len, self._record))

    def give_back_all_but_first(self) -> str:
        """Return the record's first line; the others will be read again as records of their own."""
        self._again.extendleft(reversed(self._record[1:]))
        return self._record[0]

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._record) >= _MAX_LINES_A_RECORD:
            raise _QuoteNotClosed
        line = self._again.popleft() if self._again else self._read_line()
        if not line:
            raise StopIteration
        self._record.append(line)
        return line
