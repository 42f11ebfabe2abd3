"""The book of calls: each step once, one end a call, whatever the order of what is heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discador.ami_gateway import facts
from discador.ami_gateway.calls import REMEMBER_S, CallBook, Phase
from discador.v1 import gateway_pb2 as wire

A = "0199ffff-0000-7000-8000-000000000001"
B = "0199ffff-0000-7000-8000-000000000002"
LEG, AGENT = "1795342188.2", "1795342190.7"
K = wire.CallEventKind
ENDS = {K.CALL_EVENT_KIND_HUNG_UP, K.CALL_EVENT_KIND_REFUSED}


class Desk:
    """A book with its clock and what it said."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.said: list[wire.CallEvent] = []
        self.book = CallBook(self.said.append, lambda: self.now)

    def kinds(self, attempt_id: str = A) -> list[str]:
        return [K.Name(e.kind).removeprefix("CALL_EVENT_KIND_") for e in self.said if e.attempt_id == attempt_id]


def live(attempt_id: str = A, leg: str = LEG, *, answered: bool = False, ringing: bool = False) -> facts.LiveCall:
    return facts.LiveCall(attempt_id, leg, answered, ringing, 3.0)


FACTS = st.sampled_from(
    [
        facts.Dialled(A, LEG),
        facts.Ringing(A, LEG),
        facts.Answered(A, LEG),
        facts.HungUp(A, LEG, 17, "486"),
        facts.Unanswered(A, "BUSY", 17),
        facts.OriginateFailed(A, 0),
        facts.Fenced(A, "expired"),
        facts.Dialled(A, AGENT),
        facts.HungUp(A, AGENT, 16, ""),
    ]
)


@given(st.lists(FACTS, max_size=25), st.integers(0, 25), st.booleans())
def test_a_call_moves_only_forward_and_ends_at_most_once_whatever_is_heard(
    heard: list[facts.CallFact], accepted_after: int, ours: bool
) -> None:
    desk = Desk()
    if ours:
        desk.book.begin(A, 2_000.0)
    for number, fact in enumerate(heard):
        if number == accepted_after:
            desk.book.accepted(A)
        desk.book.apply(fact)
    ranks = {"SUBMITTED": 1, "RINGING": 2, "ANSWERED": 3, "HUNG_UP": 4, "REFUSED": 4}
    steps = [ranks[kind] for kind in desk.kinds()]
    assert steps == sorted(set(steps))
    assert sum(event.kind in ENDS for event in desk.said) <= 1


def test_busy_ends_once_with_its_cause_when_the_hangup_comes_first() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    desk.book.accepted(A)
    for fact in (facts.Dialled(A, LEG), facts.HungUp(A, LEG, 17, "486"), facts.Unanswered(A, "BUSY", 17)):
        desk.book.apply(fact)
    desk.book.apply(facts.OriginateFailed(A, 0))
    assert desk.kinds() == ["SUBMITTED", "HUNG_UP"]
    assert (desk.said[-1].hangup_cause, desk.said[-1].tech_cause, desk.said[-1].answered) == (17, "486", False)


def test_busy_ends_once_with_its_cause_when_the_failures_come_first() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    for fact in (facts.Dialled(A, LEG), facts.OriginateFailed(A, 0), facts.Unanswered(A, "BUSY", 17)):
        desk.book.apply(fact)
    assert desk.kinds() == ["SUBMITTED"]
    desk.book.apply(facts.HungUp(A, LEG, 17, "486"))
    assert desk.kinds() == ["SUBMITTED", "HUNG_UP"]


def test_ringing_out_is_no_answer_though_asterisk_gives_no_cause() -> None:
    for rang, cause in ((True, 19), (False, 18)):
        desk = Desk()
        desk.book.begin(A, 2_000.0)
        desk.book.apply(facts.Ringing(A, LEG) if rang else facts.Dialled(A, LEG))
        desk.book.apply(facts.HungUp(A, LEG, 0, ""))
        assert desk.said[-1].hangup_cause == cause


def test_cause_0_after_an_answer_stays_what_it_is() -> None:
    desk = Desk()
    desk.book.apply(facts.Answered(A, LEG))
    desk.book.apply(facts.HungUp(A, LEG, 0, ""))
    assert (desk.said[-1].hangup_cause, desk.said[-1].answered) == (0, True)


def test_a_call_without_a_channel_is_refused_if_nothing_of_it_can_have_been_missed() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    desk.book.accepted(A)
    desk.book.apply(facts.Unanswered(A, "CHANUNAVAIL", 3))
    assert desk.kinds() == ["SUBMITTED", "REFUSED"]
    assert "chanunavail" in desk.said[-1].reason


def test_a_call_of_another_process_that_ends_without_a_channel_seen_is_not_called_refused() -> None:
    desk = Desk()
    desk.book.apply(facts.Unanswered(A, "BUSY", 17))
    assert desk.kinds() == ["HUNG_UP"]


def test_after_a_new_session_a_missing_channel_is_no_proof() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    desk.book.new_session("b")
    desk.book.apply(facts.Unanswered(A, "NOANSWER", 19))
    assert desk.kinds() == ["HUNG_UP"]


def test_an_agents_leg_neither_answers_nor_ends_the_call() -> None:
    desk = Desk()
    desk.book.apply(facts.Answered(A, LEG))
    for fact in (facts.Dialled(A, AGENT), facts.Answered(A, AGENT), facts.HungUp(A, AGENT, 16, "")):
        desk.book.apply(fact)
    assert desk.kinds() == ["ANSWERED"]


def test_the_fence_is_a_proof_that_nothing_was_dialled() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    desk.book.accepted(A)
    desk.book.apply(facts.Fenced(A, "expired"))
    desk.book.apply(facts.OriginateFailed(A, 0))
    assert desk.kinds() == ["SUBMITTED", "REFUSED"]
    assert desk.book.get(A).phase is Phase.REFUSED  # type: ignore[union-attr]


def test_news_of_a_channel_proves_that_asterisk_took_the_call_though_its_answer_was_lost() -> None:
    desk = Desk()
    desk.book.begin(A, 2_000.0)
    desk.book.apply(facts.Ringing(A, LEG))
    assert desk.kinds() == ["SUBMITTED", "RINGING"]


def test_a_list_adopts_what_is_alive_and_marks_what_is_absent() -> None:
    desk = Desk()
    desk.book.begin(B, 2_000.0)
    desk.book.accepted(B)
    desk.book.reconcile([live(answered=True)])
    assert [(one.attempt_id, one.answered) for one in desk.book.live_calls()] == [(A, True)]
    assert desk.book.get(B).absent_since == desk.now  # type: ignore[union-attr]
    assert desk.kinds(B) == ["SUBMITTED"]
    desk.book.apply(facts.Ringing(B, LEG))
    assert {one.attempt_id for one in desk.book.live_calls()} == {A, B}


def test_a_call_that_hung_up_while_the_list_was_on_its_way_stays_ended() -> None:
    desk = Desk()
    desk.book.apply(facts.HungUp(A, LEG, 16, ""))
    desk.book.reconcile([live()])
    assert list(desk.book.live_calls()) == []


def test_calls_of_an_asterisk_that_died_are_not_alive() -> None:
    desk = Desk()
    desk.book.new_session("one")
    desk.book.apply(facts.Answered(A, LEG))
    desk.book.new_session("two")
    desk.book.reconcile([])
    assert list(desk.book.live_calls()) == []
    assert desk.book.get(A).boot_id == "one"  # type: ignore[union-attr]


def test_what_ended_is_remembered_for_fifteen_minutes() -> None:
    desk = Desk()
    desk.book.apply(facts.HungUp(A, LEG, 16, ""))
    desk.now += REMEMBER_S - 1
    desk.book.prune()
    assert desk.book.get(A) is not None
    desk.now += 2
    desk.book.prune()
    assert desk.book.get(A) is None


def test_what_was_lost_sight_of_is_forgotten_too() -> None:
    desk = Desk()
    desk.book.begin(A, 0.0)
    desk.book.reconcile([])
    desk.now += REMEMBER_S + 1
    desk.book.prune()
    assert desk.book.get(A) is None


def test_digits_are_said_and_kept() -> None:
    desk = Desk()
    desk.book.apply(facts.Answered(A, LEG))
    for digit in "19":
        desk.book.apply(facts.Pressed(A, digit))
    assert [event.digit for event in desk.said if event.kind == K.CALL_EVENT_KIND_DIGIT] == ["1", "9"]
    assert desk.book.get(A).digits == "19"  # type: ignore[union-attr]


def test_an_attempt_turned_away_unsent_is_remembered_without_an_event() -> None:
    desk = Desk()
    desk.book.never_sent(A, "ami-busy")
    assert desk.said == []
    assert desk.book.get(A).phase is Phase.REFUSED  # type: ignore[union-attr]
