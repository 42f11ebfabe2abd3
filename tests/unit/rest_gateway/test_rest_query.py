from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.rest_gateway import RequestError
from discador.rest_gateway.escapes import query_pairs, request_path
from discador.rest_gateway.query import QueryBinder
from tests.unit.rest_gateway.rest_kit import library_schema, new, patient


def bound(query: str, *, lenient: bool = False, body: str | None = None, path: tuple[str, ...] = ()) -> Any:
    message = new("Everything")
    binder = QueryBinder(library_schema(), reject_unknown=not lenient)
    from_path = frozenset({path} if path else ())
    binder.bind(message, query_pairs(query.encode()), from_path, body)
    return message


def read(message: Any, path: str) -> Any:
    for name in path.split("."):
        message = getattr(message, name)
    return message


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("text=a+b%2B", "text", "a b+"),
        ("text=", "text", ""),
        ("text=a=b&", "text", "a=b"),
        ("inner.name=x", "inner.name", "x"),
        ("inner.inner.size=-3", "inner.inner.size", -3),
        ("numbers=1&numbers=2", "numbers", [1, 2]),
        ("words=a,b&words=", "words", ["a,b", ""]),
        ("kind=KIND_FACT", "kind", 2),
        ("kind=1", "kind", 1),
        ("kinds=1&kinds=KIND_FACT", "kinds", [1, 2]),
        ("labels[a]=1&labels[b.c]=2", "labels", {"a": "1", "b.c": "2"}),
        ("labels%5Ba%5D=1", "labels", {"a": "1"}),
        ("byFlag[true]=KIND_FACT", "by_flag", {True: 2}),
        ("large=-9223372036854775808&huge=18446744073709551615", "huge", 2**64 - 1),
        ("precise=1e3", "precise", 1000.0),
        ("precise=Infinity", "precise", float("inf")),
        ("raw=_-8", "raw", b"\xff\xef"),
        ("flag=true", "flag", True),
        ("at=2024-02-29T00:00:00.5Z", "at.nanos", 500_000_000),
        ("lasting=-1.5s", "lasting.seconds", -1),
        ("times=2024-01-01T00:00:00Z&times=2025-01-01T00:00:00%2B01:00", "times.0.seconds", 1704067200),
        ("mask=a,bC.dE", "mask.paths", ["a", "b_c.d_e"]),
        ("mask=display_name", "mask.paths", ["display_name"]),
        ("boxedText=x", "boxed_text.value", "x"),
        ("boxedLarge=0", "boxed_large.value", 0),
        ("boxed_flag=false", "boxed_flag.value", False),
        ("maybe=", "maybe", ""),
        ("left=", "left", ""),
    ],
)
def test_a_parameter_is_bound(query: str, field: str, value: Any) -> None:
    message = bound(query)
    if field == "times.0.seconds":
        assert message.times[0].seconds == value
        assert len(message.times) == 2
        return
    found = read(message, field)
    assert (dict(found) if isinstance(value, dict) else list(found) if isinstance(value, list) else found) == value


def test_an_empty_value_still_gives_presence() -> None:
    message = bound("maybe=&left=&boxedText=&lasting=0s")
    assert message.HasField("maybe") and message.WhichOneof("choice") == "left"
    assert message.HasField("boxed_text") and message.HasField("lasting")


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1", "inner.unknown=1", "inner=x", "inner.=1", ".text=1", "inners=x", "inners.name=x", "text.a=1",
        "labels=1", "labels[a=1", "labels.a=1", "labels[a]=1&labels[a]=2", "byNumber[1]=x", "byNumber[x]=1",
        "text[a]=1",
        "byFlag[yes]=1", "text=1&text=2", "inner.name=1&inner.name=2", "small=", "small=1.0x", "small=2147483648",
        "count=-1", "small=+1", "small=%201", "small=1_0", "flag=1", "flag=True", "kind=KIND_POEM", "kind=9", "kind=",
        "precise=1_0", "precise=inf", "precise=1e999", "ratio=1e39", "raw=%25", "raw=a", "raw=ab=", "at=yesterday",
        "at=2024-02-30T00:00:00Z", "at=2024-01-01", "at.seconds=1", "lasting=3", "lasting=1e3s", "object=x",
        "object.fields=x", "value=1", "any=x", "left=1&right=2", "middle.name=1&left=2", "mask=,", "boxedLarge=x",
        "text=%zz", "text=%ff", "%ff=1", "list=1",
    ],
)  # fmt: skip
def test_a_parameter_that_says_nothing_sound_is_400(query: str) -> None:
    with pytest.raises(RequestError) as refused:
        bound(query)
    assert refused.value.code == 3


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(RequestError) as refused:
        bound("tetx=1")
    assert refused.value.details[0]["fieldViolations"][0]["field"] == "tetx"


def test_a_lenient_gateway_drops_what_it_does_not_know_and_nothing_else() -> None:
    assert bound("tetx=1&text=a&inner.nmae=b", lenient=True).text == "a"
    with pytest.raises(RequestError):
        bound("small=x", lenient=True)


def test_the_path_wins_silently_over_the_query() -> None:
    assert bound("text=b", path=("text",)).text == ""
    assert bound("inner.name=b&inner.size=1", path=("inner", "name")).inner.name == ""


def test_what_the_body_carries_is_never_bound() -> None:
    for body in ("*", "inner"):
        with pytest.raises(RequestError):
            bound("inner.name=x", body=body)
        assert not bound("inner.name=x", body=body, lenient=True).HasField("inner")
    assert bound("$alt=x&_=1&alt=json", body="*") == new("Everything")


NAMES = [field.json_name for field in new("Everything").DESCRIPTOR.fields] + ["name", "size", "value", "seconds"]
KEYS = st.lists(st.sampled_from(NAMES) | st.text(max_size=3), min_size=1, max_size=3).map(".".join)
VALUES = st.text(max_size=8) | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["1s", "true", "[]"])


@patient
@given(st.lists(st.tuples(KEYS | KEYS.map("{}[1]".format) | KEYS.map("{}[]".format), VALUES), max_size=4))
def test_whatever_query_comes_it_is_bound_or_refused(pairs: list[tuple[str, str]]) -> None:
    binder = QueryBinder(library_schema(), reject_unknown=True)
    with suppress(RequestError):
        binder.bind(new("Everything"), pairs, frozenset(), None)


@patient
@given(st.binary(max_size=20))
def test_whatever_bytes_a_url_holds_they_are_decoded_or_refused(raw: bytes) -> None:
    with suppress(RequestError):
        query_pairs(raw)
    with suppress(RequestError):
        assert request_path({"raw_path": raw, "root_path": "/a"}).startswith("/")


async def test_path_and_query_meet_over_http(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/echo/a?text=b&small=3")
    assert (answer.json()["text"], answer.json()["small"]) == ("a", 3)
    refused = await client.get("/v1/echo?nowhere=1")
    assert (refused.status_code, refused.json()["details"][0]["@type"]) == (
        400,
        "type.googleapis.com/google.rpc.BadRequest",
    )
