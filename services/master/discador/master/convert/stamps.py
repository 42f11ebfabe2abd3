"""Times on the wire."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def stamp(at: datetime | None) -> Timestamp | None:
    """Return the instant for a message's constructor, where None leaves the field out."""
    if at is None:
        return None
    result = Timestamp()
    result.FromDatetime(at.astimezone(UTC))
    return result
