"""Values written into statements: as PyMySQL writes them, whatever they hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from pymysql.converters import escape_item

from discador.store.mariadb_literals import literals

VALUES = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.binary(),
    st.booleans(),
    st.dates(),
    st.sampled_from(["'", "\\", "%s", "\0"]),
)


@given(st.lists(VALUES, min_size=1))
def test_every_value_is_written_as_the_driver_writes_it(values: list[object]) -> None:
    assert literals(values) == ", ".join("NULL" if value is None else escape_item(value, "utf8mb4") for value in values)


def test_nothing_ends_a_text_but_its_quote() -> None:
    assert literals(["a'b\\", 7, None, date(2026, 2, 21), Decimal("1.5")]) == r"'a\'b\\', 7, NULL, '2026-02-21', 1.5"
