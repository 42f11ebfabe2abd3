"""The one-time token's file."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from discador.web.auth.first_run import FirstRunToken


def test_the_file_is_made_once_for_its_owner_only_and_taken_away(tmp_path: Path) -> None:
    token = FirstRunToken(tmp_path / "secrets" / "token")
    assert not token.matches("")
    assert token.ensure() and token.ensure()
    secret = token.path.read_text()
    assert len(secret) == 43
    if sys.platform != "win32":
        assert stat.S_IMODE(token.path.stat().st_mode) == 0o600
    assert token.matches(secret) and token.matches(f" {secret}\n")
    assert not token.matches(secret[:-1]) and not token.matches("") and not token.matches("ü")
    token.remove()
    token.remove()
    assert not token.matches(secret)


def test_a_secret_that_stands_there_already_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text("from-outside\n")
    token = FirstRunToken(tmp_path / "mounted")
    assert token.ensure() and token.matches("from-outside")


def test_an_empty_file_and_a_place_that_cannot_be_written_open_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert not FirstRunToken(tmp_path / "empty").matches("")
    assert not FirstRunToken(tmp_path / "empty" / "below").ensure()
