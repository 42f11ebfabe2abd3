"""How many nodes' streams a worker should follow. Pure.

Nobody hands the nodes out. Each worker takes free leases up to its fair share, and beyond it whatever stays free, so
that a node is never without a follower for long; who has more than its share gives one up when there is somebody to
take it.
"""

from __future__ import annotations

from typing import Final

#: A lease that nobody took for so long is taken by anybody. With its TTL of 5 s this keeps a take-over within 12 s.
PATIENCE_S: Final = 2.0
#: Who gave a lease up leaves it to the others for so long.
ABSTINENCE_S: Final = 6.0


def fair_share(nodes: int, workers: int) -> int:
    """Return how many of `nodes` a worker should follow when `workers` are ready (itself among them)."""
    return -(-nodes // max(1, workers))


def may_take(held: int, nodes: int, workers: int, free_for_s: float) -> bool:
    """Tell whether a worker that follows `held` nodes may take another lease, free for `free_for_s`."""
    return held < fair_share(nodes, workers) or free_for_s >= PATIENCE_S


def should_yield(held: int, nodes: int, workers: int) -> bool:
    """Tell whether a worker should give up one of the `held` nodes."""
    return held > fair_share(nodes, workers)
