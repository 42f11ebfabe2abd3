"""Bring the catalogues of the pages up to their templates and code: new messages come in empty, gone ones leave.

With --check nothing is written; what is missing is printed, and the exit code is 1. English is the language that the
messages are written in, so it has no catalogue.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "services" / "web"
SOURCE = WEB / "discador" / "web"
CATALOGUES = SOURCE / "i18n" / "locales"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def template() -> Catalog:
    """Return a catalogue of every message in the source."""
    with (WEB / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog(project="Discador", header_comment="")
    found = extract_from_dir(str(SOURCE), methods, options, keywords=KEYWORDS)
    for _, _, message, _, _ in sorted(found, key=lambda one: (one[0], one[1])):
        catalogue.add(message)
    return catalogue


def faults(path: Path, wanted: Catalog) -> list[str]:
    """Return what is wrong with a catalogue: missing, empty, fuzzy, gone, or with other placeholders."""
    with path.open("rb") as file:
        known = read_po(file, locale=path.parent.name)
    name, found = path.parent.name, []
    for message in wanted:
        if not message.id:
            continue
        there = known.get(message.id)
        words = [] if there is None else [there.string] if isinstance(there.string, str) else list(there.string)
        if there is None or not all(words):
            found.append(f"{name}: not translated: {message.id!r}")
            continue
        if there.fuzzy:
            found.append(f"{name}: fuzzy: {message.id!r}")
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        if {*PLACEHOLDER.findall(originals[-1])} != {*PLACEHOLDER.findall(words[-1])}:
            found.append(f"{name}: other placeholders: {message.id!r}")
    found += [
        f"{name}: not in the source any more: {one.id!r}" for one in known if one.id and wanted.get(one.id) is None
    ]
    return found


def update(path: Path, wanted: Catalog) -> None:
    """Write the catalogue anew, keeping its translations."""
    with path.open("rb") as file:
        known = read_po(file, locale=path.parent.name)
    known.update(wanted, no_fuzzy_matching=True)
    known.obsolete.clear()
    known.header_comment, known.fuzzy = "", False
    with path.open("wb") as file:
        write_po(file, known, no_location=True, omit_header=False, ignore_obsolete=True, width=0)
    # The moments in the header would differ at each run.
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [
        line
        for line in lines
        if not re.match(r'"(POT-Creation|PO-Revision|Generated|Last-Translator|Language-Team|Report)', line)
    ]
    path.write_text("\n".join(kept).strip() + "\n", encoding="utf-8")


def main() -> int:
    """Return the exit code."""
    wanted = template()
    paths = sorted(CATALOGUES.glob("*/messages.po"))
    if "--check" not in sys.argv:
        for path in paths:
            update(path, wanted)
    found = [fault for path in paths for fault in faults(path, wanted)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
