"""Life of a campaign.

The table below is the specification; `docs/state-machines/campaign.md` is drawn from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from discador.core.campaign.states import CampaignState
from discador.core.errors import IllegalTransition


class Command(StrEnum):
    """What a campaign can be told.

    `complete` is the master's own: nothing is left to do and nothing is in flight.
    """

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    COMPLETE = "complete"


TRANSITIONS: Final[dict[tuple[CampaignState, Command], CampaignState]] = {
    (CampaignState.DRAFT, Command.START): CampaignState.RUNNING,
    (CampaignState.RUNNING, Command.PAUSE): CampaignState.PAUSED,
    (CampaignState.RUNNING, Command.STOP): CampaignState.STOPPING,
    (CampaignState.RUNNING, Command.COMPLETE): CampaignState.COMPLETED,
    (CampaignState.PAUSED, Command.RESUME): CampaignState.RUNNING,
    (CampaignState.PAUSED, Command.STOP): CampaignState.STOPPING,
    # Live calls go on while stopping; the master completes the stop when the last one has ended.
    (CampaignState.STOPPING, Command.COMPLETE): CampaignState.STOPPED,
    (CampaignState.STOPPED, Command.START): CampaignState.RUNNING,
    # New leads may have been loaded since.
    (CampaignState.COMPLETED, Command.START): CampaignState.RUNNING,
}


def allowed(state: CampaignState) -> tuple[Command, ...]:
    """Return the commands that a person may give now, in the order of `Command`."""
    return tuple(command for command in Command if (state, command) in TRANSITIONS and command is not Command.COMPLETE)


def decide(state: CampaignState, command: Command) -> CampaignState:
    """Return the state after `command`.

    Raises:
        IllegalTransition: the campaign cannot obey now; the message says what it can do.
    """
    target = TRANSITIONS.get((state, command))
    if target is None:
        choices = tuple(choice.value for choice in allowed(state))
        advice = f"allowed now: {', '.join(choices)}" if choices else "nothing is allowed until it has stopped"
        raise IllegalTransition(f"cannot {command.value} a campaign that is {state.value}; {advice}", choices)
    return target
