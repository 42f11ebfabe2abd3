"""The use of numbers, which the gate locks so that caps and spacing hold over all campaigns."""

from __future__ import annotations

from collections.abc import Iterable

from discador.store.tables import number_usage
from discador.store.transaction import Transaction


def lock_numbers(tx: Transaction, numbers: Iterable[str]) -> list[str]:
    """Lock the use of these numbers, in their order, until the transaction ends; return them in that order."""
    ordered = sorted(set(numbers))
    tx.upsert(number_usage, [{"number": number, "today": 0, "total": 0} for number in ordered])
    return ordered
