"""Attempts on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from discador.master.convert.enums import ATTEMPT_STATE
from discador.master.convert.stamps import stamp
from discador.store.records import Attempt, EventRow
from discador.v1 import attempt_pb2 as wire


def attempt_to_wire(attempt: Attempt, events: Iterable[EventRow] = ()) -> wire.Attempt:
    """Return the attempt, with its timeline if `events` are given."""
    return wire.Attempt(
        id=str(attempt.id),
        lead_id=attempt.lead_id,
        campaign_id=attempt.campaign_id,
        no=attempt.no,
        number=attempt.number,
        trunk_id=attempt.trunk_id,
        node_id=attempt.node_id,
        state=ATTEMPT_STATE[attempt.state],  # type: ignore[arg-type]  # the stubs know enum members only
        outcome=attempt.outcome.value if attempt.outcome else "",
        hangup_cause=attempt.hangup_cause or 0,
        detail=attempt.detail,
        digits=attempt.digits,
        created_at=stamp(attempt.created_at),
        submitting_at=stamp(attempt.submitting_at),
        ringing_at=stamp(attempt.ringing_at),
        answered_at=stamp(attempt.answered_at),
        ended_at=stamp(attempt.ended_at),
        worker=attempt.worker,
        events=[
            wire.AttemptEvent(seq=event.seq, kind=event.kind, at=stamp(event.at), detail=event.detail)
            for event in events
        ],
    )
