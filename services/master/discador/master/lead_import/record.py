"""One record of a file, before anybody knows what its cells mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

#: Widest and longest row that is read; one beyond is refused, not cut.
MAX_CELLS: Final = 256
MAX_ROW_CHARS: Final = 16_000


class Record(NamedTuple):
    """`number` counts every record of the file from 1, header and blank ones too, as a spreadsheet shows it.

    `fault` is the reason id of a record that could not be read; `cells` then holds what was seen of it.
    """

    number: int
    cells: list[str]
    fault: str = ""


class Table(Protocol):
    """A file that has been opened: its first records to look at, then all of them, once."""

    @property
    def sample(self) -> list[list[str]]: ...

    def records(self) -> Iterator[Record]: ...
