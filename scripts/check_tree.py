"""Rules of the tree that no linter knows. Prints what is wrong and exits 1; prints nothing when all is well."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 500
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}


def faults() -> list[str]:
    """Every rule that is broken, one line each."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    files = [Path(name) for name in listed.stdout.decode().splitlines() if (ROOT / name).is_file()]
    found = []
    for path in files:
        if path.name == "__init__.py" and path.parent.name == "discador":
            found.append(f"{path}: `discador` is a namespace package; this file would hide its other parts")
        if path.suffix == ".py" and path.stem in BANNED_NAMES:
            found.append(f"{path}: a name that says nothing")
        if path.suffix != ".py":
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        if text.count("\n") > MOST_LINES:
            found.append(f"{path}: {text.count(chr(10))} lines; at most {MOST_LINES}")
    numbers = Counter(path.name[:4] for path in files if path.parent.name == "adr")
    found += [f"docs/adr/{number}: used {count} times" for number, count in numbers.items() if count > 1]
    return found


if __name__ == "__main__":
    broken = faults()
    print("\n".join(broken), file=sys.stderr, end="\n" if broken else "")
    sys.exit(1 if broken else 0)
