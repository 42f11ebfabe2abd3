"""The log: one JSON object a line, and nothing in it that must not be read."""

from __future__ import annotations

import io
import json
import logging
import uuid
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.runtime import log
from discador.runtime.masking import mask_phone, mask_text


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    output = io.StringIO()
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    log.configure("tester", "debug", stream=output)
    yield output
    log.configure("tester")
    root.handlers[:], _ = before
    root.setLevel(before[1])
    logging.captureWarnings(False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_the_fixed_fields_first(stream: io.StringIO) -> None:
    log.get_logger("dispatch").info("batch.published", campaign_id="c1", size=40)
    [line] = lines(stream)
    assert list(line) == ["ts", "level", "service", "component", "event", "campaign_id", "size"]
    assert line["level"] == "info"
    assert (line["service"], line["component"], line["event"]) == ("tester", "dispatch", "batch.published")
    assert len(line["ts"]) == len("2026-01-01T00:00:00.000000Z")
    assert line["ts"].endswith("Z")


def test_a_line_break_in_a_value_does_not_forge_a_line(stream: io.StringIO) -> None:
    log.get_logger("a").info("x.happened", text='a\n{"level":"error"}')
    assert len(stream.getvalue().splitlines()) == 1


def test_a_field_cannot_replace_the_level_or_the_event(stream: io.StringIO) -> None:
    log.get_logger("a").info("x.happened", level="error", service="other", ts=1)
    [line] = lines(stream)
    assert (line["level"], line["service"], line["level_"]) == ("info", "tester", "error")


def test_events_below_the_level_are_not_written(stream: io.StringIO) -> None:
    log.configure("tester", "warning", stream=stream)
    logger = log.get_logger("a")
    logger.debug("a.b")
    logger.info("a.b")
    logger.warning("a.b")
    logger.error("a.b")
    assert [line["level"] for line in lines(stream)] == ["warning", "error"]


def test_bound_fields_are_on_every_event_and_a_provider_may_add_more(stream: io.StringIO) -> None:
    log.configure("tester", stream=stream, context=lambda: {"trace_id": "abc"})
    log.get_logger("a").bind(node="n1").info("x.happened", extra=1)
    [line] = lines(stream)
    assert (line["node"], line["trace_id"], line["extra"]) == ("n1", "abc", 1)


def test_an_exception_becomes_type_message_and_stack(stream: io.StringIO) -> None:
    try:
        raise ValueError("call to +5511999998843 at redis://user:hush@h failed")
    except ValueError as error:
        log.get_logger("a").error("x.failed", error=error)
    [line] = lines(stream)
    assert line["error"]["type"] == "ValueError"
    assert line["error"]["message"] == "call to +5511*****43 at redis://user:***@h failed"
    assert "Traceback" in line["error"]["stack"]
    assert "hush" not in stream.getvalue()
    assert "999998843" not in stream.getvalue()


@pytest.mark.parametrize(
    "name", ["secret", "ami_secret", "password", "passwd", "service_token", "Authorization", "api_key", "set_cookie"]
)
def test_the_value_of_a_field_named_like_a_secret_is_not_printed(stream: io.StringIO, name: str) -> None:
    log.get_logger("a").info("x.happened", **{name: "hush"}, nested={name: ["hush"]})
    assert "hush" not in stream.getvalue()


def test_numbers_are_masked_in_whatever_holds_them(stream: io.StringIO) -> None:
    log.get_logger("a").info(
        "x.happened",
        text="to +5511999998843",
        number=5511999998843,
        raw=b"5511999998843",
        phone="11999998843",
        nested={"list": ["+5511999998843", ("SIP/5511999998843@carrier",)], "5511999998843": 1},
    )
    assert "99999" not in stream.getvalue()
    [line] = lines(stream)
    assert line["number"] == "5511*****43"
    assert line["nested"]["list"][1] == ["SIP/5511*****43@carrier"]


def test_values_json_does_not_know_are_written_as_text(stream: io.StringIO) -> None:
    identifier = uuid.uuid4()
    log.get_logger("a").info("x.happened", id=identifier, many={1}, none=None, flag=True, ratio=0.5)
    [line] = lines(stream)
    assert line["id"] == str(identifier)
    assert (line["many"], line["none"], line["flag"], line["ratio"]) == ([1], None, True, 0.5)


def test_a_reader_that_went_away_does_not_stop_the_service(stream: io.StringIO) -> None:
    stream_closed = io.StringIO()
    stream_closed.close()
    log.configure("tester", stream=stream_closed)
    log.get_logger("a").info("x.happened")


def test_what_libraries_log_and_warn_comes_out_in_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("lost %s", "+5511999998843")
    logging.getLogger("some.library").info("chatter")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    first, second = lines(stream)
    assert (first["component"], first["event"], first["message"]) == (
        "some.library",
        "library.logged",
        "lost +5511*****43",
    )
    assert "old way" in second["message"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+5511999998843", "+5511*****43"),
        ("5511999998843", "5511*****43"),
        ("551133334444", "5511*****44"),
        ("tel:+12125550123;ext=1", "tel:+1212*****23;ext=1"),
        ("+55 11 99999-8843", "+5511*****43"),
        ("+55 (11) 99999-8843 ok", "+5511*****43 ok"),
        ("PJSIP/trunk-5511999998843", "PJSIP/trunk-5511*****43"),
        ("from +5511999998843 to +5521888887766", "from +5511*****43 to +5521*****66"),
    ],
)
def test_a_phone_number_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "01890a5d-ac96-774b-bcce-551199999884",
        "1700000000000-0",
        "1700000000.551199",
        "2026-11-22T10:00:00.551199Z",
        "attempt 5512",
        "a5511999998843b",
    ],
)
def test_ids_and_times_are_left_alone(text: str) -> None:
    assert mask_text(text) == text


@given(st.from_regex(r"\A\+?55[1-9]{2}9?[0-9]{8}\Z"), st.text(alphabet=" ,;:()<>@/", max_size=5))
def test_no_brazilian_number_survives_whatever_stands_around_it(number: str, around: str) -> None:
    assert number not in mask_text(around + number + around)


@given(st.uuids())
def test_no_uuid_is_touched(identifier: uuid.UUID) -> None:
    assert mask_text(f"attempt {identifier} ended") == f"attempt {identifier} ended"


def test_a_short_number_keeps_little() -> None:
    assert mask_phone("190") == "19*****"
    assert mask_phone("33334444") == "33*****44"
