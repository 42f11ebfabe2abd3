"""Conversion between the wire and the core, masks, pages, and what is written as CSV."""

from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from discador.core.attempt import Outcome
from discador.core.campaign import CampaignSettings
from discador.core.compliance import BR_DEFAULT
from discador.core.errors import InvalidSettings
from discador.master import pages
from discador.master.convert import enums
from discador.master.convert.campaigns import etag_of, version_of
from discador.master.convert.settings import settings_from_wire, settings_to_wire
from discador.master.lead_import.safe_csv import csv_chunks
from discador.master.masks import merged
from discador.runtime.errors import InvalidInput
from discador.v1 import campaign_pb2 as wire

ZONE = "America/Sao_Paulo"
WRITABLE = frozenset({"name", "settings"})

outcomes = st.sampled_from([Outcome.BUSY, Outcome.NO_ANSWER, Outcome.CONGESTION, Outcome.REFUSED])
rules = st.builds(
    wire.RetryRule,
    outcome=outcomes.map(str),
    delay_s=st.floats(0.1, 80_000),
    max_attempts=st.integers(0, 100),
    multiplier=st.sampled_from([0.0, 1.0, 2.5]),
)
spans = st.builds(
    wire.WindowSpan,
    weekdays=st.sets(st.integers(1, 7), min_size=1),
    opens=st.sampled_from(["00:00", "08:30"]),
    closes=st.sampled_from(["12:00", "24:00"]),
)
windows = st.builds(
    wire.CallingWindow,
    spans=st.lists(spans, max_size=3),
    holidays=st.lists(st.dates().map(str), max_size=3, unique=True),
    always=st.booleans(),
)
settings = st.builds(
    wire.CampaignSettings,
    priority=st.integers(0, 100),
    max_channels=st.integers(1, 10_000),
    ring_timeout_s=st.sampled_from([0, 5, 45, 120]),
    caller_id=st.sampled_from(["", "+551130001000"]),
    message=st.just("demo/hello"),
    digits=st.dictionaries(st.sampled_from("0123456789*#"), st.sampled_from([1, 2, 3])),
    max_attempts_per_lead=st.integers(0, 100),
    max_attempts_per_number_day=st.integers(0, 100),
    min_spacing_s=st.integers(0, 3600),
    retry_rules=st.lists(rules, max_size=3, unique_by=lambda rule: rule.outcome),
    window=windows,
    time_zone=st.sampled_from(["", "America/Manaus"]),
    trunk_ids=st.lists(st.integers(1, 99), unique=True, max_size=4),
)


@given(settings)
def test_settings_go_to_the_core_and_back_without_loss(message: wire.CampaignSettings) -> None:
    once = settings_from_wire(message, ZONE)
    assert settings_from_wire(settings_to_wire(once), ZONE) == once


def test_what_is_left_out_takes_the_default() -> None:
    made = settings_from_wire(wire.CampaignSettings(message="hello"), ZONE)
    assert made.window == BR_DEFAULT
    assert (made.priority, made.ring_timeout_s, made.time_zone, made.caps.per_number_per_day) == (50, 30, ZONE, 2)
    assert made.retry == CampaignSettings(message="hello").retry


def test_all_faults_of_settings_come_together_with_their_paths_on_the_wire() -> None:
    message = wire.CampaignSettings(
        mode=wire.DIAL_MODE_PREDICTIVE,
        max_channels=-1,
        ring_timeout_s=1,
        message="hello,world|x",
        caller_id="1\r\nAction: Originate",
        digits={"x": wire.DIGIT_ACTION_OPT_OUT},
        max_attempts_per_number_day=-2,
        retry_rules=[wire.RetryRule(outcome="busy", delay_s=-1), wire.RetryRule(outcome="tired", delay_s=1)],
        window=wire.CallingWindow(spans=[wire.WindowSpan(weekdays=[8], opens="9h", closes="10:00")]),
        time_zone="Mars/Olympus",
    )
    with pytest.raises(InvalidSettings) as invalid:
        settings_from_wire(message, ZONE)
    paths = {fault.path for fault in invalid.value.faults}
    assert paths >= {
        "mode",
        "max_channels",
        "ring_timeout_s",
        "message",
        "caller_id",
        "digits",
        "max_attempts_per_number_day",
        "retry_rules[1].outcome",
        "retry_rules.busy.delay_s",
        "time_zone",
    }
    assert any(path.startswith("window.spans[0]") for path in paths)


def test_every_state_of_the_core_has_its_number_on_the_wire() -> None:
    for table in (enums.CAMPAIGN_STATE, enums.LEAD_STATE, enums.ATTEMPT_STATE, enums.IMPORT_STATE, enums.MODE):
        assert all(number > 0 for number in table.values())
        assert all(enums.member(table, number) is known for known, number in table.items())
    assert enums.member(enums.LEAD_STATE, 99) is None


def test_an_etag_names_a_version() -> None:
    assert version_of(etag_of(7)) == 7
    assert version_of("") is None
    assert version_of("nonsense") == -1


def test_a_mask_changes_what_it_names_and_nothing_else() -> None:
    current = wire.Campaign(name="old", settings=wire.CampaignSettings(max_channels=3, trunk_ids=[1, 2], message="a"))
    update = wire.Campaign(name="new", settings=wire.CampaignSettings(trunk_ids=[9]))
    changed = merged(current, update, FieldMask(paths=["settings.trunk_ids", "settings.window.always"]), WRITABLE)
    assert changed.name == "old"
    assert list(changed.settings.trunk_ids) == [9]
    assert (changed.settings.max_channels, changed.settings.message) == (3, "a")
    assert merged(current, update, FieldMask(paths=["settings.message"]), WRITABLE).settings.message == ""


def test_without_paths_a_mask_takes_what_the_update_has_set() -> None:
    current = wire.Campaign(name="old", settings=wire.CampaignSettings(max_channels=3))
    assert merged(current, wire.Campaign(name="new"), FieldMask(), WRITABLE).settings.max_channels == 3


@pytest.mark.parametrize("path", ["state", "id", "settings.nothing", "settings.retry_rules.outcome", "", "name.x", "*"])
def test_a_mask_that_names_what_cannot_be_changed_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        merged(wire.Campaign(), wire.Campaign(), FieldMask(paths=[path, "nonsense"]), WRITABLE)
    assert refused.value.error_id == "update-mask-invalid"
    assert len(refused.value.violations) == 2


@given(st.one_of(st.integers(0, 2**62), st.text(max_size=40)), st.text(max_size=20))
def test_a_page_token_is_read_back_by_its_own_question_only(key: int | str, question: str) -> None:
    token = pages.encode(key, "leads", question)
    assert pages.decode(token, type(key), "leads", question) == key
    for other in ("x" + question, question + "x"):
        with pytest.raises(InvalidInput):
            pages.decode(token, type(key), "leads", other)


@given(st.text(min_size=1, max_size=30))
def test_a_page_token_that_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pages.decode(token, int, "leads")
    assert refused.value.error_id == "page-token-invalid"


def test_page_sizes_are_bounded() -> None:
    assert [pages.page_size(asked) for asked in (0, 1, 200, 201, 10**9)] == [50, 1, 200, 200, 200]
    with pytest.raises(InvalidInput):
        pages.page_size(-1)


def test_no_cell_of_an_export_is_a_formula() -> None:
    content = b"".join(csv_chunks(["number"], [["+551198765"], ["=1+1"], ["-2"], ["@x"], ["Ana, Rui"]])).decode(
        "utf-8-sig"
    )
    assert content.splitlines() == ["number", "'+551198765", "'=1+1", "'-2", "'@x", '"Ana, Rui"']
