"""Trunks: the ways to carriers."""

from __future__ import annotations

import builtins
from typing import TypedDict, Unpack, cast

import sqlalchemy as sa

from discador.store.errors import InUse, NotFound
from discador.store.lengths import require_lengths
from discador.store.live import by_live
from discador.store.names import take_name
from discador.store.records import Trunk
from discador.store.rows import TRUNK, trunk_from
from discador.store.tables import attempt, node, trunk
from discador.store.transaction import Repository, Transaction, reads, writes


class TrunkChanges(TypedDict, total=False):
    """What can be changed of a trunk; what is left out stays."""

    name: str
    node_id: int
    dial: str
    number_format: str
    max_channels: int
    max_calls_per_second: float
    caller_id: str
    hide_attempt_header: bool
    disabled: bool


class Trunks(Repository):
    """The list of trunks."""

    @writes
    def create(
        self,
        tx: Transaction,
        name: str,
        node_id: int,
        dial: str,
        number_format: str = "e164",
        max_channels: int = 10,
        max_calls_per_second: float = 1.0,
        caller_id: str = "",
        hide_attempt_header: bool = False,
        disabled: bool = False,
    ) -> Trunk:
        """Add a trunk to a node. Raises InvalidValue, NotFound (node-not-found), NameTaken."""
        require_lengths("trunk", trunk, {"dial": dial, "number_format": number_format, "caller_id": caller_id})
        _require_node(tx, node_id)
        with take_name("trunk", trunk, name):
            trunk_id = tx.insert_one(
                trunk,
                name=name,
                node_id=node_id,
                dial=dial,
                number_format=number_format,
                max_channels=max_channels,
                max_calls_per_second=max_calls_per_second,
                caller_id=caller_id,
                hide_attempt_header=hide_attempt_header,
                disabled=disabled,
            )
        return _get(tx, trunk_id)

    @reads
    def get(self, tx: Transaction, trunk_id: int) -> Trunk:
        """Return a trunk. Raises NotFound."""
        return _get(tx, trunk_id)

    @reads
    def get_by_name(self, tx: Transaction, name: str) -> Trunk:
        """Return the trunk of that name. Raises NotFound."""
        row = tx.execute(sa.select(*TRUNK).where(trunk.c.name == name)).one_or_none()
        if row is None:
            raise NotFound("trunk", name)
        return trunk_from(row)

    @reads
    def list(self, tx: Transaction, limit: int = 1000, after_id: int = 0) -> builtins.list[Trunk]:
        """Return trunks by id."""
        rows = tx.execute(sa.select(*TRUNK).where(trunk.c.id > after_id).order_by(trunk.c.id).limit(limit))
        return [trunk_from(row) for row in rows]

    @writes
    def update(self, tx: Transaction, trunk_id: int, **changes: Unpack[TrunkChanges]) -> Trunk:
        """Change what is given. Raises NotFound (trunk-not-found, node-not-found), NameTaken."""
        require_lengths("trunk", trunk, cast(dict[str, object], changes))
        current = _get(tx, trunk_id)
        if "node_id" in changes:
            _require_node(tx, changes["node_id"])
        if changes:
            with take_name("trunk", trunk, changes.get("name", current.name)):
                tx.execute(sa.update(trunk).where(trunk.c.id == trunk_id).values(**changes))
        return _get(tx, trunk_id)

    @writes
    def delete(self, tx: Transaction, trunk_id: int) -> None:
        """Delete a trunk that has no attempt in progress. Raises NotFound, InUse (trunk-in-use)."""
        # The lock keeps a reservation, which share-locks the trunk, from giving it an attempt meanwhile.
        tx.execute(sa.select(trunk.c.id).where(trunk.c.id == trunk_id).with_for_update())
        _get(tx, trunk_id)
        live = by_live(sa.select(attempt.c.id).where(attempt.c.live == 1, attempt.c.trunk_id == trunk_id)).limit(1)
        if tx.execute(live).first():
            raise InUse("trunk", f"trunk {trunk_id} has attempts in progress: disable it and wait for them to end")
        tx.execute(sa.delete(trunk).where(trunk.c.id == trunk_id))


def _get(tx: Transaction, trunk_id: int) -> Trunk:
    row = tx.execute(sa.select(*TRUNK).where(trunk.c.id == trunk_id)).one_or_none()
    if row is None:
        raise NotFound("trunk", trunk_id)
    return trunk_from(row)


def _require_node(tx: Transaction, node_id: int) -> None:
    if tx.execute(sa.select(node.c.id).where(node.c.id == node_id).with_for_update(read=True)).first() is None:
        raise NotFound("node", node_id)
