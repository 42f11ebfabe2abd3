"""What operators asked for: requested → accepted → effective. Nothing here is shown as done before it is.

Kept in memory, newest first, for the pages; the lasting record is the master's.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from discador.runtime.remote_error import RemoteError

_KEPT: Final = 50
#: Longer than any drain takes; afterwards it is said not to have taken effect.
GIVE_UP_S: Final = 900.0


@dataclass
class Command:
    """One command of an operator. `subject` is `system`, `worker:<id>` or `campaign:<id>`."""

    title: str
    subject: str
    by: str
    requested_at: datetime
    in_effect: Callable[[Any], bool]
    accepted_at: datetime | None = None
    effective_at: datetime | None = None
    refused: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def step(self) -> str:
        """`requested`, `accepted`, `effective`, `refused` or `overdue`."""
        if self.refused:
            return "refused"
        if self.effective_at:
            return "effective"
        if not self.accepted_at:
            return "requested"
        late = (datetime.now(UTC) - self.accepted_at).total_seconds() > GIVE_UP_S
        return "overdue" if late else "accepted"

    def observe(self, state: Any) -> None:
        """Look at the subject's state as the master just told it."""
        if self.accepted_at and not self.effective_at and not self.refused and self.in_effect(state):
            self.effective_at = datetime.now(UTC)


class Commands:
    """The last commands of this service's users."""

    def __init__(self) -> None:
        self._kept: deque[Command] = deque(maxlen=_KEPT)

    async def carry_out(self, command: Command, send: Callable[[str], Awaitable[Any]]) -> Any:
        """Send it with its id as the request's id; note that it was accepted, or why not, and raise that."""
        self._kept.appendleft(command)
        try:
            answer = await send(command.id)
        except RemoteError as error:
            command.refused = error.message
            raise
        command.accepted_at = datetime.now(UTC)
        return answer

    def of(self, subject: str, state: Any = None, count: int = 3) -> list[Command]:
        """Return the last commands on a subject, after a look at its state."""
        found = [command for command in self._kept if command.subject == subject]
        if state is not None:
            for command in found:
                command.observe(state)
        return found[:count]
