"""The tables, as the migrations make them. The same for MariaDB and SQLite; times are BIGINT microseconds."""

from discador.store.tables.attempt import attempt, call_event
from discador.store.tables.audit import audit, audit_head
from discador.store.tables.campaign import campaign, campaign_counter
from discador.store.tables.identity import api_token, user
from discador.store.tables.import_ import import_, import_error
from discador.store.tables.lead import lead, lead_list, lead_zone
from discador.store.tables.metadata import metadata
from discador.store.tables.number import dnc, number_usage
from discador.store.tables.request import request
from discador.store.tables.system import ONLY_ROW, leader, system
from discador.store.tables.trunk import node, trunk

__all__ = [
    "ONLY_ROW",
    "api_token",
    "attempt",
    "audit",
    "audit_head",
    "call_event",
    "campaign",
    "campaign_counter",
    "dnc",
    "import_",
    "import_error",
    "lead",
    "lead_list",
    "lead_zone",
    "leader",
    "metadata",
    "node",
    "number_usage",
    "request",
    "system",
    "trunk",
    "user",
]
