"""The bytes of one AMI event → its headers. A call brings half a dozen events: panoramisk's reading took half of the
gateway's time. Answers to actions, whose forms differ, are still read by panoramisk."""

from __future__ import annotations


def headers_of(event: bytes) -> dict[str, str | list[str]]:
    """Return the headers by name in lower case; a repeated one is a list. What is no header is dropped."""
    headers: dict[str, str | list[str]] = {}
    for line in event.decode("utf-8", "replace").split("\r\n"):
        name, found, value = line.partition(": ")
        if not found:
            continue
        name = name.lower()
        if name not in headers:
            headers[name] = value
            continue
        known = headers[name]
        headers[name] = [*known, value] if isinstance(known, list) else [known, value]
    return headers
