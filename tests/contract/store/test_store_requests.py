"""Requests by id: one effect and one answer, however often and from however many at once."""

from __future__ import annotations

import pytest

from discador.core.campaign import Command
from discador.store import NameTaken, NotFound, RequestIdReused
from discador.store.records import NewLead
from tests.contract.store.world import ZONE, World, at_once, settings


def test_a_repetition_gets_the_first_answer_and_has_no_effect(world: World) -> None:
    def create() -> bytes:
        return str(world.store.campaigns.create("once", settings()).id).encode()

    answers = [world.store.requests.once("id-1", "Create", b"f", create) for _ in range(3)]
    assert len(set(answers)) == 1
    assert len(world.store.campaigns.list(9)) == 1


def test_many_at_once_have_one_effect(world: World) -> None:
    campaign = world.campaign()
    new = NewLead(world.number(), (ZONE,))

    def create() -> bytes:
        return str(world.store.leads.create(campaign.id, new).id).encode()

    answers = at_once(*[lambda: world.store.requests.once("id-1", "CreateLead", b"f", create)] * 5)
    assert len(set(answers)) == 1
    world.check()


def test_the_effect_and_the_answer_are_kept_or_undone_together(world: World) -> None:
    campaign = world.campaign()

    def pause_then_fail() -> bytes:
        world.store.campaigns.command(campaign.id, Command.PAUSE)
        world.store.campaigns.create(campaign.name, settings())
        return b"never"

    with pytest.raises(NameTaken):
        world.store.requests.once("id-1", "m", b"f", pause_then_fail)
    assert world.store.campaigns.get(campaign.id).state == "running"
    assert world.store.requests.once("id-1", "m", b"f", lambda: b"now") == b"now"


@pytest.mark.parametrize(("method", "fingerprint"), [("other", b"f"), ("m", b"other")])
def test_an_id_used_for_something_else_is_refused(world: World, method: str, fingerprint: bytes) -> None:
    world.store.requests.once("id-1", "m", b"f", lambda: b"")
    with pytest.raises(RequestIdReused) as caught:
        world.store.requests.once("id-1", method, fingerprint, lambda: b"")
    assert caught.value.error_id == "request-id-reused"


def test_without_an_id_nothing_is_kept(world: World) -> None:
    assert [world.store.requests.once("", "m", b"f", lambda n=n: n) for n in (b"1", b"2")] == [b"1", b"2"]


def test_old_answers_are_forgotten(world: World) -> None:
    world.store.requests.once("id-1", "m", b"f", lambda: b"1")
    assert world.store.requests.forget(older_than_s=60) == 0
    assert world.store.requests.forget(older_than_s=-1) == 1
    assert world.store.requests.once("id-1", "m", b"f", lambda: b"2") == b"2"


def test_operations_of_a_block_are_committed_together(world: World) -> None:
    with world.store.transaction():
        first = world.store.campaigns.create("first", settings())
        world.store.leads.create(first.id, NewLead(world.number(), (ZONE,)))
        assert world.store.campaigns.get(first.id) == first
    with pytest.raises(NotFound), world.store.transaction():
        world.store.campaigns.create("second", settings())
        world.store.campaigns.get(999)
    assert [each.name for each in world.store.campaigns.list(9)] == ["first"]
    world.check()
