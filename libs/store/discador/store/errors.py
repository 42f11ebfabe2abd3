"""Everything that the store can refuse, or fail at.

StoreError                                                                error_id                 kind
├── NotFound             no such row                                      <noun>-not-found         not_found
├── NameTaken            another one bears the name                       <noun>-name-taken        conflict
├── InUse                something still needs what should be deleted     <noun>-in-use            precondition
├── CampaignNotDraft     only a draft can be deleted                      campaign-not-draft       precondition
├── LeadExists           the campaign has this number already             lead-exists              conflict
├── StaleLeader          another master has taken over                    stale-leader             precondition
├── EtagMismatch         changed since it was read                        etag-mismatch            conflict
├── RequestIdReused      one request id for two different requests        request-id-reused        conflict
├── FirstRunClosed       there is a user already                         first-run-closed         precondition
├── LastAdministrator    nobody else could administer                    last-administrator       precondition
├── ImportRaced          another run of the same import is ahead          import-raced             conflict
├── InvalidValue         a value that no column can hold                  <noun>-invalid           invalid
└── DatabaseUnavailable  no answer, or none in time                       database-unavailable     unavailable

What the rules of the domain refuse keeps its own type: `campaigns.command` raises `core.errors.IllegalTransition`.
No message holds a full phone number, a password or SQL.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["not_found", "conflict", "invalid", "unavailable", "precondition"]


class StoreError(Exception):
    """`error_id` is stable and for machines, `kind` tells what the caller can do; the message is for people."""

    error_id: str = "store-error"
    kind: ClassVar[Kind] = "conflict"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _AboutNoun(StoreError):
    """A refusal whose `error_id` names the thing it is about."""

    ending: ClassVar[str]

    def __init__(self, noun: str, message: str) -> None:
        super().__init__(message)
        self.noun = noun
        self.error_id = f"{noun}-{self.ending}"


class NotFound(_AboutNoun):
    """There is no such row; it may have been deleted."""

    ending = "not-found"
    kind = "not_found"

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(noun, f"{noun} {key} does not exist")


class NameTaken(_AboutNoun):
    """Another one bears this name; choose a different one."""

    ending = "name-taken"

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(noun, f"another {noun} is called {name!r}; choose a different name")


class InUse(_AboutNoun):
    """Something still needs it; the message says what."""

    ending = "in-use"
    kind = "precondition"


class InvalidValue(_AboutNoun):
    """A value that its column cannot hold; nothing was written."""

    ending = "invalid"
    kind = "invalid"


class CampaignNotDraft(StoreError):
    """Campaigns that were ever started are kept for their records."""

    error_id = "campaign-not-draft"
    kind = "precondition"


class LeadExists(StoreError):
    """The campaign has a lead with this number already."""

    error_id = "lead-exists"


class StaleLeader(StoreError):
    """Another master has taken over: stop deciding at once, become a standby."""

    error_id = "stale-leader"
    kind = "precondition"

    def __init__(self, epoch: int, current: int) -> None:
        super().__init__(f"epoch {epoch} has ended, {current} leads now: another master has taken over")
        self.epoch = epoch
        self.current = current


class EtagMismatch(StoreError):
    """It has been changed since it was read; read it again and repeat the change."""

    error_id = "etag-mismatch"


class RequestIdReused(StoreError):
    """The request id has been used for a different request; use a new one."""

    error_id = "request-id-reused"


class FirstRunClosed(StoreError):
    """The first administrator exists already."""

    error_id = "first-run-closed"
    kind = "precondition"


class LastAdministrator(StoreError):
    """The change would leave nobody who can administer."""

    error_id = "last-administrator"
    kind = "precondition"


class ImportRaced(StoreError):
    """Another run of the same import is ahead, or it has ended; begin again and go on behind its checkpoint."""

    error_id = "import-raced"

    def __init__(self, import_id: int, expected_rows: int, rows: int, state: str) -> None:
        super().__init__(
            f"import {import_id} is {state} at row {rows}, not at row {expected_rows}; begin again to go on there"
        )
        self.rows = rows


class DatabaseUnavailable(StoreError):
    """The database gave no answer, or none in time. Nothing is known to be written: read before repeating."""

    error_id = "database-unavailable"
    kind = "unavailable"
