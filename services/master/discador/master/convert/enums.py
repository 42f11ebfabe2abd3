"""Enumerations of the wire ↔ those of the core, by table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from discador.core.attempt import State
from discador.core.campaign import CampaignState, DigitAction, Mode
from discador.core.lead import LeadState
from discador.store.records import ImportState
from discador.v1 import attempt_pb2, campaign_pb2, lead_pb2

E = TypeVar("E", bound=StrEnum)


def _table(kind: type[E], wire: object, prefix: str) -> Mapping[E, int]:
    assert isinstance(wire, EnumTypeWrapper), "every enumeration of the contract is one"
    names = {name.replace("_", ""): number for name, number in wire.items()}
    # HANGUP and HANG_UP are one word.
    return {member: names[(prefix + member.name).replace("_", "")] for member in kind}


CAMPAIGN_STATE: Final = _table(CampaignState, campaign_pb2.CampaignState, "CAMPAIGN_STATE_")
MODE: Final = _table(Mode, campaign_pb2.DialMode, "DIAL_MODE_")
DIGIT_ACTION: Final = _table(DigitAction, campaign_pb2.DigitAction, "DIGIT_ACTION_")
LEAD_STATE: Final = _table(LeadState, lead_pb2.LeadState, "LEAD_STATE_")
ATTEMPT_STATE: Final = _table(State, attempt_pb2.AttemptState, "ATTEMPT_STATE_")
IMPORT_STATE: Final = _table(ImportState, lead_pb2.ImportState, "IMPORT_STATE_")


def member(table: Mapping[E, int], number: int) -> E | None:
    """Return the member that `number` stands for; None for UNSPECIFIED and for numbers of a later contract."""
    return next((known for known, wire in table.items() if wire == number), None)
