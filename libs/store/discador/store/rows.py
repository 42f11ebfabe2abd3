"""Rows of the database → records."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from discador.core.campaign import CampaignSettings
from discador.store import tables
from discador.store.records import Attempt, Campaign, ImportJob, Lead, Trunk, zones_of

#: The columns of a record, in the order of its fields.
ATTEMPT = tuple(tables.attempt.c[name] for name in Attempt.__dataclass_fields__)
LEAD = tuple(tables.lead.c[name] for name in Lead.__dataclass_fields__)
TRUNK = tuple(tables.trunk.c[name] for name in Trunk.__dataclass_fields__)
IMPORT = tuple(tables.import_.c[name] for name in ImportJob.__dataclass_fields__)
CAMPAIGN = tuple(tables.campaign.c[name] for name in Campaign.__dataclass_fields__)

Row = sa.Row[Any]


def attempt_from(row: Row) -> Attempt:
    """Return the attempt of a row that begins with `ATTEMPT`."""
    return Attempt(*row)


def lead_from(row: Row) -> Lead:
    """Return the lead of a row of `LEAD`."""
    values = row._asdict()
    values["zones"] = zones_of(values["zones"])
    return Lead(**values)


def trunk_from(row: Row) -> Trunk:
    """Return the trunk of a row of `TRUNK`."""
    return Trunk(*row)


def import_from(row: Row) -> ImportJob:
    """Return the import of a row of `IMPORT`."""
    return ImportJob(*row)


def campaign_from(row: Row) -> Campaign:
    """Return the campaign of a row of `CAMPAIGN`."""
    values = row._asdict()
    values["settings"] = _settings(values["settings"])
    return Campaign(**values)


@lru_cache(maxsize=256)
def _settings(text: str) -> CampaignSettings:
    # Frozen, so one object may serve everybody; checking a document takes longer than a whole pass of the gate.
    return CampaignSettings.from_json(text)
