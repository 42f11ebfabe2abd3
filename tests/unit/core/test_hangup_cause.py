from __future__ import annotations

import pytest

from discador.core.attempt import COUNTED, NEVER_DIALLED, Outcome, describe, outcome_for
from discador.core.attempt.hangup_cause import CAUSES, FORGIVABLE, UNANSWERED
from discador.core.mode import Mode


@pytest.mark.parametrize(
    ("outcome", "causes"),
    [
        (Outcome.BUSY, [17]),
        (Outcome.INVALID_NUMBER, [1, 2, 3, 28]),
        (Outcome.NO_ANSWER, [16, 18, 19, 20, 26]),
        (Outcome.REJECTED, [21]),
        (Outcome.CONGESTION, [34, 38, 41, 42, 44, 47]),
        (Outcome.FAILED, [0, 27, 31, 102, 127, 128]),
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_an_unanswered_call_is_told_by_its_cause(outcome, causes, mode):
    assert {outcome_for(cause, False, mode) for cause in causes} == {outcome}


@pytest.mark.parametrize("cause", range(128))
def test_cause_does_not_matter_after_an_answer(cause):
    assert outcome_for(cause, True, Mode.BROADCAST) is Outcome.CONNECTED
    assert outcome_for(cause, True, Mode.PROGRESSIVE) is Outcome.ABANDONED


def test_every_cause_with_an_outcome_of_its_own_is_described():
    assert set(UNANSWERED) <= set(CAUSES)
    assert {UNANSWERED[cause] for cause in FORGIVABLE} == {Outcome.CONGESTION}
    assert len({row.name for row in CAUSES.values()}) == len(CAUSES)


def test_a_cause_outside_q_850_still_has_a_name():
    assert describe(200).name == "cause_200"
    assert describe(17).description == "User busy"


def test_outcomes_count_unless_nobody_was_dialled():
    assert sorted(NEVER_DIALLED) == ["blocked", "cancelled", "expired", "refused"]
    assert set(Outcome) == COUNTED | NEVER_DIALLED
    assert not COUNTED & NEVER_DIALLED
