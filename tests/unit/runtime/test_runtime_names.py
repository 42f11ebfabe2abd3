"""Names: keys in Redis, instances, kill points that are not armed, the namespace package."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from discador.runtime import keys, killpoint
from discador.runtime.identity import instance_id


def test_every_key_is_under_the_prefix() -> None:
    made = [
        keys.key("jobs"),
        keys.lease("leader"),
        keys.fence("leader"),
        keys.bucket("trunk:7"),
        keys.presence("worker", "w-1"),
        keys.presence_index(),
        keys.dead(keys.key("jobs")),
    ]
    assert all(name.startswith("discador:") for name in made)
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("parts", [(), ("",), ("a", "")])
def test_a_key_without_a_part_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="parts"):
        keys.key(*parts)


def test_no_two_instances_have_one_name() -> None:
    names = {instance_id("worker") for _ in range(50)}
    assert len(names) == 50
    assert all(name.startswith("worker-") and f"-{os.getpid()}-" in name for name in names)


def test_a_kill_point_that_is_not_armed_is_an_empty_function() -> None:
    assert killpoint.arm(None, None) is killpoint.arm("", " , ")
    killpoint.killpoint("anything")


def test_discador_is_a_namespace_package() -> None:
    found = importlib.util.find_spec("discador")
    assert found is not None
    assert found.origin is None
    for directory in found.submodule_search_locations or []:
        assert not (Path(directory) / "__init__.py").exists()
