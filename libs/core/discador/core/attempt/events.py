"""What can happen to an attempt.

No event says when it happened: time is an argument of `decide`. The one datetime here, `Gated.not_after`,
is a deadline that travels with the intent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discador.core.attempt.states import State


@dataclass(frozen=True, slots=True)
class Gated:
    """A worker committed its intent to dial; Asterisk must refuse the call after `not_after`."""

    worker: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Asterisk took the Originate."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Asterisk refused the Originate (AMI error, or the guard): proven not dialled."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings (180, or 183 with early media: which is not an answer)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody or something picked up."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The answered call waits in a queue for an agent."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The answered call is bridged with an agent."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The channel is gone. `cause` is a Q.850 number; `answered` is None where the witness cannot tell."""

    cause: int
    answered: bool | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person called pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class DoubtRaised:
    """Nobody knows any more what became of the Originate or of the channel."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adopted:
    """The reconciler found the channel alive, in this state."""

    state: State

    def __post_init__(self) -> None:
        if self.state not in ADOPTABLE:
            raise ValueError(f"a live channel cannot be {self.state}; say one of {', '.join(ADOPTABLE)}")


#: The states in which a channel can be found alive.
ADOPTABLE: Final = (State.SUBMITTED, State.RINGING, State.ANSWERED, State.WAITING, State.CONNECTED)


@dataclass(frozen=True, slots=True)
class Lost:
    """The reconciler found no trace that would tell how the call went."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotDialled:
    """Proven: no call was placed for this attempt."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A command (pause, stop) took the attempt back."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """The attempt waited in the queue beyond its time."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The last checks before Originate forbade the call; `reason` is a `BlockReason` or a free text."""

    reason: str


Event = (
    Gated
    | Accepted
    | Refused
    | Ringing
    | Answered
    | Waiting
    | Connected
    | HungUp
    | Pressed
    | DoubtRaised
    | Adopted
    | Lost
    | NotDialled
    | Cancelled
    | Expired
    | Blocked
)

EVENTS: Final[tuple[type[Event], ...]] = (
    Gated,
    Accepted,
    Refused,
    Ringing,
    Answered,
    Waiting,
    Connected,
    HungUp,
    Pressed,
    DoubtRaised,
    Adopted,
    Lost,
    NotDialled,
    Cancelled,
    Expired,
    Blocked,
)
