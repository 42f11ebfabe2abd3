"""Column types, records and statements: what needs no database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, sqlite

import discador.store
from discador.core.attempt import State
from discador.store import errors, records, tables
from discador.store.dialect import Dialect, MariaDb, Sqlite
from discador.store.records import zones_key, zones_of
from discador.store.types import AttemptId, Choice, Instant, JsonObject, from_microseconds, to_microseconds

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))


@given(MOMENTS)
def test_an_instant_comes_back_to_the_microsecond(at: datetime) -> None:
    assert from_microseconds(to_microseconds(at)) == at


def test_an_instant_of_another_zone_comes_back_in_utc() -> None:
    at = datetime(2026, 2, 21, 23, 30, tzinfo=timezone(timedelta(hours=-3)))
    back = from_microseconds(to_microseconds(at))
    assert back == at
    assert back.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        Instant().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())


@pytest.mark.parametrize("kind", [Instant(), AttemptId(), JsonObject(), Choice(State)])
def test_nothing_stays_nothing(kind: Instant | AttemptId | JsonObject | Choice[State]) -> None:
    for dialect in (mysql.dialect(), sqlite.dialect()):
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None


@given(st.uuids())
def test_an_attempt_id_is_its_sixteen_bytes(value: uuid.UUID) -> None:
    raw = AttemptId().process_bind_param(value, mysql.dialect())
    assert raw is not None
    assert len(raw) == 16
    assert AttemptId().process_result_value(raw, mysql.dialect()) == value


@given(st.lists(st.sampled_from(["America/Manaus", "America/Sao_Paulo", "America/Rio_Branco"]), unique=True))
def test_a_set_of_zones_has_one_key_whatever_its_order(zones: list[str]) -> None:
    assert zones_key(tuple(zones)) == zones_key(tuple(reversed(zones)))
    assert zones_of(zones_key(tuple(zones))) == tuple(sorted(zones))


def test_every_error_names_itself_and_its_kind() -> None:
    made = [
        errors.NotFound("lead", 1),
        errors.NameTaken("trunk", "t"),
        errors.InUse("node", "x"),
        errors.InvalidValue("lead", "x"),
        errors.CampaignNotDraft("x"),
        errors.LeadExists("x"),
        errors.StaleLeader(1, 2),
        errors.EtagMismatch("x"),
        errors.RequestIdReused("x"),
        errors.ImportRaced(1, 2, 3, "done"),
        errors.FirstRunClosed("x"),
        errors.LastAdministrator("x"),
        errors.DatabaseUnavailable("x"),
    ]
    assert {type(each) for each in made} == {
        getattr(discador.store, name)
        for name in discador.store.__all__
        if isinstance(getattr(discador.store, name), type)
    } - {errors.StoreError, discador.store.Store}
    assert len({each.error_id for each in made}) == len(made)
    told = errors.__doc__ or ""
    for each in made:
        noun = getattr(each, "noun", None)
        listed = each.error_id.replace(f"{noun}-", "<noun>-") if noun else each.error_id
        assert f" {listed} " in told, f"{each.error_id} is not in the tree"
        assert each.kind in {"not_found", "conflict", "invalid", "unavailable", "precondition"}


def test_all_records_are_frozen() -> None:
    for name in records.__all__:
        record = getattr(records, name)
        if hasattr(record, "__dataclass_fields__"):
            assert record.__dataclass_params__.frozen, name


@pytest.mark.parametrize("dialect", [MariaDb(), Sqlite()])
def test_an_upsert_without_changes_only_locks(dialect: Dialect) -> None:
    text = dialect.on_conflict(tables.number_usage, (), ())
    assert text in {
        "ON DUPLICATE KEY UPDATE `number` = `number_usage`.`number`",
        'ON CONFLICT ("number") DO NOTHING',
    }
