"""Which column of a file holds what: from the mapping, the header, or the cells themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from discador.master.lead_import.dialect import looks_like_a_number, number_column_of
from discador.master.lead_import.errors import ImportRefused
from discador.master.lead_import.options import ImportOptions

#: Header names, in Portuguese and English, without accents, blanks and signs; the first found wins.
SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (
        "telefone", "celular", "fone", "phone", "number", "numero", "numerotelefone", "numerodetelefone",
        "phonenumber", "telefonecelular", "telefoneprincipal", "mobile", "mobilephone", "cellphone", "tel",
        "cel", "whatsapp", "msisdn", "contato", "telephone", "fonecelular", "telefone1", "fone1", "celular1",
        "phone1", "tel1",
    ),
    "name": ("nome", "name", "nomecompleto", "fullname", "cliente", "nomecliente", "nomedocliente", "razaosocial"),
    "external_id": ("externalid", "idexterno", "codigo", "codigocliente", "id", "chave", "referencia", "ref", "key"),
    "priority": ("prioridade", "priority"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions (from 0) of what a lead is made of; `fields` are kept under the names given."""

    number: int
    name: int | None
    external_id: int | None
    priority: int | None
    fields: tuple[tuple[int, str], ...]
    header: bool


def columns_of(sample: Sequence[Sequence[str]], options: ImportOptions) -> Columns:
    """Return the columns of a file that begins with the rows of `sample`.

    Raises:
        ImportRefused: the number's column cannot be told, or the mapping names one that is not there.
    """
    header = _has_header(sample, options)
    names = [" ".join(cell.split()) for cell in sample[0]] if header else []
    width = max(len(row) for row in sample)
    keys = [_key(name) for name in names]
    asked = {what: getattr(options, what) for what in SYNONYMS}
    taken: dict[str, int] = {what: _asked(column, names, keys, width) for what, column in asked.items() if column}
    for what, synonyms in SYNONYMS.items():
        free = (keys.index(word) for word in synonyms if word in keys)
        found = next((column for column in free if column not in taken.values()), None)
        if what not in taken and found is not None:
            taken[what] = found
    if "number" not in taken:
        rows = sample[1:] if header else sample
        guess = 0 if width == 1 else number_column_of(rows)
        if guess is None or guess in taken.values():
            raise ImportRefused(
                "import-number-column-missing",
                "no column is recognised as the telephone number: name one in mapping.number",
            )
        taken["number"] = guess
    if options.fields:
        kept = [_asked(column, names, keys, width) for column in options.fields]
    else:
        kept = [column for column in range(width) if column not in taken.values()]
    return Columns(
        taken["number"],
        taken.get("name"),
        taken.get("external_id"),
        taken.get("priority"),
        tuple(zip(kept, _field_names(kept, names), strict=True)),
        header,
    )


def _has_header(sample: Sequence[Sequence[str]], options: ImportOptions) -> bool:
    if options.header in ("yes", "no"):
        return options.header == "yes"
    first = sample[0]
    if any(looks_like_a_number(cell) for cell in first):
        return False
    keys = {_key(cell) for cell in first}
    asked = (options.number, options.name, options.external_id, options.priority, *options.fields)
    known = {word for words in SYNONYMS.values() for word in words} | {_key(word) for word in asked if word}
    if keys & (known - {""}):
        return True
    return any(looks_like_a_number(cell) for row in sample[1:] for cell in row)


def _asked(column: str, names: Sequence[str], keys: Sequence[str], width: int) -> int:
    wanted = " ".join(column.split())
    if wanted in names:
        return names.index(wanted)
    if _key(wanted) and _key(wanted) in keys:
        return keys.index(_key(wanted))
    if re.fullmatch(r"[0-9]{1,3}", wanted) and 1 <= int(wanted) <= width:
        return int(wanted) - 1
    there = f"the header has {', '.join(names[:20])}" if names else f"there are {width}, numbered from 1"
    raise ImportRefused("import-column-missing", f"the file has no column {wanted[:60]!r}; {there}"[:900])


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in plain if char.isascii() and char.isalnum())


def _field_names(columns: Sequence[int], names: Sequence[str]) -> list[str]:
    """Return a name for each column; of columns named alike, the later ones get their number."""
    found: list[str] = []
    for column in columns:
        name = _field_name(column, names)
        found.append(f"{name[:80]} ({column + 1})" if name in found else name)
    return found


def _field_name(column: int, names: Sequence[str]) -> str:
    name = names[column] if column < len(names) else ""
    clean = "".join(char for char in name if char.isprintable())[:100]
    return clean or f"column_{column + 1}"
