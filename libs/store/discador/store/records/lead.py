"""Leads and their lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from discador.core.lead import LeadState
from discador.store.errors import InvalidValue

#: `Lead.ready`
NOT_DIALLABLE: Final = 0
READY: Final = 1
WAITS: Final = 2

_MAX_NUMBER = 20
_MAX_TEXT = 200
_MAX_ZONES = 255
_MAX_FIELDS = 1 << 20


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to be added. `number` is E.164; `zones` are the IANA zones it may lie in, all of which must be open.

    Raises:
        InvalidValue: lead-invalid, a text that its column cannot hold.
    """

    number: str
    zones: tuple[str, ...]
    name: str = ""
    external_id: str = ""
    priority: int = 50
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Checked here since INSERT IGNORE, which an import needs, would cut texts in silence.
        if not 1 <= len(self.number) <= _MAX_NUMBER:
            raise InvalidValue("lead", f"a number has 1 to {_MAX_NUMBER} characters")
        if len(self.name) > _MAX_TEXT or len(self.external_id) > _MAX_TEXT:
            raise InvalidValue("lead", f"name and external id have at most {_MAX_TEXT} characters")
        if len(zones_key(self.zones)) > _MAX_ZONES:
            raise InvalidValue("lead", f"the zones have at most {_MAX_ZONES} characters together")
        if not -32768 <= self.priority <= 32767:
            raise InvalidValue("lead", "the priority is between -32768 and 32767")
        if self.fields and sum(len(k) + len(str(v)) for k, v in self.fields.items()) > _MAX_FIELDS:
            raise InvalidValue("lead", f"the fields have at most {_MAX_FIELDS} characters together")


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody to be called in one campaign."""

    id: int
    campaign_id: int
    list_id: int | None
    number: str
    name: str
    external_id: str
    priority: int  #: lower is dialled first
    zones: tuple[str, ...]
    fields: dict[str, Any]
    state: LeadState
    ready: int  #: NOT_DIALLABLE, READY (may be reserved now) or WAITS (for `due_at`)
    due_at: datetime | None
    attempts: int  #: attempts that counted
    last_no: int  #: `Attempt.no` of the last attempt, counted or not
    outcome_counts: dict[str, int]
    last_outcome: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LeadList:
    """A list of leads as it was imported; `leads` is how many it brought."""

    id: int
    campaign_id: int
    name: str
    import_id: int | None
    leads: int
    created_at: datetime


def zones_key(zones: tuple[str, ...]) -> str:
    """Return the text under which this set of zones is stored: sorted, so that a set has one key."""
    return zones[0] if len(zones) == 1 else ",".join(sorted(zones))


def zones_of(key: str) -> tuple[str, ...]:
    """Return the zones of a key made by `zones_key`."""
    return tuple(key.split(",")) if key else ()
