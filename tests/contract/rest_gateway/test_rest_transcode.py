"""Google's own client side agrees: what `path_template.transcode` makes of a message, the gateway reads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from google.api_core.path_template import transcode
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from hypothesis import assume, given
from hypothesis import strategies as st

from discador.rest_gateway.request import RequestBuilder
from discador.rest_gateway.rules import Rules
from discador.rest_gateway.scalars import WELL_KNOWN
from discador.rest_gateway.schema import is_map
from tests.unit.rest_gateway.rest_kit import SERVICE, library_schema, new, patient

RULES = Rules(library_schema(), [SERVICE], "/openapi.json")
BUILDER = RequestBuilder(library_schema(), reject_unknown=True)
ECHOES = [
    binding
    for binding in RULES.bindings
    if binding.method == "Echo" and binding.variables and "kind" not in binding.template.text
]

TEXT = st.text(max_size=6)
INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1).map(str)
KIND = st.sampled_from(["KIND_UNSPECIFIED", "KIND_FICTION", "KIND_FACT"])
TIME = st.datetimes().map(lambda moment: moment.strftime("%Y").zfill(4) + moment.strftime("-%m-%dT%H:%M:%S.%fZ"))
INNER = st.fixed_dictionaries({"name": TEXT.filter(bool)}, optional={"size": INT32})
FIELDS = st.fixed_dictionaries(
    {"text": TEXT, "inner": INNER},
    optional={
        "raw": st.sampled_from(["", "AA==", "+/8="]),
        "flag": st.booleans(),
        "small": INT32,
        "large": INT64,
        "precise": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["Infinity", "-Infinity"]),
        "kind": KIND,
        "numbers": st.lists(INT32, max_size=3),
        "words": st.lists(TEXT, max_size=3),
        "kinds": st.lists(KIND, max_size=3),
        "labels": st.dictionaries(TEXT, TEXT, max_size=3),
        "maybe": TEXT,
        "left": TEXT,
        "at": TIME,
        "lasting": st.integers(-1000, 1000).map(lambda seconds: f"{seconds}.5s"),
        "mask": st.sampled_from(["a", "a,bC.d"]),
        "boxedText": TEXT,
        "boxedLarge": INT64,
        "times": st.lists(TIME, max_size=2),
    },
)


@pytest.mark.parametrize("binding", ECHOES, ids=lambda binding: f"{binding.http_method} {binding.template.text}")
@patient
@given(fields=FIELDS)
def test_a_message_makes_the_round_trip(binding: Any, fields: dict[str, Any]) -> None:
    message = json_format.ParseDict(fields, new("Everything"), descriptor_pool=library_schema().pool)
    rule = {"method": binding.http_method, "uri": binding.template.text, "body": binding.body}
    try:
        sent = transcode([rule], message)
    except ValueError:  # a value the template cannot hold: empty, "..", or a slash in one segment
        assume(False)
    path = quote(sent["uri"], safe="/%:")
    assume("//" not in path and not path.endswith("/"))  # empty segments match nothing here
    query = urlencode(list(_pairs(sent["query_params"])))
    body = json_format.MessageToJson(sent["body"]).encode() if binding.body else b""
    match = RULES.table.match(sent["method"], path)
    assert match is not None and match.target is binding
    assert BUILDER.build(match, query.encode(), "application/json", body) == message


def _pairs(message: Any) -> Iterator[tuple[str, str]]:
    yield from _flattened(message.DESCRIPTOR, json_format.MessageToDict(message), "")


def _flattened(descriptor: Descriptor, value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for field in descriptor.fields:
        item = value.get(field.json_name)
        name = prefix + field.json_name
        if item is None:
            continue
        if is_map(field):
            yield from ((f"{name}[{key}]", _text(one)) for key, one in item.items())
        elif field.is_repeated:
            yield from ((name, _text(one)) for one in item)
        elif field.message_type is not None and field.message_type.full_name not in WELL_KNOWN:
            yield from _flattened(field.message_type, item, name + ".")
        else:
            yield name, _text(item)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
