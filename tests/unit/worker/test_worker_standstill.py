from __future__ import annotations

from uuid import UUID

import pytest

from discador.v1 import gateway_pb2 as wire
from discador.worker.standstill import HOLD_S, STALL_S, Standstill
from discador.worker.verdict import takes_calls

A = UUID(int=1)


def test_a_node_that_answers_in_time_is_never_waited_for() -> None:
    node = Standstill()
    for now in range(10):
        number = node.sent(now)
        assert node.wait_s(now + 0.4) == 0
        node.answered(number, now + 0.4, True)
        assert node.wait_s(now + 0.4) == 0


def test_nothing_is_sent_while_an_answer_is_overdue_nor_for_a_second_after_it() -> None:
    node = Standstill()
    slow, quick = node.sent(10.0), node.sent(10.1)
    node.answered(quick, 10.2, True)
    assert node.wait_s(10.0 + STALL_S) > 0
    node.answered(slow, 18.0, True)
    assert node.wait_s(18.0) == pytest.approx(HOLD_S)
    assert node.wait_s(18.0 + HOLD_S) == 0


def test_a_node_that_takes_no_calls_is_asked_again_after_a_second() -> None:
    node = Standstill()
    node.answered(node.sent(1.0), 1.01, False)
    assert node.wait_s(1.01) == pytest.approx(HOLD_S)
    assert node.wait_s(1.01 + HOLD_S) == 0


@pytest.mark.parametrize("reason", ["ami-down: Asterisk does not answer a ping", "standby: another", "stopping: x"])
def test_a_refusal_for_the_nodes_own_sake_says_that_it_takes_no_calls(reason: str) -> None:
    refused = wire.OriginateResult(attempt_id=str(A), verdict=wire.ORIGINATE_VERDICT_REFUSED, reason=reason)
    assert not takes_calls([refused])


def test_a_refusal_of_one_call_says_nothing_of_the_node_and_a_missing_answer_does() -> None:
    refused = wire.OriginateResult(attempt_id=str(A), verdict=wire.ORIGINATE_VERDICT_REFUSED, reason="invalid-channel")
    unknown = wire.OriginateResult(attempt_id=str(A), verdict=wire.ORIGINATE_VERDICT_UNKNOWN)
    assert takes_calls([refused])
    assert not takes_calls([refused, unknown])
