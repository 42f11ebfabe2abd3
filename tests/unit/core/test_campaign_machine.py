from __future__ import annotations

import pytest

from discador.core.campaign import CampaignState, Command, allowed, decide
from discador.core.campaign.machine import TRANSITIONS
from discador.core.errors import IllegalTransition


@pytest.mark.parametrize("state", CampaignState)
@pytest.mark.parametrize("command", Command)
def test_every_pair_of_campaign_state_and_command_is_decided_or_refused_with_advice(state, command):
    if (state, command) in TRANSITIONS:
        assert decide(state, command) is TRANSITIONS[state, command]
        return
    with pytest.raises(IllegalTransition) as caught:
        decide(state, command)
    assert caught.value.error_id == "campaign-illegal-transition"
    assert caught.value.allowed == allowed(state)
    for choice in allowed(state):
        assert choice in caught.value.message


def test_the_message_says_what_is_allowed_now():
    with pytest.raises(IllegalTransition, match="cannot resume a campaign that is running; allowed now: pause, stop"):
        decide(CampaignState.RUNNING, Command.RESUME)
    with pytest.raises(IllegalTransition, match="nothing is allowed until it has stopped"):
        decide(CampaignState.STOPPING, Command.START)


def test_people_are_never_offered_the_masters_own_command():
    assert all(Command.COMPLETE not in allowed(state) for state in CampaignState)


def test_every_state_is_reached_from_draft_and_no_campaign_is_stuck():
    reached = {CampaignState.DRAFT}
    for _ in CampaignState:
        reached |= {target for (state, _), target in TRANSITIONS.items() if state in reached}
    assert reached == set(CampaignState)
    assert {state for state, _ in TRANSITIONS} == set(CampaignState)
