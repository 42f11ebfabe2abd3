"""The master's settings: first nodes and trunks."""

from __future__ import annotations

import pytest

from discador.master.settings import MasterSettings
from discador.runtime.settings import SettingsInvalid, load, redacted

REQUIRED = {
    "DISCADOR_DATABASE_URL": "sqlite:///x.db",
    "DISCADOR_REDIS_URL": "redis://:secret@localhost/0",
    "DISCADOR_SERVICE_TOKEN": "secret",
}


def test_first_nodes_and_trunks_are_read() -> None:
    settings = load(
        MasterSettings,
        REQUIRED
        | {
            "DISCADOR_NODES": "n1=10.0.0.1:50053, n2=gateway:50053",
            "DISCADOR_TRUNKS": "a,node=n1,dial=PJSIP/{number}@a,channels=5,cps=0.5;b,node=n2,dial=PJSIP/{number}@b",
        },
    )
    assert [str(node) for node in settings.nodes] == ["n1=10.0.0.1:50053", "n2=gateway:50053"]
    first, second = settings.trunks
    assert (first.node, first.trunk.max_channels, first.trunk.max_calls_per_second) == ("n1", 5, 0.5)
    assert (second.trunk.name, second.trunk.max_channels) == ("b", 10)
    assert "secret" not in "".join(redacted(settings).values())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DISCADOR_NODES", "n1"),
        ("DISCADOR_NODES", "n 1=host:1"),
        ("DISCADOR_NODES", "n1=host"),
        ("DISCADOR_TRUNKS", "t,node=n1,dial=PJSIP/5511@carrier"),
        ("DISCADOR_TRUNKS", "t,dial=PJSIP/{number}@carrier"),
        ("DISCADOR_TRUNKS", "t,node=n1,dial=PJSIP/{number}@carrier,chanels=5"),
        ("DISCADOR_TRUNKS", "t,node=n1,dial=PJSIP/{number}@carrier,cps=fast"),
        ("DISCADOR_TIMEZONE", "Brasilia"),
        ("DISCADOR_DATABASE_URL", "postgres://x"),
    ],
)
def test_what_cannot_be_used_is_refused_at_start(variable: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as invalid:
        load(MasterSettings, REQUIRED | {variable: value})
    assert [fault for fault in invalid.value.faults if fault.startswith(variable)]
