"""What may be written into Asterisk's dialplan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.ami_gateway import actions
from discador.ami_gateway.link import _check
from discador.ami_gateway.order import LONGEST_WAIT_S, OrderInvalid, not_after_there, order_of
from discador.v1 import gateway_pb2 as wire

A = "0199ffff-0000-7000-8000-000000000001"


def origination(**changes: object) -> wire.Origination:
    made = wire.Origination(
        attempt_id=A,
        channel="PJSIP/5511987654321@carrier",
        caller_id="1133334444",
        ring_timeout_s=30,
        message="campaign/hello",
        digits={"9": "opt_out", "1": "repeat", "5": "hang_up"},
        attempt_header=True,
    )
    made.not_after.FromSeconds(1_000)
    digits = changes.pop("digits", None)
    for name, value in changes.items():
        setattr(made, name, value)
    if digits is not None:
        made.digits.clear()
        made.digits.update(digits)  # type: ignore[call-overload]
    return made


def test_an_order_becomes_an_originate_through_the_guard() -> None:
    headers = actions.originate(order_of(origination()), 1_234, strict=False)
    assert headers["ActionID"] == headers["ChannelId"] == A
    assert headers["Channel"] == "Local/call@discador-guard/n"
    assert headers["Async"] == "true"
    variables = headers["Variable"]
    assert isinstance(variables, list)
    assert {
        "__DISCADOR_NUMBER=5511987654321",
        "__DISCADOR_TRUNK=carrier",
        "__DISCADOR_NOT_AFTER=1234",
        f"__DISCADOR_ATTEMPT={A}",
        "__DISCADOR_RING=30",
        "__DISCADOR_DIGITS=159",
        "__DISCADOR_REPEAT=1",
        "__DISCADOR_OPT_OUT=9",
        "__DISCADOR_HEADER=yes",
        "__DISCADOR_MESSAGE=campaign/hello",
    } <= set(variables)
    assert "5511987654321" not in str(headers["Channel"])


def test_the_strict_fence_and_the_hidden_header_are_chosen() -> None:
    headers = actions.originate(order_of(origination(attempt_header=False)), 1, strict=True)
    assert headers["Channel"] == "Local/strict@discador-guard/n"
    assert "__DISCADOR_HEADER=no" in headers["Variable"]  # type: ignore[operator]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "Local/x@y"},
        {"channel": "PJSIP/1@a&PJSIP/2@a"},
        {"channel": "PJSIP/1,30@a"},
        {"channel": "PJSIP/${EXTEN}@a"},
        {"channel": "PJSIP/1@a\r\nAction: Logoff"},
        {"channel": "PJSIP/1^2@a"},
        {"channel": ""},
        {"caller_id": "11,22"},
        {"caller_id": '"a" <1>'},
        {"caller_id": "1\n2"},
        {"message": "a&b"},
        {"message": "../../etc/x"},
        {"message": "a b"},
        {"ring_timeout_s": 0},
        {"ring_timeout_s": 301},
        {"digits": {"12": "repeat"}},
        {"digits": {"1": "explode"}},
        {"digits": {"1": "repeat", "2": "repeat"}},
    ],
)
def test_what_the_dialplan_would_misread_is_refused_and_not_repeated(changes: dict[str, object]) -> None:
    with pytest.raises(OrderInvalid) as refused:
        order_of(origination(**changes))
    assert str(refused.value).startswith("invalid-")
    for value in changes.values():
        assert not (isinstance(value, str) and len(value) > 5 and value in str(refused.value))


def test_an_origination_without_a_deadline_is_refused() -> None:
    made = origination()
    made.ClearField("not_after")
    with pytest.raises(OrderInvalid, match="not-after"):
        order_of(made)


@given(
    channel=st.from_regex(r"PJSIP/[\x00-\x7f]{1,20}@[\x00-\x7f]{1,10}", fullmatch=True),
    caller_id=st.text(max_size=20),
    message=st.text(max_size=20),
)
def test_whatever_passes_is_safe_for_ami_and_for_the_dialplan(channel: str, caller_id: str, message: str) -> None:
    try:
        order = order_of(origination(channel=channel, caller_id=caller_id, message=message))
    except OrderInvalid:
        return
    headers = actions.originate(order, 1, strict=False)
    _check(headers)
    for value in (order.number, order.trunk, order.caller_id, order.message):
        assert not set(value) & set(",|&^$\"'`;()[]{}\\\r\n")


def test_the_deadline_is_told_by_asterisks_clock_and_never_later_than_meant() -> None:
    assert not_after_there(1_000.0, now=990.0, clock_offset_s=0.0) == 1_000
    assert not_after_there(1_000.0, now=990.0, clock_offset_s=3_600.25) == 4_600
    assert not_after_there(1_000.0, now=990.0, clock_offset_s=-0.5) == 999


def test_a_clock_that_is_wrong_does_not_loosen_the_fence() -> None:
    assert not_after_there(1_000.0, now=1_000.0 - 3_600.0, clock_offset_s=3_600.0) == 1_000 + LONGEST_WAIT_S
