from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.rest_gateway.routing import DuplicateRoute, RouteTable
from discador.rest_gateway.template import parse
from tests.unit.rest_gateway.rest_kit import patient

ROUTES = [
    ("GET", "/v1/books"),
    ("GET", "/v1/books/{id}"),
    ("GET", "/v1/books/new"),
    ("POST", "/v1/books/import"),
    ("GET", "/v1/{shelf}/new"),
    ("GET", "/v1/{rest=**}"),
    ("GET", "/v1/{rest=**}/edit"),
    ("GET", "/v1/{rest=**}/{id}/edit"),
    ("POST", "/v1/books/{id}:lend"),
    ("GET", "/v1/books:count"),
    ("POST", "/v1/files/{name=**}:seal"),
    ("HEAD", "/v1/special"),
]


def table_of(routes: list[tuple[str, str]]) -> RouteTable[str]:
    table: RouteTable[str] = RouteTable()
    for method, text in routes:
        table.add(method, parse(text), f"{method} {text}")
    return table


EXPECTED = [
    ("GET", "/v1/books", "GET /v1/books"),
    ("GET", "/v1/books/new", "GET /v1/books/new"),
    ("GET", "/v1/books/7", "GET /v1/books/{id}"),
    ("GET", "/v1/books/import", "GET /v1/books/{id}"),
    ("GET", "/v1/cds/new", "GET /v1/{shelf}/new"),
    ("GET", "/v1/cds/old", "GET /v1/{rest=**}"),
    ("GET", "/v1", "GET /v1/{rest=**}"),
    ("GET", "/v1/edit", "GET /v1/{rest=**}/edit"),
    ("GET", "/v1/a/edit", "GET /v1/{rest=**}/{id}/edit"),
    ("GET", "/v1/books/7/edit", "GET /v1/{rest=**}/{id}/edit"),
    ("GET", "/v1/books/7:other", "GET /v1/books/{id}"),
    ("GET", "/v1/books/7%3Alend", "GET /v1/books/{id}"),
    ("GET", "/v1/books/a:b:other", "GET /v1/books/{id}"),
    ("GET", "/v1/books/7:", "GET /v1/books/{id}"),
    ("GET", "/v1/books:count", "GET /v1/books:count"),
    ("POST", "/v1/books/7:lend", "POST /v1/books/{id}:lend"),
    ("POST", "/v1/books/a:b:lend", "POST /v1/books/{id}:lend"),
    ("POST", "/v1/files:seal", "POST /v1/files/{name=**}:seal"),
    ("POST", "/v1/files/a/b:seal", "POST /v1/files/{name=**}:seal"),
    ("HEAD", "/v1/books", "GET /v1/books"),
    ("HEAD", "/v1/special", "HEAD /v1/special"),
    ("GET", "/v1/books/7:lend", None),
    ("GET", "/v1/books/", None),
    ("GET", "/v1/a//b", None),
    ("GET", "/", None),
    ("GET", "/v2", None),
    ("POST", "/v1/books", None),
    ("POST", "/v1/books/:lend", None),
    ("POST", "/v1/files/:seal", None),
    ("get", "/v1/books", None),
]  # fmt: skip


@patient
@given(st.randoms(use_true_random=False))
def test_the_most_specific_route_answers_in_whatever_order_routes_were_added(shuffler: random.Random) -> None:
    routes = ROUTES.copy()
    shuffler.shuffle(routes)
    table = table_of(routes)
    for method, path, target in EXPECTED:
        match = table.match(method, path)
        assert (match and match.target) == target, (method, path)


def test_a_more_specific_prefix_that_leads_nowhere_is_left_again() -> None:
    table = table_of([("GET", "/a/b/c"), ("GET", "/a/{x}/d"), ("GET", "/{y}/b/e"), ("GET", "/{z=**}")])
    for path, target in (("/a/b/d", "/a/{x}/d"), ("/a/b/e", "/{y}/b/e"), ("/a/b/f", "/{z=**}")):
        match = table.match("GET", path)
        assert match and match.target == f"GET {target}"


def test_allowed_lists_every_method_of_a_path() -> None:
    table = table_of(ROUTES)
    assert table.allowed("/v1/books/import") == ["GET", "HEAD", "POST"]
    assert table.allowed("/v1/books/7:lend") == ["POST"]
    assert table.allowed("/v2") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("/v1/{a}", "/v1/{b=*}"), ("/v1/{a=x/*}", "/v1/x/{b}"), ("/v1/{a=**}/e", "/v1/**/e"), ("/v1/{a}:v", "/v1/*:v")],
)
def test_one_method_and_shape_twice_is_a_duplicate(one: str, other: str) -> None:
    with pytest.raises(DuplicateRoute, match="/v1"):
        table_of([("GET", one), ("GET", other)])
    table_of([("GET", one), ("POST", other)])


def test_many_wildcards_do_not_make_a_match_slow() -> None:
    """Each node of the table is visited at most once a path position: 2^10 templates, one walk."""
    table = table_of([("GET", "/" + "/".join(parts)) for parts in itertools.product(("a", "*"), repeat=10)])
    match = table.match("GET", "/" + "/".join("a" * 10))
    assert match and match.target == "GET /" + "/".join("a" * 10)
    assert table.match("GET", "/a" * 400) is None
