"""Read a `.env` file: `NAME=value` lines, `#` comments, optional `export`, single or double quotes.

No variable expansion and no command substitution: what is written is what is used, so that a password
with a `$` in it needs no care.
"""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the variables of the file, or nothing if there is none. A line that is no assignment is skipped."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return {}
    found: dict[str, str] = {}
    for line in content.splitlines():
        matched = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if matched:
            found[matched[1]] = _unquoted(matched[2])
    return found


def _unquoted(value: str) -> str:
    double = re.fullmatch(r'"((?:[^"\\]|\\.)*)"(?:\s+#.*)?', value)
    if double:
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), double[1])
    single = re.fullmatch(r"'([^']*)'(?:\s+#.*)?", value)
    if single:
        return single[1]
    return re.sub(r"(?:^|\s+)#.*$", "", value)
