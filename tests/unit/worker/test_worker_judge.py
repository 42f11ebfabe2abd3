from __future__ import annotations

from datetime import date, timedelta

from discador.core.compliance import ALWAYS_OPEN, BR_DEFAULT, Caps
from discador.core.lead import LeadState
from discador.store.records import Block, Pass, Usage
from discador.worker.judge import judge
from tests.unit.worker.worker_kit import NOON, NUMBER, attempt, campaign, candidate, lead, trunk


def test_a_call_that_nothing_forbids_passes_under_the_local_date_of_the_number() -> None:
    assert judge(candidate()) == Pass(date(2026, 3, 4))
    just_past_midnight_utc = NOON.replace(hour=1, day=5)
    assert judge(candidate(now=just_past_midnight_utc)) == Pass(date(2026, 3, 4))


def test_a_number_on_the_do_not_call_list_blocks_the_lead_for_good() -> None:
    verdict = judge(candidate(dnc=True))
    assert isinstance(verdict, Block)
    assert (verdict.reason, verdict.lead_next.state, verdict.lead_next.due_at) == ("dnc", LeadState.BLOCKED, None)


def test_a_trunk_or_a_node_that_is_switched_off_is_a_passing_obstacle() -> None:
    for verdict in (judge(candidate(trunk=trunk(disabled=True))), judge(candidate(), node_disabled=True)):
        assert isinstance(verdict, Block)
        assert verdict.reason == "trunk"
        assert verdict.lead_next.due_at is not None
        assert verdict.lead_next.due_at > NOON
        assert not verdict.lead_next.counted


def test_outside_the_window_in_any_zone_it_may_lie_in_nothing_is_dialled() -> None:
    evening_in_sao_paulo = NOON.replace(hour=23, minute=30)  # 20:30 there, 19:30 in Manaus
    nine_in_sao_paulo = NOON.replace(hour=12, minute=30)  # 9:30 there, 7:30 in Eirunepé
    window = campaign(window=BR_DEFAULT)
    both = lead(zones=("America/Sao_Paulo", "America/Eirunepe"))
    assert isinstance(judge(candidate(campaign=window, now=evening_in_sao_paulo)), Pass)
    assert isinstance(judge(candidate(campaign=window, now=nine_in_sao_paulo)), Pass)
    verdict = judge(candidate(campaign=window, lead=both, now=nine_in_sao_paulo))
    assert isinstance(verdict, Block)
    assert verdict.reason == "calling_window"
    assert verdict.lead_next.due_at == NOON.replace(hour=14), "9:00 in Eirunepé"


def test_a_lead_without_zones_takes_the_campaigns() -> None:
    before_nine = NOON.replace(hour=11, minute=59)
    verdict = judge(candidate(campaign=campaign(window=BR_DEFAULT), lead=lead(zones=()), now=before_nine))
    assert isinstance(verdict, Block)
    assert verdict.lead_next.due_at == NOON.replace(hour=12)


def test_the_cap_of_a_number_holds_until_its_local_midnight() -> None:
    used = Usage(NUMBER, date(2026, 3, 4), 2, 9, NOON - timedelta(hours=1))
    verdict = judge(candidate(usage=used, campaign=campaign(caps=Caps(per_number_per_day=2))))
    assert isinstance(verdict, Block)
    assert (verdict.reason, verdict.lead_next.due_at) == ("daily_cap", NOON.replace(day=5, hour=3))
    yesterday = Usage(NUMBER, date(2026, 3, 3), 2, 9, NOON - timedelta(hours=20))
    assert isinstance(judge(candidate(usage=yesterday)), Pass)


def test_the_spacing_between_two_attempts_to_a_number_is_kept() -> None:
    used = Usage(NUMBER, date(2026, 3, 4), 1, 1, NOON - timedelta(seconds=59))
    spaced = campaign(caps=Caps(per_number_per_day=9, min_spacing_s=60))
    verdict = judge(candidate(usage=used, campaign=spaced))
    assert isinstance(verdict, Block)
    assert (verdict.reason, verdict.lead_next.due_at) == ("spacing", NOON + timedelta(seconds=1))
    assert isinstance(judge(candidate(usage=used, campaign=spaced, now=NOON + timedelta(seconds=1))), Pass)


def test_a_lead_that_was_not_dialled_goes_back_to_the_state_it_came_from() -> None:
    called_back = candidate(attempt=attempt(origin=LeadState.CALLBACK), trunk=trunk(disabled=True))
    verdict = judge(called_back)
    assert isinstance(verdict, Block)
    assert verdict.lead_next.state is LeadState.CALLBACK


def test_the_do_not_call_list_is_looked_at_first() -> None:
    verdict = judge(candidate(dnc=True, trunk=trunk(disabled=True), campaign=campaign(window=ALWAYS_OPEN)))
    assert isinstance(verdict, Block)
    assert verdict.reason == "dnc"
