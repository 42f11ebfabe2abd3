"""Writing many rows at once, and refusing what no column can hold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from discador.store import InvalidValue, tables
from discador.store.transaction import Transaction
from tests.contract.store.world import World, settings


def test_many_rows_are_updated_each_with_its_own_values(world: World) -> None:
    """More than fit in one statement, with texts that grow and values that are missing."""
    campaign = world.campaign(leads=1200)
    lead = tables.lead
    ids = [
        row.id for row in world.sql(sa.select(lead.c.id).where(lead.c.campaign_id == campaign.id).order_by(lead.c.id))
    ]
    rows = [
        {
            "id": lead_id,
            "name": "é" * (place % 150),
            "due_at": None if place % 3 else world.store.ping() if place == 0 else None,
            "attempts": place,
            "outcome_counts": {"busy": place} if place % 2 else {},
        }
        for place, lead_id in enumerate(ids)
    ]
    before = world.sql(sa.select(lead.c.number).order_by(lead.c.id))

    def write(tx: Transaction) -> None:
        tx.update_many(lead, rows)
        tx.update_many(lead, [])

    world.store._database.write(write)
    found = world.sql(sa.select(*(lead.c[name] for name in rows[0])).order_by(lead.c.id))
    assert [row._asdict() for row in found] == rows
    assert world.sql(sa.select(lead.c.number).order_by(lead.c.id)) == before


def test_upserts_replace_and_add(world: World) -> None:
    counter = tables.campaign_counter
    key = {"campaign_id": 77, "name": "n"}

    def write(tx: Transaction) -> None:
        for value in (5, -2):
            rows = [key | {"slot": slot, "value": value} for slot in range(700)]
            tx.upsert(counter, rows, add=["value"])
        tx.upsert(counter, [key | {"slot": 3, "value": 9}], replace=["value"])
        tx.upsert(counter, [key | {"slot": 4, "value": 9}])
        assert tx.insert_many(counter, [key | {"slot": slot, "value": 1} for slot in (5, 700)], ignore=True) == 1

    world.store._database.write(write)
    found = {row.slot: row.value for row in world.sql(sa.select(counter).where(counter.c.campaign_id == 77))}
    assert found == dict.fromkeys(range(700), 3) | {3: 9, 700: 1}


@pytest.mark.parametrize("noun", ["campaign", "node", "trunk", "dnc-entry", "request", "import"])
def test_texts_that_are_too_long_are_refused_on_both_databases(world: World, noun: str) -> None:
    long = "x" * 300
    campaign = world.campaign()
    store = world.store
    attempts = {
        "campaign": lambda: store.campaigns.create(long, settings()),
        "node": lambda: store.nodes.update(world.node.id, gateway_address=long),
        "trunk": lambda: store.trunks.update(world.trunk.id, dial=long),
        "dnc-entry": lambda: store.dnc.add(long, "", ""),
        "request": lambda: store.requests.once(long, "m", b"f", lambda: b""),
        "import": lambda: store.imports.begin(campaign.id, "f", long, "o", 1, False),
    }
    with pytest.raises(InvalidValue) as caught:
        attempts[noun]()
    assert (caught.value.error_id, caught.value.kind) == (f"{noun}-invalid", "invalid")
    with pytest.raises(InvalidValue):
        store.campaigns.update(campaign.id, name="x" * 101)
    with pytest.raises(InvalidValue):
        store.nodes.create("", "h:1")
