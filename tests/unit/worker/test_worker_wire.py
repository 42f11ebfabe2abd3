from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt.events import (
    Accepted,
    Answered,
    DoubtRaised,
    HungUp,
    Pressed,
    Refused,
    Ringing,
)
from discador.core.campaign import DigitAction
from discador.v1 import gateway_pb2 as wire
from discador.worker.job import InvalidJob, read_job
from discador.worker.number_format import written
from discador.worker.origination import origination_of
from discador.worker.translate import happening_of
from discador.worker.verdict import happenings_of
from tests.unit.worker.worker_kit import NOON, NUMBER, campaign, gated, new_id, trunk

ID = new_id(1)


def event(kind: wire.CallEventKind, **fields: object) -> wire.CallEvent:
    made = wire.CallEvent(kind=kind, attempt_id=str(ID), seq=7, **fields)  # type: ignore[arg-type]
    made.at.FromDatetime(NOON)
    return made


@pytest.mark.parametrize(
    ("seen", "meant", "kind"),
    [
        (event(wire.CALL_EVENT_KIND_SUBMITTED), Accepted(), "submitted"),
        (event(wire.CALL_EVENT_KIND_REFUSED, reason="fence"), Refused("fence"), "refused"),
        (event(wire.CALL_EVENT_KIND_RINGING), Ringing(), "ringing"),
        (event(wire.CALL_EVENT_KIND_ANSWERED), Answered(), "answered"),
        (event(wire.CALL_EVENT_KIND_DIGIT, digit="9"), Pressed("9"), "digit"),
        (event(wire.CALL_EVENT_KIND_HUNG_UP, hangup_cause=17, tech_cause="486"), HungUp(17, False), "hung_up"),
        (event(wire.CALL_EVENT_KIND_HUNG_UP, hangup_cause=16, answered=True), HungUp(16, True), "hung_up"),
    ],
)
def test_each_kind_of_event_means_one_thing(seen: wire.CallEvent, meant: object, kind: str) -> None:
    happening = happening_of(seen, datetime.now(UTC))
    assert happening is not None
    assert (happening.attempt_id, happening.event, happening.kind) == (ID, meant, kind)
    assert (happening.seq, happening.at) == (7, NOON)


def test_an_event_of_something_that_is_not_ours_or_of_an_unknown_kind_is_passed_over() -> None:
    foreign = event(wire.CALL_EVENT_KIND_RINGING)
    foreign.attempt_id = "1700000000.42"
    assert happening_of(foreign, NOON) is None
    assert happening_of(event(wire.CALL_EVENT_KIND_UNSPECIFIED), NOON) is None


def test_an_event_without_a_time_happened_now() -> None:
    seen = wire.CallEvent(kind=wire.CALL_EVENT_KIND_RINGING, attempt_id=str(ID))
    happening = happening_of(seen, NOON)
    assert happening is not None
    assert (happening.at, happening.seq) == (NOON, None)


def test_an_accepted_originate_is_left_to_the_events() -> None:
    result = wire.OriginateResult(attempt_id=str(ID), verdict=wire.ORIGINATE_VERDICT_ACCEPTED)
    assert happenings_of([ID], [result], NOON) == []


def test_only_a_refusal_proves_that_nothing_was_dialled() -> None:
    result = wire.OriginateResult(attempt_id=str(ID), verdict=wire.ORIGINATE_VERDICT_REFUSED, reason="no such trunk")
    assert [h.event for h in happenings_of([ID], [result], NOON)] == [Refused("no such trunk")]


@given(verdict=st.integers(0, 20).filter(lambda v: v not in (1, 2)))
def test_whatever_else_a_gateway_says_is_a_doubt(verdict: int) -> None:
    result = wire.OriginateResult(attempt_id=str(ID), verdict=verdict)  # type: ignore[arg-type]
    assert [type(h.event) for h in happenings_of([ID], [result], NOON)] == [DoubtRaised]


def test_an_attempt_that_the_answer_leaves_out_is_in_doubt() -> None:
    assert [type(h.event) for h in happenings_of([ID], [], NOON)] == [DoubtRaised]


@pytest.mark.parametrize(
    ("number", "number_format", "expected"),
    [
        ("+5511987654321", "e164", "+5511987654321"),
        ("+5511987654321", "e164_without_plus", "5511987654321"),
        ("+5511987654321", "national", "11987654321"),
        ("+14155550123", "national", "4155550123"),
        ("+351211234567", "national", "211234567"),
        ("+5511987654321", "something new", "+5511987654321"),
    ],
)
def test_a_number_is_written_as_the_trunk_wants_it(number: str, number_format: str, expected: str) -> None:
    assert written(number, number_format) == expected


def test_the_order_to_dial_carries_the_deadline_of_the_gate_and_what_the_campaign_says() -> None:
    digits = {"1": DigitAction.REPEAT, "9": DigitAction.OPT_OUT, "0": DigitAction.HANGUP}
    order = origination_of(gated(campaign=campaign(digits=digits, ring_timeout_s=25.4, caller_id="")))
    assert order.channel == f"PJSIP/{NUMBER[1:]}@carrier"
    assert order.caller_id == "1140004000"
    assert (order.ring_timeout_s, order.message) == (25, "demo")
    assert dict(order.digits) == {"1": "repeat", "9": "opt_out", "0": "hang_up"}
    assert order.not_after.ToDatetime(tzinfo=UTC) == NOON + timedelta(seconds=10)
    assert order.attempt_header


def test_a_campaign_may_have_its_own_caller_id_and_a_trunk_may_hide_the_attempt() -> None:
    order = origination_of(gated(campaign=campaign(caller_id="+5511300"), trunk=trunk(hide_attempt_header=True)))
    assert (order.caller_id, order.attempt_header) == ("+5511300", False)


def test_a_job_tells_all_that_waiting_for_the_pace_needs() -> None:
    fields = {b"attempt": str(ID).encode(), b"trunk": b"3", b"node": b"2"}
    job = read_job("1-0", fields, 30.0)
    assert (job.attempt_id, job.trunk_id, job.node_id, job.patience_s) == (ID, 3, 2, 30.0)
    assert read_job("1-0", {**fields, b"ttl_ms": b"1500"}, 30.0).patience_s == 1.5


@given(fields=st.dictionaries(st.sampled_from([b"attempt", b"trunk", b"node", b"ttl_ms"]), st.binary(max_size=40)))
def test_whatever_is_no_job_is_refused_as_such(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(InvalidJob):
        read_job("1-0", fields, 30.0)
