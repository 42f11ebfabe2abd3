"""From the cells of a row to a lead, or to the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discador.core.errors import InvalidNumber
from discador.master.lead_import.columns import Columns
from discador.master.lead_import.options import ImportOptions
from discador.master.lead_import.record import MAX_CELLS, Record
from discador.master.lead_import.safe_csv import restored
from discador.master.texts import CONTROL, MAX_EXTERNAL_ID, MAX_LEAD_NAME
from discador.store.records import NewLead

#: In further columns they become blanks: addresses are often written in several lines.
_LINE_BREAKS: Final = re.compile(r"[\r\n\t\v\f]+")
_KEPT_CELLS: Final = 30
_KEPT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that makes no lead: its number in the file, a stable reason id, and what it held."""

    row: int
    reason: str
    cells: tuple[str, ...]


class RowReader:
    """Makes leads of records. `normalise(text, region)` returns E.164 or raises `InvalidNumber`;
    `zones_of(number)` returns the IANA zones in which the number may lie."""

    def __init__(
        self,
        columns: Columns,
        options: ImportOptions,
        normalise: Callable[[str, str], str],
        zones_of: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._columns = columns
        self._options = options
        self._normalise = normalise
        self._zones_of = zones_of

    def read(self, record: Record) -> NewLead | Refusal:
        """Return the lead of the record, or why there is none."""
        made = self._lead(record)
        if isinstance(made, NewLead):
            return made
        cells = tuple(cell[:_KEPT_CHARS].replace("\0", "\ufffd") for cell in record.cells[:_KEPT_CELLS])
        return Refusal(record.number, made, cells)

    def _lead(self, record: Record) -> NewLead | str:
        cells = record.cells
        if record.fault:
            return record.fault
        if len(cells) > MAX_CELLS:
            return "row-too-long"
        columns = self._columns
        width = len(cells)
        whole = "".join(cells)
        if "'" in whole:
            cells = [restored(cell) for cell in cells]
        # Spreadsheets keep a number as text by '119… or ="119…".
        written = _cell(cells, columns.number).removeprefix("=").strip("\"'")
        if not written:
            return "number-missing"
        name = _cell(cells, columns.name)
        external_id = _cell(cells, columns.external_id)
        if not whole.isprintable() and CONTROL.search(whole):  # seldom; then cell by cell
            cells = [_LINE_BREAKS.sub(" ", cell) for cell in cells]
            kept = (cells[column] for column, _ in columns.fields if column < width)
            if any(CONTROL.search(text) for text in (name, external_id, *kept)):
                return "control-characters"
        if len(name) > MAX_LEAD_NAME:
            return "name-too-long"
        if len(external_id) > MAX_EXTERNAL_ID:
            return "external-id-too-long"
        priority = self._options.default_priority
        if columns.priority is not None and (given := _cell(cells, columns.priority)):
            priority = _priority(given)
            if not priority:
                return "priority-invalid"
        fields = {key: text for column, key in columns.fields if column < width and (text := cells[column].strip())}
        try:
            number = self._normalise(written, self._options.region)
        except InvalidNumber as error:
            return error.error_id
        return NewLead(number, self._zones_of(number), name, external_id, priority, fields)


def _priority(text: str) -> int:
    """Return the priority written, 0 if it is none."""
    text = text.removesuffix(".0")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return number if number <= 100 else 0


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""
