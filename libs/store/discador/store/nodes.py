"""Nodes: the Asterisk servers."""

from __future__ import annotations

import builtins

import sqlalchemy as sa

from discador.store.errors import InUse, NotFound
from discador.store.lengths import require_lengths
from discador.store.names import take_name
from discador.store.records import Node
from discador.store.tables import node, trunk
from discador.store.transaction import Repository, Transaction, reads, writes

_NODE = tuple(node.c[name] for name in Node.__dataclass_fields__)


class Nodes(Repository):
    """The list of nodes."""

    @writes
    def create(self, tx: Transaction, name: str, gateway_address: str, disabled: bool = False) -> Node:
        """Add a node. Raises InvalidValue, NameTaken."""
        require_lengths("node", node, {"gateway_address": gateway_address})
        with take_name("node", node, name):
            node_id = tx.insert_one(node, name=name, gateway_address=gateway_address, disabled=disabled)
        return _get(tx, node_id)

    @reads
    def get(self, tx: Transaction, node_id: int) -> Node:
        """Return a node. Raises NotFound."""
        return _get(tx, node_id)

    @reads
    def get_by_name(self, tx: Transaction, name: str) -> Node:
        """Return the node of that name. Raises NotFound."""
        row = tx.execute(sa.select(*_NODE).where(node.c.name == name)).one_or_none()
        if row is None:
            raise NotFound("node", name)
        return Node(*row)

    @reads
    def list(self, tx: Transaction, limit: int = 1000, after_id: int = 0) -> builtins.list[Node]:
        """Return nodes by id."""
        rows = tx.execute(sa.select(*_NODE).where(node.c.id > after_id).order_by(node.c.id).limit(limit))
        return [Node(*row) for row in rows]

    @writes
    def update(
        self,
        tx: Transaction,
        node_id: int,
        *,
        name: str | None = None,
        gateway_address: str | None = None,
        disabled: bool | None = None,
    ) -> Node:
        """Change what is given. Raises NotFound, NameTaken."""
        current = _get(tx, node_id)
        changes = {"name": name, "gateway_address": gateway_address, "disabled": disabled}
        changes = {key: value for key, value in changes.items() if value is not None}
        require_lengths("node", node, changes)
        if changes:
            with take_name("node", node, name or current.name):
                tx.execute(sa.update(node).where(node.c.id == node_id).values(changes))
        return _get(tx, node_id)

    @writes
    def delete(self, tx: Transaction, node_id: int) -> None:
        """Delete a node that has no trunk. Raises NotFound, InUse (node-in-use)."""
        _get(tx, node_id)
        if tx.execute(sa.select(trunk.c.id).where(trunk.c.node_id == node_id).limit(1)).first():
            raise InUse("node", f"node {node_id} has trunks: delete or move them first")
        tx.execute(sa.delete(node).where(node.c.id == node_id))


def _get(tx: Transaction, node_id: int) -> Node:
    row = tx.execute(sa.select(*_NODE).where(node.c.id == node_id)).one_or_none()
    if row is None:
        raise NotFound("node", node_id)
    return Node(*row)
