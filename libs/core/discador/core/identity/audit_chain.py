"""The hash chain of the audit log: each entry's hash covers its content and the hash before it.

So an entry that is changed, removed or put in between is found. What the chain alone cannot show is that its newest
entries were cut off together with the note of its end; for that, keep the last hash elsewhere and compare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ORIGIN: Final = "0" * 64  #: what stands before the first entry

Content = Mapping[str, object]  #: texts, whole numbers and None only


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is kept: its number, content, and hash (64 hex digits)."""

    no: int
    content: Content
    hash: str


def entry_hash(previous: str, no: int, content: Content) -> str:
    """Return the SHA-256, in hex, of an entry that follows the one with the hash `previous`."""
    text = json.dumps([previous, no, dict(content)], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def first_break(links: Iterable[Link], previous: str = ORIGIN, no: int = 0) -> int | None:
    """Return the number of the first entry that does not follow from the one before; None if all do.

    The walk begins behind entry `no`, whose hash is `previous`.
    """
    for link in links:
        no += 1
        if link.no != no or link.hash != entry_hash(previous, no, link.content):
            return no
        previous = link.hash
    return None
