"""The migrations make exactly the tables that the code speaks of."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from discador.store import DatabaseUnavailable, InvalidValue, open_store, tables
from tests.contract.store.world import World, at_once
from tests.rig.mariadb import MariaDB

_DATABASES = itertools.count(1)


def shape(url: str) -> dict[str, list[str]]:
    """Each table as the database describes it; the order of its indexes means nothing."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(sa.text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
            found: dict[str, list[str]] = {}
            for name, text in rows:
                found.setdefault(name, []).append(re.sub(r"\s+", " ", text))
        else:
            names = sa.inspect(connection).get_table_names()
            created = {n: connection.execute(sa.text(f"SHOW CREATE TABLE `{n}`")).one()[1] for n in names}
            found = {
                name: [re.sub(r" AUTO_INCREMENT=\d+", "", line).strip(" ,") for line in text.splitlines()]
                for name, text in created.items()
            }
    engine.dispose()
    return {name: sorted(lines) for name, lines in found.items() if name != "alembic_version"}


def other_mariadb(server: MariaDB, name: str) -> str:
    engine = sa.create_engine(server.url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.url.replace("/discador?", f"/{name}?")


@pytest.fixture(params=["sqlite", "mariadb"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Addresses of two databases without tables."""
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb")
        one, two = (f"{name}_{next(_DATABASES)}" for name in ("one", "two"))
        return other_mariadb(server, one), other_mariadb(server, two)
    return f"sqlite:///{tmp_path}/one.db", f"sqlite:///{tmp_path}/two.db"


def test_migrations_and_tables_agree(two_urls: tuple[str, str]) -> None:
    migrated, created = two_urls
    store = open_store(migrated)
    assert not store.schema_is_current()
    store.migrate()
    assert store.schema_is_current()
    store.close()
    engine = sa.create_engine(created)
    tables.metadata.create_all(engine)
    engine.dispose()
    assert shape(migrated) == shape(created)
    assert set(shape(created)) == set(tables.metadata.tables)


def test_several_may_migrate_at_once(two_urls: tuple[str, str]) -> None:
    def start() -> None:
        store = open_store(two_urls[0])
        store.migrate()
        assert store.schema_is_current()
        store.close()

    at_once(*[start] * 4)
    store = open_store(two_urls[0])
    assert (store.leadership.current().epoch, store.system.get().dialling) == (0, True)
    store.close()


def test_migrating_again_keeps_what_is_there(world: World) -> None:
    world.campaign(leads=3)
    world.store.migrate()
    world.check()


@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "nonsense secret"], ids=lambda u: u[:12]
)
def test_an_address_that_cannot_serve_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        open_store(url)
    assert caught.value.error_id == "database-url-invalid"
    assert "secret" not in str(caught.value)


def test_sqlite_commits_survive_a_power_cut(tmp_path: Path, migrated_sqlite: Path) -> None:
    """Not to be shown without cutting power; so at least that nobody takes the settings away."""
    path = tmp_path / "store.db"
    shutil.copy(migrated_sqlite, path)
    store = open_store(f"sqlite:///{path}")
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    values = [store._database.read(lambda tx, p=p: tx.execute(sa.text(f"PRAGMA {p}")).scalar()) for p in pragmas]
    assert values == ["wal", 2, 1, 4000]
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_database_without_tables_is_told_from_one_that_does_not_answer(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kind == "mariadb":
        url = other_mariadb(request.getfixturevalue("mariadb"), f"bare_{next(_DATABASES)}")
    else:
        url = f"sqlite:///{tmp_path / 'bare.db'}"
    store = open_store(url)
    with pytest.raises(DatabaseUnavailable, match="no tables yet: the master makes them"):
        store.nodes.list()
    store.close()
