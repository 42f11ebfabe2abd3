"""Discador's only truth: named operations on MariaDB or SQLite. Begin with `open_store`; records in `records`."""

from discador.store.errors import (
    CampaignNotDraft,
    DatabaseUnavailable,
    EtagMismatch,
    FirstRunClosed,
    ImportRaced,
    InUse,
    InvalidValue,
    LastAdministrator,
    LeadExists,
    NameTaken,
    NotFound,
    RequestIdReused,
    StaleLeader,
    StoreError,
)
from discador.store.store import Store, open_store

__all__ = [
    "CampaignNotDraft",
    "DatabaseUnavailable",
    "EtagMismatch",
    "FirstRunClosed",
    "ImportRaced",
    "InUse",
    "InvalidValue",
    "LastAdministrator",
    "LeadExists",
    "NameTaken",
    "NotFound",
    "RequestIdReused",
    "StaleLeader",
    "Store",
    "StoreError",
    "open_store",
]
