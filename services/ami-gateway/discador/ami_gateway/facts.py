"""What Asterisk told, in our own words: the outcome of `translate`. Ids are attempt ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialled:
    """The channel to the trunk was made; an INVITE follows. `leg` is that channel's own id, as below."""

    attempt_id: str
    leg: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings."""

    attempt_id: str
    leg: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The channel is up."""

    attempt_id: str
    leg: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """A channel is gone. `cause` is Q.850; `tech_cause` is the SIP status, or empty (before Asterisk 20)."""

    attempt_id: str
    leg: str
    cause: int
    tech_cause: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The guard stopped dialling. If a channel was made, its own hang-up says more, before or after this."""

    attempt_id: str
    status: str
    cause: int


@dataclass(frozen=True, slots=True)
class OriginateFailed:
    """The guard's leg ended. Normal at the end of every call; the only sign if that leg could not be made."""

    attempt_id: str
    reason: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person called pressed a key."""

    attempt_id: str
    digit: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """The fence in the dialplan refused the call before any INVITE."""

    attempt_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Booted:
    """Asterisk has loaded everything; it started `uptime_s` seconds ago."""

    uptime_s: int


@dataclass(frozen=True, slots=True)
class ShuttingDown:
    """Asterisk said that it stops; `restart` tells whether it means to come back by itself."""

    restart: bool


@dataclass(frozen=True, slots=True)
class LiveCall:
    """An attempt in a list of live channels. `leg` is the channel to the trunk, empty before it is made."""

    attempt_id: str
    leg: str
    answered: bool
    ringing: bool
    age_s: float


CallFact = Dialled | Ringing | Answered | HungUp | Unanswered | OriginateFailed | Pressed | Fenced
Fact = CallFact | Booted | ShuttingDown
