from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.core.campaign import CampaignSettings, DigitAction, Mode
from discador.core.campaign.rules import advice_for
from discador.core.compliance import ALWAYS_OPEN, BR_DEFAULT, Caps, WindowSpan
from discador.core.errors import Fault, InvalidSettings

settings = st.builds(
    lambda channels, target, **more: CampaignSettings(
        max_channels=channels, target_calls=min(channels, target), **more
    ),
    channels=st.integers(1, 10_000),
    target=st.integers(0, 10_000),
    mode=st.sampled_from(Mode),
    priority=st.integers(1, 100),
    ring_timeout_s=st.floats(5, 120),
    caller_id=st.sampled_from(["", "+551140041234", "1140041234"]),
    message=st.sampled_from(["hello", "custom/campaign-1/hello_1"]),
    digits=st.dictionaries(st.sampled_from("0123456789*#"), st.sampled_from(DigitAction)),
    max_attempts_per_lead=st.none() | st.integers(1, 100),
    caps=st.builds(Caps, st.integers(1, 100), st.floats(0, 86_400)),
    window=st.sampled_from([BR_DEFAULT, ALWAYS_OPEN]),
    time_zone=st.sampled_from(["America/Sao_Paulo", "Europe/Lisbon"]),
    trunk_ids=st.lists(st.integers(1, 99), unique=True).map(tuple),
)


def faults_of(call) -> set[str]:
    with pytest.raises(InvalidSettings) as caught:
        call()
    return {fault.path for fault in caught.value.faults}


@given(settings)
def test_settings_read_back_from_their_json(value):
    assert CampaignSettings.from_json(value.to_json()) == value
    assert CampaignSettings.from_json(json.dumps(value.to_json())) == value


def test_what_is_left_out_takes_its_default():
    value = CampaignSettings.from_json({"message": "hello"})
    assert value == CampaignSettings(message="hello")
    assert (value.mode, value.priority, value.ring_timeout_s) == (Mode.BROADCAST, 50, 30.0)
    assert (value.window, value.caps.per_number_per_day) == (BR_DEFAULT, 2)


def test_all_faults_of_settings_are_told_at_once():
    assert faults_of(
        lambda: CampaignSettings(
            priority=0,
            max_channels=0,
            target_calls=1,
            ring_timeout_s=4.9,
            caller_id="+55 11, 22",
            message="hello&goodbye",
            digits={"12": DigitAction.REPEAT},
            max_attempts_per_lead=0,
            time_zone="America/Nowhere",
            trunk_ids=(1, 1),
        )
    ) == {
        "priority",
        "max_channels",
        "target_calls",
        "ring_timeout_s",
        "caller_id",
        "message",
        "digits",
        "max_attempts_per_lead",
        "time_zone",
        "trunk_ids",
    }


def test_faults_of_every_depth_and_kind_are_told_together():
    document = {
        "mode": "fax",
        "priority": True,
        "max_channels": 0,
        "digits": {"1": "explode", "2": 3},
        "caps": {"per_number_per_day": 0, "min_spacing_s": -1},
        "window": {"spans": [{"weekdays": [0], "opens": "25:00", "closes": "24:01"}, 7]},
        "retry": {"default": []},
        "trunk_ids": [1, "2"],
        "time_zone": None,
        "ring_timeout_s": "NaN",
        "secret": 1,
    }
    assert faults_of(lambda: CampaignSettings.from_json(document)) == {
        "mode",
        "priority",
        "max_channels",
        "digits.1",
        "digits.2",
        "caps.per_number_per_day",
        "caps.min_spacing_s",
        "window.spans[0].weekdays",
        "window.spans[0].opens",
        "window.spans[0].closes",
        "window.spans[1]",
        "retry.default",
        "trunk_ids",
        "time_zone",
        "ring_timeout_s",
        "message",
        "secret",
    }


@pytest.mark.parametrize("document", ["{", "[]", "3", '"text"', "null", "[" * 100_000])
def test_a_document_that_is_no_object_is_refused(document):
    with pytest.raises(InvalidSettings):
        CampaignSettings.from_json(document)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_numbers_that_are_not_finite_are_refused(number):
    assert faults_of(lambda: CampaignSettings.from_json(f'{{"message": "m", "ring_timeout_s": {number}}}')) == {
        "ring_timeout_s"
    }


@pytest.mark.parametrize("message", ["a\r\nAction: Originate", "a,b", "a|b", "a&b", "../a", "/a", "a/", "a" * 201])
def test_no_sound_name_can_inject_into_ami_or_a_dialplan(message):
    assert faults_of(lambda: CampaignSettings(message=message)) == {"message"}


def test_only_broadcast_needs_a_message():
    assert faults_of(CampaignSettings) == {"message"}
    assert CampaignSettings(mode=Mode.PROGRESSIVE).message == ""


def test_a_short_ring_is_allowed_and_advised_against():
    assert not advice_for(CampaignSettings(message="hello"))
    (advice,) = advice_for(CampaignSettings(message="hello", ring_timeout_s=5))
    assert advice.path == "ring_timeout_s"


def test_the_campaigns_own_bound_of_attempts_replaces_the_policys():
    assert CampaignSettings(message="m").retry_policy.max_attempts_per_lead == 10
    assert CampaignSettings(message="m", max_attempts_per_lead=3).retry_policy.max_attempts_per_lead == 3


def test_no_target_means_every_channel():
    assert CampaignSettings(message="m", max_channels=7).concurrent_calls == 7
    assert CampaignSettings(message="m", max_channels=7, target_calls=3).concurrent_calls == 3


def test_a_fault_reads_as_path_and_advice():
    assert str(Fault("a.b", "must be c")) == "a.b: must be c"
    with pytest.raises(InvalidSettings, match="closes: must be later than opens"):
        WindowSpan(frozenset({1}), 600, 600)
