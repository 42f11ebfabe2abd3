"""Guesses about a CSV file that its sender did not make: delimiter, header, number column."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

#: Tried in this order; a tie goes to the first.
DELIMITERS: Final = ("\t", ";", ",", "|")
_PHONE: Final = re.compile(r"""=?["']?\+?[\d\s().\-/]{8,25}["']?""", re.ASCII)
_ROWS_LOOKED_AT: Final = 200


def looks_like_a_number(cell: str) -> bool:
    """Tell whether a cell could be a telephone number; what it really is decides `core.numbering`."""
    text = cell.strip()
    return _PHONE.fullmatch(text) is not None and 8 <= sum(char.isdigit() for char in text) <= 15


def delimiter_of(lines: Sequence[str]) -> str:
    """Return the delimiter that makes the best table of the lines; `;` for a file of one column.

    A table is the better, the more rows hold a cell that looks like a number, the more rows are as wide as
    most are, and the more columns it has.
    """
    best, best_score = ";", (0.0, 0.0, 1)
    for delimiter in DELIMITERS:
        score = _score(lines, delimiter)
        if score[2] > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, float, int]:
    rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, row))][:_ROWS_LOOKED_AT]
    widths = Counter(len(row) for row in rows)
    if not widths:
        return (0.0, 0.0, 0)
    width, as_wide = widths.most_common(1)[0]
    numbers = sum(any(looks_like_a_number(cell) for cell in row) for row in rows)
    return (numbers / len(rows), as_wide / len(rows), width)


def number_column_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the first column (from 0) in which most rows hold something like a number, or None."""
    rows = rows[:_ROWS_LOOKED_AT]
    for column in range(max((len(row) for row in rows), default=0)):
        found = sum(column < len(row) and looks_like_a_number(row[column]) for row in rows)
        if found * 2 > len(rows):
            return column
    return None
