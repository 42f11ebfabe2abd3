"""Roles, permissions, RPCs, lock-out and the audit chain: the rules, without anything that runs."""

from __future__ import annotations

import dataclasses
from importlib import resources

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from hypothesis import given
from hypothesis import strategies as st

from discador.core.identity import (
    INTERNAL_METHODS,
    INTERNAL_SERVICES,
    MATRIX,
    METHODS,
    SYSTEM,
    Caller,
    CallerKind,
    Permission,
    Role,
    excess,
    excess_of_roles,
    permissions_of,
    rule_of,
)
from discador.core.identity.audit_chain import ORIGIN, Link, entry_hash, first_break
from discador.core.identity.lockout import FIRST_WAIT_S, FREE_TRIES, LONGEST_WAIT_S, wait_s
from discador.core.identity.password_rules import fault_in_password


def contract() -> dict[str, tuple[descriptor_pb2.MethodDescriptorProto, dict[str, descriptor_pb2.DescriptorProto]]]:
    """Every RPC of discador.v1 by `Service.Method`, with the messages of the contract."""
    files = descriptor_pb2.FileDescriptorSet.FromString(
        resources.files("discador.v1").joinpath("descriptors.binpb").read_bytes()
    ).file
    ours = [file for file in files if file.package == "discador.v1"]
    messages = {f".discador.v1.{message.name}": message for file in ours for message in file.message_type}
    return {
        f"{service.name}.{method.name}": (method, messages)
        for file in ours
        for service in file.service
        for method in service.method
    }


CONTRACT = contract()


def is_public(name: str) -> bool:
    return CONTRACT[name][0].options.HasExtension(annotations_pb2.http)


def caller(*roles: Role, campaigns: frozenset[int] = frozenset()) -> Caller:
    return Caller(CallerKind.USER, 1, "ana", roles, permissions_of(roles), campaigns)


def test_every_role_has_its_permissions_and_every_permission_a_role() -> None:
    assert set(MATRIX) == set(Role)
    assert permissions_of(Role) == set(Permission)
    assert MATRIX[Role.ADMINISTRATOR] == set(Permission)


def test_every_rpc_of_the_contract_has_a_rule_or_is_internal() -> None:
    internal = {name for name in CONTRACT if name.split(".")[0] in INTERNAL_SERVICES or name in INTERNAL_METHODS}
    assert set(METHODS) | internal == set(CONTRACT)
    assert not set(METHODS) & internal
    assert not any(is_public(name) for name in internal)


def test_every_rpc_that_is_reached_over_rest_has_a_permission() -> None:
    assert {name for name in CONTRACT if is_public(name)} <= set(METHODS)


def test_every_permission_but_reveal_and_manage_opens_an_rpc() -> None:
    used = {rule.permission for rule in METHODS.values()}
    assert set(Permission) - used == {Permission.NUMBER_REVEAL, Permission.TOKEN_MANAGE}


@pytest.mark.parametrize("name", sorted(METHODS))
def test_paths_to_campaigns_exist_in_the_messages(name: str) -> None:
    method, messages = CONTRACT[name]
    rule = METHODS[name]

    def kind_at(message: str, path: str) -> tuple[int, str]:
        kind = 0
        for part in path.split("."):
            field = next(field for field in messages[message].field if field.name == part)
            kind, message = field.type, field.type_name
        return kind, message

    number = descriptor_pb2.FieldDescriptorProto.TYPE_INT64
    if rule.request:
        assert kind_at(method.input_type, rule.request)[0] == number
    if rule.answer:
        assert kind_at(method.output_type, rule.answer)[0] == number
    if rule.each:
        entry = kind_at(method.output_type, rule.each[0])[1]
        assert kind_at(entry, rule.each[1])[0] == number
    assert sum(map(bool, (rule.request, rule.answer, rule.each, rule.unlimited))) <= 1


@pytest.mark.parametrize("name", sorted(name for name, rule in METHODS.items() if rule.answer or rule.each))
def test_only_reading_rpcs_are_judged_by_their_answer(name: str) -> None:
    assert METHODS[name].permission.endswith(":read")


def test_an_rpc_that_mentions_a_campaign_is_judged_by_it() -> None:
    for name, (method, messages) in CONTRACT.items():
        message = messages.get(method.input_type)
        rule = METHODS.get(name)
        if rule and message and "campaign_id" in {field.name for field in message.field}:
            assert rule.request or rule.each, name


def test_an_unknown_rpc_has_no_rule() -> None:
    assert rule_of("discador.v1.CampaignService", "GetCampaign") == METHODS["CampaignService.GetCampaign"]
    assert rule_of("discador.v1.CampaignService", "Nothing") is None
    assert rule_of("discador.v1.SessionService", "LogIn") is None


def test_reading_roles_change_nothing() -> None:
    own = {Permission.ACCOUNT_OWN, Permission.TOKEN_OWN}
    assert all(permission.endswith(":read") for permission in MATRIX[Role.AUDITOR] - own)
    assert MATRIX[Role.AGENT] == {Permission.ACCOUNT_OWN}
    assert Permission.NUMBER_REVEAL not in MATRIX[Role.AUDITOR]


def test_only_administrators_touch_users_and_the_installation() -> None:
    guarded = {"user:write", "token:manage", "system:control", "worker:control", "trunk:write", "maintenance:run"}
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert not guarded & MATRIX[role]


def test_a_word_that_is_no_permission_is_never_allowed() -> None:
    assert SYSTEM.may("campaign:write")
    assert not SYSTEM.may("campaign:explode")


@given(st.sets(st.sampled_from(Role)), st.sets(st.sampled_from(Role)))
def test_nobody_grants_more_than_they_have(mine: set[Role], granted: set[Role]) -> None:
    allowed = not excess_of_roles(caller(*mine), granted, ())
    assert allowed == (permissions_of(granted) <= permissions_of(mine))


def test_who_is_limited_to_campaigns_grants_only_those() -> None:
    limited = caller(Role.ADMINISTRATOR, campaigns=frozenset({1, 2}))
    assert not excess(limited, (), (1,))
    assert excess(limited, (), ())
    assert excess(limited, (), (1, 3))
    assert limited.reaches(2) and not limited.reaches(3)
    assert caller(Role.AGENT).reaches(3)


@given(st.integers(0, 60), st.floats(0, 2000))
def test_a_lock_ends_and_never_lasts_longer_than_the_longest(failures: int, since: float) -> None:
    wait = wait_s(failures, since)
    assert 0 <= wait <= LONGEST_WAIT_S
    assert wait == 0 or failures >= FREE_TRIES
    assert wait_s(failures, since + wait) == pytest.approx(0, abs=1e-6)
    assert wait_s(failures + 1, since) >= wait


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_s(FREE_TRIES + more, 0) for more in range(7)]
    assert waits == [FIRST_WAIT_S, 60, 120, 240, 480, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert wait_s(FREE_TRIES - 1, 0) == 0
    assert wait_s(FREE_TRIES, -1e9) == FIRST_WAIT_S  # a clock that went back


@pytest.mark.parametrize("password", ["short", "x" * 300, "aaaaaaaaaaaaaa", "my name is Ana Maria", ""])
def test_weak_passwords_are_refused_without_being_repeated(password: str) -> None:
    fault = fault_in_password(password, "ana maria")
    assert fault
    assert not password or password not in fault


def test_a_long_sentence_is_a_password() -> None:
    assert fault_in_password("correct horse battery", "ana") == ""


CONTENTS = st.lists(
    st.dictionaries(
        st.sampled_from(["actor", "action", "at", "before"]), st.one_of(st.none(), st.text(), st.integers())
    ),
    max_size=6,
)


def chained(contents: list[dict[str, object]]) -> list[Link]:
    links, previous = [], ORIGIN
    for no, content in enumerate(contents, 1):
        previous = entry_hash(previous, no, content)
        links.append(Link(no, content, previous))
    return links


@given(CONTENTS)
def test_a_chain_as_it_was_written_is_whole(contents: list[dict[str, object]]) -> None:
    links = chained(contents)
    assert first_break(links) is None
    half = len(links) // 2
    if half:
        assert first_break(links[half:], links[half - 1].hash, half) is None


@given(CONTENTS.filter(bool), st.data())
def test_whatever_is_done_to_an_entry_is_found_at_that_entry(contents: list[dict[str, object]], data: st.DataObject):
    links = chained(contents)
    at = data.draw(st.integers(0, len(links) - 1))
    changed = dataclasses.replace(links[at], content={**links[at].content, "actor": "somebody else entirely"})
    assert first_break([*links[:at], changed, *links[at + 1 :]]) == at + 1
    if at < len(links) - 1:
        assert first_break([*links[:at], *links[at + 1 :]]) == at + 1
    # Also one whose own hash was made to fit: the next entry, or the kept last hash, tells.
    fitted = dataclasses.replace(
        changed, hash=entry_hash(links[at - 1].hash if at else ORIGIN, at + 1, changed.content)
    )
    rest = links[at + 1 :]
    assert first_break([*links[:at], fitted, *rest]) == (at + 2 if rest else None)
