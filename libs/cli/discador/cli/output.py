"""How commands print: tables for people, `--json` for programs. One place decides which."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

console = Console()
problems = Console(stderr=True)

Columns = Mapping[str, Callable[[Any], object]]


class Output:
    """The form of this command's output; set once, when the command line is read."""

    json = False


def as_json(message: Message) -> Any:
    """The message as REST would send it."""
    return MessageToDict(message, always_print_fields_with_no_presence=True)


def print_json(value: Any) -> None:
    """Print one JSON document without colours or wrapping."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def one(message: Message, rows: Mapping[str, object]) -> None:
    """Print one thing: all of it as JSON, or `rows` as names and values."""
    if Output.json:
        print_json(as_json(message))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows.items():
        table.add_row(Text(name, style="bold"), Text(text(value)))
    console.print(table)


def many(messages: Sequence[Message], columns: Columns, empty: str) -> None:
    """Print a list: as a JSON array, or as a table; `empty` is said when there is nothing."""
    if Output.json:
        print_json([as_json(message) for message in messages])
        return
    if not messages:
        console.print(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for message in messages:
        table.add_row(*(Text(text(cell(message))) for cell in columns.values()))
    console.print(table)


def done(message: str, value: Any = None) -> None:
    """Say that a command without a result of its own succeeded."""
    if Output.json:
        print_json(value if value is not None else {})
    else:
        console.print(message)


def text(value: object) -> str:
    """One cell: times in local time, nothing as a dash."""
    if isinstance(value, Timestamp):
        return value.ToDatetime().isoformat(sep=" ", timespec="seconds") + "Z" if value.seconds else "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value in ("", None) else printable(str(value))


def printable(value: str) -> str:
    """The text without what a terminal would obey: names and logs come from outside."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in value)


def plain(value: object) -> str:
    """A value to stand inside a string with markup: its own brackets are shown, not obeyed."""
    return escape(printable(str(value)))


def enum_name(message: Message, field: str) -> str:
    """The short, lower-case name of an enum field: CAMPAIGN_STATE_RUNNING → running."""
    descriptor: Any = message.DESCRIPTOR.fields_by_name[field].enum_type
    name = str(descriptor.values_by_number[getattr(message, field)].name)
    prefix = str(descriptor.values_by_number[0].name).removesuffix("UNSPECIFIED")
    return name.removeprefix(prefix).lower()


def pages(fetch: Callable[[str], Any], field: str, limit: int) -> list[Any]:
    """Follow page tokens until `limit` items or the end."""
    items: list[Any] = []
    token = ""
    while True:
        page = fetch(token)
        items += getattr(page, field)
        token = page.next_page_token
        if not token or len(items) >= limit:
            return items[:limit]


def joined(values: Iterable[object]) -> str:
    """Values in one cell."""
    return ", ".join(str(value) for value in values)
