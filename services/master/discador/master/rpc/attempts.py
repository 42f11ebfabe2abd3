# ruff: noqa: N802 - methods bear the names that the contract gives them
"""AttemptService."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from discador.core.attempt import Outcome, parse_attempt_id
from discador.master import pages
from discador.master.convert.attempts import attempt_to_wire
from discador.master.convert.enums import ATTEMPT_STATE, member
from discador.master.database import Database
from discador.master.violations import Violations
from discador.v1 import attempt_pb2 as wire
from discador.v1 import attempt_pb2_grpc


class AttemptServicer(attempt_pb2_grpc.AttemptServiceServicer):
    """Reads attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = database.store

    async def GetAttempt(self, request: wire.GetAttemptRequest, context: Any) -> wire.Attempt:
        def work() -> wire.Attempt:
            attempt, events = self._store.attempts.get(parse_attempt_id(request.id))
            return attempt_to_wire(attempt, events)

        return await self._database.run(work)

    async def ListAttempts(self, request: wire.ListAttemptsRequest, context: Any) -> wire.ListAttemptsResponse:
        def work() -> wire.ListAttemptsResponse:
            size = pages.page_size(request.page_size)
            found = Violations()
            state = member(ATTEMPT_STATE, request.state)
            found.check(not request.state or state is not None, "state", "must be a state that this version knows")
            known = not request.outcome or request.outcome in set(Outcome)
            found.check(known, "outcome", f"must be one of {', '.join(Outcome)}")
            found.raise_if_any("filter-invalid")
            question = ("attempts", request.campaign_id, request.lead_id, request.state, request.outcome)
            token = pages.decode(request.page_token, str, *question)
            attempts = self._store.attempts.list(
                size + 1,
                before_id=UUID(token) if token else None,
                campaign_id=request.campaign_id or None,
                lead_id=request.lead_id or None,
                state=state,
                outcome=Outcome(request.outcome) if request.outcome else None,
            )
            return wire.ListAttemptsResponse(
                attempts=[attempt_to_wire(attempt) for attempt in attempts[:size]],
                next_page_token=pages.next_token(attempts, size, lambda a: str(a.id), *question),
            )

        return await self._database.run(work)
