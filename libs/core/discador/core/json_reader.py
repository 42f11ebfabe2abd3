"""Strict reading of JSON objects that people write: unknown keys and wrong types are faults, all collected.

A reader never raises for a fault: it notes it and hands back the default, so that one pass finds everything.
`read_object` turns the notes into one `InvalidSettings`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from discador.core.errors import Fault, InvalidSettings

#: Beyond it a whole number has no float; infinities and NaN are beyond it as well.
_LARGEST = sys.float_info.max

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class JsonReader:
    """Reads the members of one JSON object; `path` says where it stands in the document."""

    def __init__(self, value: object, faults: list[Fault], path: str = "") -> None:
        self.faults = faults
        self.path = path
        self._asked: set[str] = set()
        self._members: Mapping[str, Any] = {}
        if isinstance(value, Mapping):
            self._members = value
        else:
            self.fault("", "must be a JSON object")

    def fault(self, key: str, message: str) -> None:
        """Note that the member `key` (empty: the object itself) is wrong."""
        self.faults.append(Fault(self._at(key), message))

    def integer(self, key: str, default: int) -> int:
        """Return a whole number; 3.0 and true are not."""
        return self._read(key, default, "must be a whole number", _is_integer)

    def optional_integer(self, key: str, default: int | None = None) -> int | None:
        """Return a whole number, or None for null."""
        return self._read(key, default, "must be a whole number or null", _is_optional_integer)

    def number(self, key: str, default: float) -> float:
        """Return a finite number."""
        return float(self._read(key, default, "must be a number", _is_number))

    def text(self, key: str, default: str) -> str:
        """Return a string."""
        return self._read(key, default, "must be a string", lambda v: isinstance(v, str))

    def boolean(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self._read(key, default, "must be true or false", lambda v: isinstance(v, bool))

    def choice(self, key: str, default: E) -> E:
        """Return a member of the enumeration that `default` belongs to."""
        text = self.text(key, default.value)
        return self.member(type(default), text, key) or default

    def member(self, kind: type[E], text: str, key: str) -> E | None:
        """Return the member of `kind` written `text`; otherwise note a fault at `key`."""
        try:
            return kind(text)
        except ValueError:
            self.fault(key, f"must be one of {', '.join(kind)}")
            return None

    def dates(self, key: str) -> frozenset[date]:
        """Return a set of dates written YYYY-MM-DD."""
        found = set()
        for text in self.items(key):
            try:
                day = date.fromisoformat(text)
            except (TypeError, ValueError):
                day = None
            # Python reads other forms too (20260302, 2026-W10-1); one is enough.
            if day is not None and day.isoformat() == text:
                found.add(day)
            else:
                self.fault(key, f"{text!r} is not a date; write YYYY-MM-DD")
        return frozenset(found)

    def integers(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        values = self.items(key)
        if all(_is_integer(value) for value in values):
            return tuple(values)
        self.fault(key, "must be a list of whole numbers")
        return ()

    def items(self, key: str) -> list[Any]:
        """Return the list at `key`, empty if it is absent."""
        return self._read(key, [], "must be a list", lambda v: isinstance(v, list))

    def members(self, key: str) -> Mapping[str, Any]:
        """Return the object at `key`, empty if it is absent."""
        return self._read(key, {}, "must be a JSON object", lambda v: isinstance(v, Mapping))

    def nested(self, key: str, default: T, read: Callable[[JsonReader], T]) -> T:
        """Return what `read` makes of the object at `key`, or `default` if there is none."""
        self._asked.add(key)
        if key not in self._members:
            return default
        return self.built(key, self._members[key], default, read)

    def built(self, key: str, value: object, default: T, read: Callable[[JsonReader], T]) -> T:
        """Return what `read` makes of the object `value`; the faults it raises are noted beneath `key`."""
        reader = JsonReader(value, self.faults, self._at(key))
        if not isinstance(value, Mapping):
            return default
        try:
            result = read(reader)
        except InvalidSettings as error:
            result = default
            # A member that could not be read has had its fault noted already.
            noted = {fault.path for fault in self.faults}
            found = (Fault(reader._at(fault.path), fault.message) for fault in error.faults)
            self.faults.extend(fault for fault in found if fault.path not in noted)
        reader.finish()
        return result

    def finish(self) -> None:
        """Note every member that nobody asked for."""
        for key in self._members:
            if key not in self._asked:
                self.fault(str(key), f"is not known here; known: {', '.join(sorted(self._asked))}")

    def _at(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part)

    def _read(self, key: str, default: T, demand: str, accepts: Callable[[object], bool]) -> T:
        self._asked.add(key)
        if key not in self._members:
            return default
        value = self._members[key]
        if not accepts(value):
            self.fault(key, demand)
            return default
        return value  # type: ignore[no-any-return]  # `accepts` has just checked it


def read_object(document: str | Mapping[str, Any], read: Callable[[JsonReader], T]) -> T:
    """Return what `read` makes of a JSON text, or of an object already parsed.

    Raises:
        InvalidSettings: with every fault found.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise InvalidSettings((Fault("", f"is not JSON: {error}"),)) from None
    faults: list[Fault] = []
    reader = JsonReader({"document": document}, faults)
    result = reader.built("", document, None, read)
    if faults or result is None:
        raise InvalidSettings(tuple(faults))
    return result


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_optional_integer(value: object) -> bool:
    return value is None or _is_integer(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
