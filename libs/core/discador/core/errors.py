"""Everything the domain can refuse.

DomainError                                                                error_id
├── IllegalEvent         an event that cannot happen to this attempt       attempt-illegal-event
├── InvalidAttemptId     a text that is not the id of an attempt           attempt-id-invalid
├── IllegalLeadEvent     an event that cannot happen to this lead          lead-illegal-event
├── IllegalTransition    a command this campaign cannot obey now           campaign-illegal-transition
├── InvalidSettings      settings with one or more faults, all listed      settings-invalid
└── InvalidNumber        a text that is not a number we may dial           number-invalid

No message holds a full phone number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class DomainError(Exception):
    """Something the rules forbid. `error_id` is stable, for machines; the message tells people what to do.

    `kind` is "invalid" where the request itself is wrong, "precondition" where only the present state forbids it.
    """

    error_id: ClassVar[str] = "domain-error"
    kind: ClassVar[str] = "invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class IllegalEvent(DomainError):
    """An event that contradicts what is recorded of the attempt. Record it and go on; nothing changed."""

    error_id = "attempt-illegal-event"


class InvalidAttemptId(DomainError):
    """The text is not the canonical form of a version 7 UUID."""

    error_id = "attempt-id-invalid"


class IllegalLeadEvent(DomainError):
    """An event that contradicts what is recorded of the lead. Record it and go on; nothing changed."""

    error_id = "lead-illegal-event"


class IllegalTransition(DomainError):
    """The campaign cannot obey this command in its present state; `allowed` names those that it can."""

    error_id = "campaign-illegal-transition"
    kind = "precondition"

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a settings document: where (dotted path) and what to do about it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidSettings(DomainError):
    """One or more faults in a settings document; `faults` holds all of them, not only the first."""

    error_id = "settings-invalid"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


class InvalidNumber(DomainError):
    """The text cannot be dialled as a telephone number; `reason` says why and never repeats the number."""

    error_id = "number-invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a number that can be dialled: {reason}")
        self.reason = reason
