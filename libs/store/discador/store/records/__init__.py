"""What the store hands out and takes in: frozen dataclasses, with aware UTC datetimes."""

from discador.store.records.attempt import Applied, Attempt, EventRow, Happening, LiveCount
from discador.store.records.audit import AuditEntry, AuditFilter, ChainState, Deed
from discador.store.records.campaign import Campaign
from discador.store.records.dnc import DncEntry
from discador.store.records.gate import Block, Candidate, Gated, GateResult, Pass, Usage, Verdict
from discador.store.records.identity import ApiToken, Credentials, User, UserChanges
from discador.store.records.import_ import ImportErrorRow, ImportJob, ImportState
from discador.store.records.lead import (
    NOT_DIALLABLE,
    READY,
    WAITS,
    Lead,
    LeadList,
    NewLead,
    zones_key,
    zones_of,
)
from discador.store.records.reservation import Reserved, ReservePlan
from discador.store.records.system import Leader, System
from discador.store.records.trunk import Node, Trunk

__all__ = [
    "NOT_DIALLABLE",
    "READY",
    "WAITS",
    "ApiToken",
    "Applied",
    "Attempt",
    "AuditEntry",
    "AuditFilter",
    "Block",
    "Campaign",
    "Candidate",
    "ChainState",
    "Credentials",
    "Deed",
    "DncEntry",
    "EventRow",
    "GateResult",
    "Gated",
    "Happening",
    "ImportErrorRow",
    "ImportJob",
    "ImportState",
    "Lead",
    "LeadList",
    "Leader",
    "LiveCount",
    "NewLead",
    "Node",
    "Pass",
    "ReservePlan",
    "Reserved",
    "System",
    "Trunk",
    "Usage",
    "User",
    "UserChanges",
    "Verdict",
    "zones_key",
    "zones_of",
]
