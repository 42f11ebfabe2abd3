from __future__ import annotations

from typing import NoReturn

import pytest

from discador.rest_gateway import GatewayRefused, RestGateway
from tests.unit.rest_gateway.rest_kit import SERVICE, compiled, library

HEADER = """
syntax = "proto3";
package t;
import "google/api/annotations.proto";
message M { string id = 1; repeated string many = 2; map<string, string> map = 3; M inner = 4; M body = 5; }
service S {
"""


def rpc(name: str, rule: str, request: str = "M") -> str:
    return f"rpc {name}({request}) returns (M) {{ option (google.api.http) = {{ {rule} }}; }}\n"


def refused(methods: str) -> list[tuple[str, str]]:
    with pytest.raises(GatewayRefused) as error:
        RestGateway(compiled(HEADER + methods + "}"), {"t.S": lambda: pytest.fail("no call is made")})
    for refusal in error.value.refusals:
        assert refusal.method in str(error.value) and refusal.rule in str(error.value)
    return [(refusal.method, refusal.rule) for refusal in error.value.refusals]


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ('get: "v1"', "template"),
        ('get: "/v1/{id=**}/**"', "template"),
        ('get: "/v1/{id={id}}"', "template"),
        ('get: "/v1/{nothing}"', "path-field"),
        ('get: "/v1/{id.more}"', "path-field"),
        ('get: "/v1/{many}"', "path-field"),
        ('get: "/v1/{map}"', "path-field"),
        ('get: "/v1/{map.key}"', "path-field"),
        ('get: "/v1/{inner}"', "path-field"),
        ('get: "/v1" body: "*"', "body-method"),
        ('delete: "/v1" body: "body"', "body-method"),
        ('post: "/v1" body: "body.inner"', "body"),
        ('post: "/v1" body: "nothing"', "body"),
        ('post: "/v1/{id}" body: "id"', "body-in-path"),
        ('get: "/v1" response_body: "inner.id"', "response-body"),
        ('get: "/v1" response_body: "nothing"', "response-body"),
        ('custom { kind: "*" path: "/v1" }', "pattern"),
        ('body: "*"', "pattern"),
        ('get: "/openapi.json"', "duplicate-route"),
        ('get: "/a" additional_bindings { get: "/a" }', "duplicate-route"),
        ('get: "/a" additional_bindings { get: "/b" additional_bindings { get: "/c" } }', "nested-bindings"),
    ],
)
def test_a_rule_that_cannot_be_served_is_refused(rule: str, refusal: str) -> None:
    assert refused(rpc("Get", rule)) == [("t.S.Get", refusal)]


def test_a_stream_of_requests_is_refused() -> None:
    assert refused(rpc("Send", 'post: "/v1" body: "*"', "stream M")) == [("t.S.Send", "streaming-in")]


def test_everything_is_refused_at_once() -> None:
    methods = rpc("A", 'get: "/v1/{many}"') + rpc("B", 'get: "/x"') + rpc("C", 'get: "/x"') + rpc("D", 'get: "x"')
    assert refused(methods) == [("t.S.A", "path-field"), ("t.S.C", "duplicate-route"), ("t.S.D", "template")]


def test_custom_methods_are_served() -> None:
    RestGateway(compiled(HEADER + rpc("Find", 'custom { kind: "REPORT" path: "/v1" }') + "}"), {"t.S": _never})


def test_what_is_passed_beside_the_set_must_fit_it() -> None:
    with pytest.raises(GatewayRefused) as error:
        RestGateway(
            library(),
            {SERVICE: _never, "library.v1.Nobody": _never},
            headers_allowed=["grpc-metadata-x"],
            ping_interval=0,
            body_limits={f"{SERVICE}.Nothing": 1, f"{SERVICE}.Echo": 1},
        )
    assert [(refusal.method, refusal.rule) for refusal in error.value.refusals] == [
        ("library.v1.Nobody", "unknown-service"),
        ("headers_allowed", "reserved-header"),
        (f"{SERVICE}.Nothing", "unknown-method"),
        ("ping_interval", "ping-interval"),
    ]


def test_a_set_that_is_none_or_lacks_its_imports_is_refused() -> None:
    for descriptor_set in (b"\xff", compiled(HEADER + "}", imports=False)):
        with pytest.raises(GatewayRefused, match="descriptor set"):
            RestGateway(descriptor_set, {})


def test_two_versions_of_one_proto_live_in_one_process() -> None:
    """The types are not in protobuf's default pool: nothing collides."""
    one = HEADER + rpc("Get", 'get: "/v1/{id}"') + "}"
    RestGateway(compiled(one), {"t.S": _never})
    RestGateway(compiled(one.replace("string id = 1", "int64 id = 1")), {"t.S": _never})


def _never() -> NoReturn:
    raise AssertionError("no call is made at start-up")
