from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from google.protobuf import any_pb2, json_format
from hypothesis import given
from hypothesis import strategies as st

from discador.rest_gateway.json_in import JsonReader
from discador.rest_gateway.json_out import JsonPrinter, dumps
from tests.unit.rest_gateway.rest_kit import library_schema, new, patient
from tests.unit.rest_gateway.test_rest_json_in import SOUND, read

PRINTER = JsonPrinter(library_schema())


def printed(message: Any) -> Any:
    return json.loads(dumps(PRINTER.message(message.DESCRIPTOR)(message)))


@pytest.mark.parametrize("text", SOUND)
def test_messages_print_as_json_format_prints_them(text: str) -> None:
    message = read(text)
    expected = json_format.MessageToJson(
        message, always_print_fields_with_no_presence=True, descriptor_pool=library_schema().pool
    )
    assert printed(message) == json.loads(expected)


def test_an_any_of_an_unknown_type_is_its_base64() -> None:
    message = new("Everything")
    message.any.type_url, message.any.value = "type.googleapis.com/unknown.Type", b"\x01"
    assert printed(message)["any"] == {"@type": "type.googleapis.com/unknown.Type", "value": "AQ=="}
    broken = any_pb2.Any(type_url="type.googleapis.com/library.v1.Book", value=b"\xff")
    assert PRINTER.any(broken)["value"] == "/w=="


def test_a_mask_prints_paths_camel_case_cannot_spell_as_they_are() -> None:
    message = new("Everything")
    message.mask.paths[:] = ["line_2", "display_name", "a.b_c"]
    assert printed(message)["mask"] == "line_2,displayName,a.bC"


def test_what_json_cannot_say_is_an_error() -> None:
    message = new("Everything")
    message.value.number_value = float("nan")
    with pytest.raises(ValueError):
        printed(message)


@patient
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_32_bit_float_is_short_and_reads_back(value: float) -> None:
    text = dumps(printed(new("Everything", ratio=value))["ratio"])
    assert struct.pack("<f", float(text)) == struct.pack("<f", value)
    assert len(text.lstrip(b"-")) <= max(len(repr(value).lstrip("-")), 15)


@patient
@given(st.floats(), st.binary(), st.integers(-(2**63), 2**63 - 1), st.text(), st.integers(-(2**31), 2**31 - 1))
def test_what_is_printed_reads_back(precise: float, raw: bytes, large: int, text: str, kind: int) -> None:
    message = new("Everything", precise=precise, raw=raw, large=large, text=text, kind=kind)
    message.labels[text] = text
    again = new("Everything")
    JsonReader(library_schema(), reject_unknown=True).fill(again, printed(message))
    assert repr(again) == repr(message)
