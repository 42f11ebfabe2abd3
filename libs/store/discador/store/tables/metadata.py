"""What all tables share."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

metadata: Final = sa.MetaData()

#: Comparison by code point, trailing spaces included: what SQLite does too. So a name is taken, or a number equal,
#: under the same conditions in both databases.
OPTIONS: Final[dict[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mysql_row_format": "DYNAMIC",
}

#: SQLite numbers rows by itself only in a column declared INTEGER.
Id: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
