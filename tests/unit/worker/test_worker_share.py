from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discador.worker.share import PATIENCE_S, fair_share, may_take, should_yield

counts = st.integers(0, 50)


@given(nodes=counts, workers=st.integers(1, 20))
def test_the_fair_shares_of_all_workers_cover_all_nodes(nodes: int, workers: int) -> None:
    assert fair_share(nodes, workers) * workers >= nodes


@given(held=counts, nodes=counts, workers=st.integers(1, 20))
def test_nobody_gives_up_a_node_that_it_would_take_again_at_once(held: int, nodes: int, workers: int) -> None:
    if should_yield(held, nodes, workers):
        assert not may_take(held - 1, nodes, workers, 0.0) or held - 1 < fair_share(nodes, workers)


@given(held=counts, nodes=counts, workers=st.integers(1, 20))
def test_a_node_that_nobody_takes_is_taken_by_anybody(held: int, nodes: int, workers: int) -> None:
    assert may_take(held, nodes, workers, PATIENCE_S)


def test_a_worker_below_its_share_takes_a_free_node_at_once() -> None:
    assert may_take(0, 3, 2, 0.0)
    assert not may_take(2, 3, 2, 0.0)
