"""MariaDB killed, frozen and deadlocked: errors within seconds, work again afterwards, nothing committed is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from discador.store import DatabaseUnavailable, open_store, tables
from discador.store.records import NewLead
from tests.contract.store.world import ZONE, World, at_once
from tests.rig.mariadb import MariaDB


@pytest.fixture
def server() -> Iterator[MariaDB]:
    with MariaDB(durable=True) as running:
        yield running


def test_killed_in_the_middle_and_back(server: MariaDB) -> None:
    store = open_store(server.url)
    store.migrate()
    world = World(store)
    campaign = world.campaign()
    acknowledged: list[str] = []
    began = threading.Event()

    def add() -> DatabaseUnavailable:
        while True:
            number = world.number()
            try:
                store.leads.create(campaign.id, NewLead(number, (ZONE,)))
            except DatabaseUnavailable as error:
                return error
            acknowledged.append(number)
            if len(acknowledged) > 30:
                began.set()

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add)
        assert began.wait(20)
        server.kill()
        killed_at = time.monotonic()
        error = adding.result(15)
    assert time.monotonic() - killed_at < 10
    assert (error.error_id, error.kind) == ("database-unavailable", "unavailable")
    assert error.__cause__ is not None
    with pytest.raises(DatabaseUnavailable):
        store.ping()
    with pytest.raises(DatabaseUnavailable):
        store.migrate()
    server.restart()
    numbers = {lead.number for lead in store.leads.iterate(campaign.id)}
    assert numbers >= set(acknowledged)
    assert len(numbers) - len(acknowledged) <= 1, "at most the one whose answer was lost"
    world.check()
    assert server.password not in f"{error} {error.__cause__!r}"
    assert not any(number in f"{error.__cause__}" for number in acknowledged)
    store.close()


def test_frozen_and_thawed(server: MariaDB) -> None:
    store = open_store(server.url, pool_size=2)
    store.migrate()
    store.ping()
    server.freeze()
    began_at = time.monotonic()
    try:
        with pytest.raises(DatabaseUnavailable):
            store.ping()
    finally:
        server.thaw()
    assert time.monotonic() - began_at < 12
    store.ping()
    store.close()


def test_a_transaction_left_idle_is_ended_by_the_server(mariadb: MariaDB) -> None:
    """A master frozen inside a transaction would otherwise hold the leader's row for ever."""
    store = open_store(mariadb.url)
    with pytest.raises(DatabaseUnavailable), store.transaction():
        before = store.leadership.take("frozen")
        taken = at_once(lambda: store.leadership.take("another"))
        assert taken == [before], "the frozen one's epoch was never committed"
        store.leadership.take("frozen")
    store.close()


def test_a_deadlock_is_repeated(mariadb: MariaDB) -> None:
    store = open_store(mariadb.url)
    database = store._database
    numbers = ["+5511800000001", "+5511800000002"]
    met = threading.Barrier(2)
    turns: list[str] = []

    def work(first: str, second: str) -> None:
        def lock_both(tx: object) -> None:
            turns.append(first)
            for place, number in enumerate((first, second)):
                tx.execute(  # type: ignore[attr-defined]
                    sa.update(tables.number_usage).where(tables.number_usage.c.number == number).values(today=1)
                )
                if place == 0 and len(turns) <= 2:
                    met.wait(10)

        database.write(lock_both)

    database.write(lambda tx: tx.upsert(tables.number_usage, [{"number": n, "today": 0, "total": 0} for n in numbers]))
    at_once(lambda: work(*numbers), lambda: work(*reversed(numbers)))
    assert len(turns) == 3, "one of them was the victim, once"
    store.close()
