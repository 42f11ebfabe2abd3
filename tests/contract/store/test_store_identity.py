"""Users, API tokens and the audit log, on both databases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from discador.core.identity import Permission, Role
from discador.store import FirstRunClosed, InvalidValue, LastAdministrator, NameTaken, NotFound, Store, tables
from discador.store.records import AuditFilter, Deed
from tests.contract.store.world import at_once

ADMIN = [Role.ADMINISTRATOR]
DAY = timedelta(days=1)


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def write(store: Store, statement: sa.Executable) -> None:
    """What somebody does who has the database itself."""
    store._database.write(lambda tx: tx.execute(statement))


def test_the_first_user_is_an_administrator_and_there_is_only_one_first(store: Store) -> None:
    made, refused = [], []

    def claim(name: str) -> Callable[[], None]:
        def run() -> None:
            try:
                made.append(store.users.create_first(name, "hash"))
            except FirstRunClosed:
                refused.append(name)

        return run

    assert not store.users.any()
    at_once(*[claim(name) for name in ("a", "b", "c", "d")])
    assert (len(made), len(refused)) == (1, 3)
    assert made[0].roles == (Role.ADMINISTRATOR,)
    assert store.users.any() and store.users.list() == made


def test_names_are_unique_whatever_their_case(store: Store) -> None:
    ana = store.users.create("Ana", "hash", [Role.AUDITOR, Role.AGENT], "Ana M.", {7, 3}, "pt-BR", "America/Sao_Paulo")
    assert (ana.name, ana.roles, ana.campaigns) == ("ana", (Role.AGENT, Role.AUDITOR), {3, 7})
    assert store.users.get_by_name("ANA") == ana == store.users.get(ana.id)
    with pytest.raises(NameTaken):
        store.users.create("aNA", "hash", ADMIN)
    for wrong in (lambda: store.users.get(99), lambda: store.users.get_by_name("x"), lambda: store.users.update(99)):
        with pytest.raises(NotFound):
            wrong()
    with pytest.raises(InvalidValue):
        store.users.create("nobody", "hash", [])
    with pytest.raises(InvalidValue):
        store.users.update(ana.id, display_name="x" * 101)


def test_changed_rights_end_sessions_and_other_changes_do_not(store: Store) -> None:
    store.users.create("root", "hash", ADMIN)
    user = store.users.create("ana", "hash", [Role.AGENT])
    assert store.users.update(user.id, display_name="Ana", locale="en").generation == user.generation
    assert store.users.update(user.id, roles=(Role.SUPERVISOR,)).generation == user.generation + 1
    assert store.users.set_password(user.id, "other").generation == user.generation + 2
    store.users.rehash(user.id, "same")
    assert store.users.update(user.id, disabled=True).generation == user.generation + 3
    assert store.users.logged_in(user.id).last_login_at is not None


def test_one_administrator_is_always_left_also_when_two_disable_each_other(store: Store) -> None:
    one, two = (store.users.create(name, "hash", ADMIN) for name in ("one", "two"))
    refused = []

    def disable(user_id: int) -> Callable[[], None]:
        def run() -> None:
            try:
                store.users.update(user_id, disabled=True)
            except LastAdministrator:
                refused.append(user_id)

        return run

    at_once(disable(one.id), disable(two.id))
    assert len(refused) == 1
    with pytest.raises(LastAdministrator):
        store.users.update(refused[0], roles=(Role.AUDITOR,))
    assert store.users.get(refused[0]).roles == (Role.ADMINISTRATOR,)


def test_a_code_is_used_once_and_no_older_one_afterwards(store: Store) -> None:
    user = store.users.create("ana", "hash", ADMIN)
    store.users.propose_totp(user.id, "ABCDEFGH")
    assert not store.users.get(user.id).totp
    assert store.users.confirm_totp(user.id, 100).totp
    with pytest.raises(InvalidValue):
        store.users.propose_totp(user.id, "OTHER")
    assert [store.users.use_totp_step(user.id, step) for step in (100, 101, 101, 99, 102)] == [
        False,
        True,
        False,
        False,
        True,
    ]
    found = store.users.credentials("ANA")
    assert found is not None and (found.totp_secret, found.totp_step) == ("ABCDEFGH", 102)
    assert store.users.credentials_of(user.id) == found
    assert store.users.credentials("nobody") is None
    assert not store.users.remove_totp(user.id).totp


def test_tokens_end_by_time_and_by_revocation(store: Store) -> None:
    user = store.users.create("ana", "hash", ADMIN)
    keep = [Permission.LEAD_WRITE, Permission.CAMPAIGN_READ]
    token = store.tokens.create(user.id, "crm", digest("a"), keep, {5}, DAY)
    assert (token.permissions, token.campaigns, token.last_used_at) == (set(keep), {5}, None)
    used = store.tokens.use(digest("a"))
    assert used is not None and used.id == token.id
    first_use = store.tokens.get(token.id).last_used_at
    store.tokens.use(digest("a"))
    assert store.tokens.get(token.id).last_used_at == first_use is not None
    store.tokens.create(user.id, "old", digest("b"), keep, (), timedelta(seconds=-1))
    assert store.tokens.use(digest("b")) is None
    assert store.tokens.use(digest("c")) is None
    revoked = store.tokens.revoke(token.id)
    assert revoked.revoked_at is not None and store.tokens.revoke(token.id) == revoked
    assert store.tokens.use(digest("a")) is None
    assert [each.name for each in store.tokens.list(user_id=user.id)] == ["crm", "old"]
    assert store.tokens.list(user_id=user.id + 1) == []
    with pytest.raises(NotFound):
        store.tokens.create(user.id + 1, "x", digest("d"), keep, (), DAY)
    with pytest.raises(NotFound):
        store.tokens.get(99)


def deed(action: str, actor: str = "ana", **more: str) -> Deed:
    return Deed(actor=actor, user_id=1, address="127.0.0.1", action=action, **more)


def test_entries_are_numbered_without_a_gap_however_many_write_at_once(store: Store) -> None:
    at_once(*[lambda: store.audit.append(deed("StopSystem", reason="ção"))] * 6)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.audit.append(deed("Undone"))
        raise ZeroDivisionError
    last = store.audit.append(deed("StartSystem", after='{"a":1}', object="x" * 300))
    entries = store.audit.list()
    assert [entry.no for entry in entries] == [7, 6, 5, 4, 3, 2, 1]
    assert entries[0] == last and len(last.object) == 200
    state = store.audit.verify()
    assert (state.entries, state.broken_at, state.last_hash) == (7, 0, last.hash)


def test_an_empty_log_is_whole(store: Store) -> None:
    assert store.audit.verify().broken_at == 0
    assert store.audit.list() == []


def test_entries_are_found_by_actor_action_object_and_time(store: Store) -> None:
    store.audit.append(deed("StopCampaign", object="campaign 7"))
    store.audit.append(deed("StopCampaign", actor="bia"))
    at = store.audit.append(deed("LogIn")).at

    def numbers(before: int = 0, **wanted: object) -> list[int]:
        return [entry.no for entry in store.audit.list(9, before, AuditFilter(**wanted))]  # type: ignore[arg-type]

    assert numbers(actor="ana") == [3, 1]
    assert numbers(action="StopCampaign") == [2, 1]
    assert numbers(object="campaign 7") == [1]
    assert 3 in numbers(since=at) and 3 not in numbers(until=at)
    assert numbers(before=2) == [1]
    assert len(store.audit.list(2)) == 2


@pytest.mark.parametrize(
    ("tamper", "broken_at"),
    [
        (sa.update(tables.audit).where(tables.audit.c.no == 2).values(actor="eve"), 2),
        (sa.update(tables.audit).where(tables.audit.c.no == 2).values(hash="0" * 64), 2),
        (sa.delete(tables.audit).where(tables.audit.c.no == 2), 2),
        (sa.delete(tables.audit).where(tables.audit.c.no >= 4), 4),
        (sa.delete(tables.audit), 1),
        (sa.update(tables.audit_head).values(no=3), 4),
        (sa.update(tables.audit_head).values(hash="f" * 64), 5),
        (sa.delete(tables.audit_head), 1),
    ],
)
def test_whoever_changes_the_log_behind_our_back_is_found(store: Store, tamper: sa.Executable, broken_at: int) -> None:
    for _ in range(5):
        store.audit.append(deed("LogIn"))
    assert store.audit.verify().broken_at == 0
    write(store, tamper)
    assert store.audit.verify().broken_at == broken_at
