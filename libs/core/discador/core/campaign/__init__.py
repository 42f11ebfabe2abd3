"""Campaign: what is dialled, how, when, and how often."""

from discador.core.campaign.machine import Command, allowed, decide
from discador.core.campaign.settings import CampaignSettings, DigitAction
from discador.core.campaign.states import CampaignState
from discador.core.mode import Mode

__all__ = [
    "CampaignSettings",
    "CampaignState",
    "Command",
    "DigitAction",
    "Mode",
    "allowed",
    "decide",
]
