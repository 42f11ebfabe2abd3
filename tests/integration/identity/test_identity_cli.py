"""`discador user`, `token` and `audit` against a real master."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from discador.cli.app import run
from discador.runtime import log
from tests.integration.identity.identity_kit import PASSWORD
from tests.integration.master.master_kit import TOKEN, World


class Terminal:
    """Types command lines; `answer` is what the last one printed as JSON."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.answer: Any = None

    async def types(self, *words: str) -> int:
        self._capsys.readouterr()
        code = await asyncio.to_thread(run, [*words, "--json"])
        out = self._capsys.readouterr().out
        # The master of this test writes its log to the same place.
        text = "\n".join(line for line in out.splitlines() if not line.startswith('{"ts"'))
        self.answer = json.loads(text) if text else None
        return code


@pytest.fixture
def terminal(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("DISCADOR_MASTER_ADDRESS", world.address)
    monkeypatch.setenv("DISCADOR_SERVICE_TOKEN", TOKEN)
    for name in ("service", "threshold", "stream"):  # a command line sets the log of its process
        monkeypatch.setattr(log._output, name, getattr(log._output, name))
    return Terminal(capsys)


async def test_users_tokens_and_the_audit_log_from_the_command_line(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    asked = ("--password-file", str(file))
    assert await terminal.types("user", "add", "Root", "--role", "administrator", *asked) == 0
    assert await terminal.types("user", "add", "ana", "--role", "supervisor", "--campaign", "3", *asked) == 0
    assert terminal.answer["campaignIds"] == ["3"]
    assert await terminal.types("user", "add", "ana", "--role", "agent", *asked) == 5
    assert await terminal.types("user", "add", "bia", "--role", "king", *asked) == 2
    assert await terminal.types("user", "list") == 0
    assert [user["name"] for user in terminal.answer] == ["root", "ana"]
    assert await terminal.types("user", "disable", "ana", "--reason", "left") == 0
    assert terminal.answer["disabled"] is True
    assert await terminal.types("user", "disable", "root") == 5
    assert terminal.answer["error"]["id"] == "last-administrator"
    assert await terminal.types("user", "passwd", "ana", *asked) == 0
    assert await terminal.types("user", "passwd", "nobody", *asked) == 3
    assert await terminal.types("token", "create", "crm", "--user", "root", "--may", "lead:write") == 0
    secret = terminal.answer["secret"]
    assert secret.startswith("dsc_")
    assert await terminal.types("token", "create", "crm", "--user", "root", "--may", "lead:eat") == 1
    assert await terminal.types("token", "revoke", "1") == 0
    assert await terminal.types("token", "list") == 0
    assert terminal.answer[0]["revokedAt"] and secret not in str(terminal.answer)
    assert await terminal.types("audit", "list") == 0
    told = [entry["action"] for entry in terminal.answer]
    assert told == ["RevokeToken", "CreateToken", "SetPassword", "UpdateUser", "CreateUser", "CreateUser"]
    kept = terminal.answer[0]["hash"]
    assert await terminal.types("audit", "verify", "--head", kept) == 0
    assert terminal.answer["entries"] == "6"
    assert await terminal.types("audit", "verify", "--head", "0" * 64) == 1
    assert terminal.answer["error"]["id"] == "audit-cut"
    with closing(sqlite3.connect(world.directory / "discador.db")) as database:
        database.execute("DELETE FROM audit WHERE no = 2")
        database.commit()
    assert await terminal.types("audit", "verify") == 1
    assert terminal.answer["error"]["id"] == "audit-broken"
