from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from discador.rest_gateway import RequestError
from discador.rest_gateway.json_in import JsonReader
from discador.rest_gateway.json_text import load
from tests.unit.rest_gateway.rest_kit import library_schema, new, patient


def read(text: str | bytes, *, lenient: bool = False) -> Any:
    message = new("Everything")
    value = load(text if isinstance(text, bytes) else text.encode())
    JsonReader(library_schema(), reject_unknown=not lenient).fill(message, value)
    return message


SOUND = [
    "{}",
    '{"text": "é\\ud83d\\ude00", "small": -1, "count": 4294967295, "large": "-9223372036854775808"}',
    '{"large": 12, "huge": "18446744073709551615", "small": 1e3, "count": 2.0}',
    '{"ratio": 3.4028234663852886e38, "precise": "1e3", "flag": true}',
    '{"precise": "NaN"}',
    '{"ratio": "-Infinity", "precise": -0.0}',
    '{"kind": "KIND_FACT", "kinds": ["KIND_FICTION", 2]}',
    '{"kind": 77}',
    '{"raw": "aGk="}',
    '{"inner": {"name": "a", "inner": {"inner": {}}}, "inners": [{}, {"size": 1}]}',
    '{"labels": {"": "x", "a.b": ""}, "byNumber": {"-1": {"name": "n"}}, "byFlag": {"true": "KIND_FACT"}}',
    '{"by_number": {"1": {}}, "boxed_text": "x"}',
    '{"maybe": "", "left": ""}',
    '{"right": 0}',
    '{"middle": {}}',
    '{"at": "2024-02-29T12:00:00.123456789Z", "lasting": "-1.5s", "mask": "a,bC.dE"}',
    '{"times": ["1970-01-01T00:00:00Z"]}',
    '{"at": "2024-02-29T12:00:00-03:00", "mask": ""}',
    '{"object": {"a": [1, null, {"b": true}]}, "value": null, "list": [1, "a", []]}',
    '{"value": {"a": 1.5}}',
    '{"boxedText": "", "boxedLarge": "5", "boxedFlag": false}',
    '{"any": {"@type": "type.googleapis.com/library.v1.Book", "title": "t", "pages": "1"}}',
    '{"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}}',
    '{"any": {"@type": "x/google.protobuf.Any", "value": {"@type": "x/library.v1.Inner", "size": 1}}}',
    '{"any": {}}',
    '{"text": null, "inner": null, "numbers": null, "labels": null, "boxedText": null, "left": null, "right": 1}',
    '{"nothing": null}',
    ' \n{"text": "a"}\t ',
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_json_reads_as_json_format_reads_it(text: str) -> None:
    expected = json_format.Parse(text, new("Everything"), descriptor_pool=library_schema().pool)
    assert repr(read(text)) == repr(expected)


UNSOUND = [
    "", "null", "[]", '"a"', "1", "{", '{"text": "a"} x', '{"text": "a"}{}', '{"text": "a",}', "{'text': 'a'}",
    '{"text": "a", "text": "a"}', '{"inner": {"size": 1, "size": 1}}', '{"byNumber": {}, "by_number": {}}',
    '{"precise": NaN}', '{"precise": Infinity}', '{"precise": 1e999}', '{"ratio": 1e39}', '{"ratio": "1e999"}',
    '{"text": "\\ud800"}', '{"\\udfff": 1}', '{"labels": {"\\ud800": "a"}}', '{"value": "\\ud800"}',
    '{"unknown": 1}', '{"inner": {"unknown": 1}}', '{"inners": [{"a": {"b": 1}}]}', '{"[x.y]": 1}',
    '{"inner": []}', '{"inner": ""}', '{"inner": false}', '{"inners": {}}', '{"inners": [[]]}', '{"numbers": 1}',
    '{"numbers": {}}', '{"numbers": [null]}', '{"inners": [null]}', '{"labels": []}', '{"labels": {"a": null}}',
    '{"labels": {"a": 1}}', '{"byNumber": {"x": {}}}', '{"byNumber": {"1": []}}', '{"byNumber": {"1": {}, "1": {}}}',
    '{"byFlag": {"1": 1}}', '{"text": 1}', '{"text": []}', '{"text": true}', '{"small": "a"}', '{"small": true}',
    '{"small": 1.5}', '{"small": ""}', '{"small": " 1"}', '{"small": "1_0"}', '{"small": "0x1"}', '{"small": "+1"}',
    '{"small": 2147483648}', '{"count": -1}', '{"large": "9223372036854775808"}', '{"huge": "-1"}', '{"small": "01"}',
    '{"flag": "true"}', '{"flag": 1}', '{"flag": 0}', '{"precise": true}', '{"precise": "1_0"}', '{"precise": "inf"}',
    '{"precise": " 1"}', '{"precise": []}', '{"kind": "KIND_POEM"}', '{"kind": "kind_fact"}', '{"kind": "1"}',
    '{"kind": true}', '{"kind": 1.5}', '{"kind": 2147483648}', '{"raw": "a"}', '{"raw": "a$=="}', '{"raw": "YQ="}',
    '{"raw": "Y=Q="}', '{"raw": "YQ== "}', '{"raw": "YWI=="}', '{"raw": []}', '{"raw": "====" }',
    '{"left": "a", "right": 1}', '{"left": "", "middle": {}}', '{"at": "2024-01-01"}', '{"at": 1}', '{"at": {}}',
    '{"at": "2024-02-30T00:00:00Z"}', '{"at": "2024-01-01T00:00:00"}', '{"at": "2024-01-01T00:00:00.Z"}',
    '{"at": "2024-01-01 00:00:00Z"}', '{"at": "0000-01-01T00:00:00Z"}', '{"lasting": "1"}', '{"lasting": "s"}',
    '{"lasting": "999999999999s"}', '{"lasting": "1.0000000001s"}', '{"mask": ["a"]}', '{"mask": "a,,b"}',
    '{"object": []}', '{"object": 1}', '{"list": {}}', '{"boxedText": 1}', '{"boxedText": {"value": "a"}}',
    '{"boxedLarge": "x"}', '{"any": {"@type": "x/unknown.Type"}}', '{"any": {"title": "a"}}', '{"any": {"@type": 1}}',
    '{"any": {"@type": "library.v1.Book"}}', '{"any": {"@type": "x/library.v1.Book", "unknown": 1}}',
    '{"any": {"@type": "x/google.protobuf.Duration", "value": "1s", "more": 1}}', '{"times": [1]}',
    '{"value": ' + "9" * 4000 + "}", '{"precise": ' + "9" * 4000 + "}", '{"object": {"a": ' + "9" * 400 + "}}",
    '{"large": ' + "9" * 5000 + "}", "[" * 100_000, '{"value":' * 101 + "1" + "}" * 101,
    '{"value": ' + "[" * 100 + "]" * 100 + "}",
]  # fmt: skip


@pytest.mark.parametrize("text", UNSOUND, ids=lambda text: text[:60])
def test_unsound_json_is_400(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        read(text)
    assert refused.value.code == 3
    assert "Error" not in refused.value.message and "object at" not in refused.value.message


def test_bytes_that_are_not_utf8_are_400() -> None:
    for text in (b'{"text": "\xff"}', b"\xef\xbb\xbf{}", '{"text": ""}'.encode("utf-16")):
        with pytest.raises(RequestError):
            read(text)


def test_base64_may_be_url_safe_and_unpadded() -> None:
    for text in ("_-8", "_-8=", "/+8="):
        assert read(json.dumps({"raw": text})).raw == b"\xff\xef"


def test_a_hundred_levels_are_read() -> None:
    value: dict[str, Any] = {}
    for _ in range(98):
        value = {"inner": value}
    assert read(json.dumps({"inner": value})).HasField("inner")


def test_the_field_at_fault_is_named() -> None:
    with pytest.raises(RequestError) as refused:
        read('{"inners": [{}, {"inner": {"size": "x"}}]}')
    assert refused.value.details[0]["fieldViolations"] == [
        {"field": "inners[1].inner.size", "description": "must be an integer"}
    ]


def test_a_lenient_reader_skips_unknown_fields_only() -> None:
    message = read('{"unknown": {"a": [1]}, "text": "a", "inner": {"unknown": 1}}', lenient=True)
    assert (message.text, message.HasField("inner")) == ("a", True)
    for text in ('{"kind": "KIND_POEM"}', '{"text": 1}', '{"text": "a", "text": "b"}'):
        with pytest.raises(RequestError):
            read(text, lenient=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([field.json_name for field in new("Everything").DESCRIPTOR.fields]) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@patient
@given(JSON)
def test_whatever_json_comes_it_is_read_or_refused(value: Any) -> None:
    with suppress(RequestError):
        read(json.dumps(value))
