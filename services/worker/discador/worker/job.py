"""A dial job, as the master puts it into `discador:jobs`.

    attempt   canonical text of the attempt's id
    trunk     id of the trunk, decimal
    node      id of the node, decimal
    ttl_ms    how long after reading it is worth while to wait for the trunk's pace; may be left out

The job carries what the worker needs to wait for its turn without the database. Everything that decides about
the call is read by the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from discador.core.attempt import parse_attempt_id
from discador.core.errors import InvalidAttemptId


class InvalidJob(Exception):
    """The entry is no dial job: it is dropped. The master's sweep publishes the attempt again, if there is one."""

    error_id = "job-invalid"


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to carry out; `entry_id` is its place in the stream."""

    entry_id: str
    attempt_id: UUID
    trunk_id: int
    node_id: int
    patience_s: float


def read_job(entry_id: str, fields: Mapping[bytes, bytes], default_patience_s: float) -> Job:
    """Return the job in a stream entry.

    Raises:
        InvalidJob: a field is missing or not what it should be.
    """
    try:
        ttl = fields.get(b"ttl_ms")
        return Job(
            entry_id=entry_id,
            attempt_id=parse_attempt_id(fields[b"attempt"].decode("ascii")),
            trunk_id=int(fields[b"trunk"]),
            node_id=int(fields[b"node"]),
            patience_s=default_patience_s if ttl is None else max(0.0, int(ttl) / 1000),
        )
    except (KeyError, ValueError, InvalidAttemptId) as error:
        raise InvalidJob(f"entry {entry_id} of discador:jobs is no dial job: {error}") from None
