"""All faults of a request together, so that its sender corrects it once."""

from __future__ import annotations

from collections.abc import Iterable

from discador.core.errors import Fault
from discador.runtime.errors import InvalidInput


class Violations:
    """Collects faults; `raise_if_any` ends the request, before anything was done, if there are some."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, field: str, fault: str) -> None:
        """Note a fault; an empty one is none."""
        if fault:
            self._found.append((field, fault))

    def check(self, holds: bool, field: str, fault: str) -> None:
        """Note the fault unless the condition holds."""
        if not holds:
            self.add(field, fault)

    def extend(self, faults: Iterable[Fault], prefix: str) -> None:
        """Note faults that the core found beneath `prefix`."""
        for fault in faults:
            self.add(".".join(part for part in (prefix, fault.path) if part), fault.message)

    def raise_if_any(self, error_id: str) -> None:
        """Raises `InvalidInput` with every fault noted."""
        if self._found:
            told = "; ".join(f"{field}: {fault}" for field, fault in self._found[:5])
            raise InvalidInput(told, error_id=error_id, violations=self._found)
