"""Settings: everything wrong is told at once, secrets are never shown, names are helped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discador.runtime.settings import (
    Address,
    SettingsInvalid,
    boolean,
    choice,
    csv,
    duration,
    environment,
    hints,
    host_port,
    integer,
    load,
    number,
    redacted,
    setting,
    url,
)


@dataclass(frozen=True)
class Base:
    level: str = setting("DISCADOR_LOG_LEVEL", default="info", parse=choice("debug", "info"))


@dataclass(frozen=True)
class Settings(Base):
    redis_url: str = setting("DISCADOR_REDIS_URL", parse=url("redis", "rediss"), help="Redis")
    token: str = setting("DISCADOR_SERVICE_TOKEN", secret=True, help="shared by all services")
    slots: int = setting("DISCADOR_SLOTS", default=50, parse=integer(1, 1000))
    bind: Address = setting("DISCADOR_BIND", default=Address("127.0.0.1", 0), parse=host_port)
    nodes: tuple[str, ...] = setting("DISCADOR_NODES", default=(), parse=csv)


GOOD = {"DISCADOR_REDIS_URL": "redis://:hush@h:1/0", "DISCADOR_SERVICE_TOKEN": "t0ken"}


def faults(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        load(Settings, environ)
    assert caught.value.error_id == "settings-invalid"
    return caught.value.faults


def test_values_are_parsed_and_defaults_stand_in() -> None:
    settings = load(Settings, {**GOOD, "DISCADOR_SLOTS": "7", "DISCADOR_NODES": "a, b,,", "DISCADOR_BIND": "[::1]:50"})
    assert settings == Settings(
        redis_url="redis://:hush@h:1/0", token="t0ken", slots=7, nodes=("a", "b"), bind=Address("::1", 50)
    )
    assert settings.level == "info"
    assert str(settings.bind) == "[::1]:50"


def test_all_faults_are_told_together_each_with_its_variable() -> None:
    found = faults({"DISCADOR_SLOTS": "0", "DISCADOR_BIND": "nowhere", "DISCADOR_LOG_LEVEL": "loud"})
    assert found == (
        "DISCADOR_LOG_LEVEL must be one of debug, info",
        "DISCADOR_REDIS_URL is required (Redis)",
        "DISCADOR_SERVICE_TOKEN is required (shared by all services)",
        "DISCADOR_SLOTS must be at least 1",
        "DISCADOR_BIND must be host:port, such as 127.0.0.1:50051",
    )


def test_an_empty_value_counts_as_not_set() -> None:
    assert load(Settings, {**GOOD, "DISCADOR_SLOTS": ""}).slots == 50
    assert "DISCADOR_REDIS_URL is required (Redis)" in faults({**GOOD, "DISCADOR_REDIS_URL": ""})


def test_a_misspelt_name_is_helped_and_a_foreign_one_left_alone() -> None:
    environ = {**GOOD, "DISCADOR_REDIS_URI": "x", "DISCADOR_DATABASE_URL": "y", "REDIS_URL": "z"}
    assert hints(Settings, environ) == ("DISCADOR_REDIS_URI is not known here: is DISCADOR_REDIS_URL meant?",)
    assert load(Settings, environ).redis_url == GOOD["DISCADOR_REDIS_URL"]
    del environ["DISCADOR_REDIS_URL"]
    assert faults(environ)[-1] == "DISCADOR_REDIS_URI is not known here: is DISCADOR_REDIS_URL meant?"


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" s p a c e d \r\n")
    environ = {"DISCADOR_REDIS_URL": "redis://h", "DISCADOR_SERVICE_TOKEN_FILE": str(file)}
    assert load(Settings, environ).token == " s p a c e d "


def test_a_secret_file_that_is_missing_empty_or_doubled_is_a_fault(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    name = "DISCADOR_SERVICE_TOKEN_FILE"
    url_only = {"DISCADOR_REDIS_URL": "redis://h"}
    assert "FileNotFoundError" in faults({**url_only, name: str(tmp_path / "none")})[0]
    assert "the file is empty" in faults({**url_only, name: str(empty)})[0]
    assert "both set" in faults({**GOOD, name: str(empty)})[0]


def test_no_secret_is_printed_neither_in_the_table_nor_in_a_fault() -> None:
    table = redacted(load(Settings, GOOD))
    assert table["DISCADOR_SERVICE_TOKEN"] == "***"
    assert table["DISCADOR_REDIS_URL"] == "redis://:***@h:1/0"
    assert table["DISCADOR_SLOTS"] == "50"

    def quoting(value: str) -> str:
        raise ValueError(f"{value} is bad")

    @dataclass(frozen=True)
    class Secret:
        value: str = setting("DISCADOR_X", parse=quoting, secret=True)

    with pytest.raises(SettingsInvalid) as caught:
        load(Secret, {"DISCADOR_X": "hush"})
    assert caught.value.faults == ("DISCADOR_X is not valid",)
    assert "hush" not in str(faults({**GOOD, "DISCADOR_REDIS_URL": "http://:hush@h"}))


def test_a_secret_cannot_have_a_default() -> None:
    with pytest.raises(TypeError, match="default"):
        setting("DISCADOR_X", default="changeme", secret=True)


def test_a_dotenv_file_is_read_and_the_real_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "# comment\n"
        "DISCADOR_A=plain   # why\n"
        "export DISCADOR_B='single $quoted # kept'\n"
        'DISCADOR_C="line\\nbreak \\"quoted\\" c:\\\\dir"\n'
        "DISCADOR_D=p#ss$word\n"
        "DISCADOR_E=\n"
        "DISCADOR_F=from file\n"
        "not a line\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("DISCADOR_F", "from environment")
    monkeypatch.chdir(tmp_path)
    found = environment()
    assert {name: found[name] for name in found if name.startswith("DISCADOR_")} == {
        "DISCADOR_A": "plain",
        "DISCADOR_B": "single $quoted # kept",
        "DISCADOR_C": 'line\nbreak "quoted" c:\\dir',
        "DISCADOR_D": "p#ss$word",
        "DISCADOR_E": "",
        "DISCADOR_F": "from environment",
    }
    assert environment(tmp_path / "nowhere")["DISCADOR_F"] == "from environment"


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("5s", 5.0), ("1.5m", 90.0), ("2h", 7200.0), ("1d", 86400.0), (" 3 s ", 3.0)]
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["5", "s", "-5s", "5 parsecs", "1e3s", "5s5s", "٥s"])
def test_a_text_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration(text)


@pytest.mark.parametrize("text", ["yes", "TRUE", "1", "on"])
def test_words_for_true(text: str) -> None:
    assert boolean(text) is True


@pytest.mark.parametrize("text", ["no", "False", "0", "OFF"])
def test_words_for_false(text: str) -> None:
    assert boolean(text) is False


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (boolean, "perhaps"),
        (integer(), "1.5"),
        (integer(), "1_000"),
        (integer(high=9), "10"),
        (number(), "nan"),
        (number(), "1,5"),
        (number(low=0), "-0.1"),
        (number(high=1), "1.1"),
        (host_port, "nowhere"),
        (host_port, "host:65536"),
        (host_port, "::1:80"),
        (host_port, "a b:80"),
        (url("redis"), "redis:"),
        (url("redis"), "mysql://h"),
        (url("redis"), "redis://h:notaport/"),
        (choice("a", "b"), "c"),
    ],
)
def test_a_wrong_text_is_refused_without_repeating_it(parse: object, text: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        parse(text)  # type: ignore[operator]
    assert text not in str(caught.value) or len(text) < 3


@given(st.integers(-(10**17), 10**17), st.integers(-100, 100), st.integers(0, 100))
def test_an_integer_is_accepted_exactly_within_its_range(value: int, low: int, width: int) -> None:
    parse = integer(low, low + width)
    if low <= value <= low + width:
        assert parse(str(value)) == value
    else:
        with pytest.raises(ValueError, match="must be at"):
            parse(str(value))


def test_a_number_has_a_point() -> None:
    assert number(0, 1)("0.25") == 0.25
