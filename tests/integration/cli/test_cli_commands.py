"""Every command against a real master: what it prints, in both forms, and its exit code."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Command

NAMES = (f"campaign-{number}" for number in itertools.count())


@pytest.fixture
def campaign(asked: Command) -> str:
    """The name of a new campaign."""
    return str(asked("campaign", "create", next(NAMES), "--message", "hello", "--any-time")["name"])


def listed(here: Path, *lines: str) -> str:
    path = here / "list.csv"
    path.write_text("".join(f"{line}\n" for line in ("nome;telefone", *lines)), encoding="utf-8")
    return str(path)


class TestTheSystem:
    def test_status_tells_leader_and_services(self, asked: Command, shown: Command) -> None:
        status = asked("status")
        assert status["state"] == "SYSTEM_STATE_RUNNING"
        assert [service["service"] for service in status["services"]] == ["master"]
        assert "database" in shown("status") and "master" in shown("status")

    def test_stop_and_start_are_told_at_once(self, asked: Command, shown: Command) -> None:
        assert asked("stop")["state"] == "SYSTEM_STATE_STOPPED"
        assert asked("status")["state"] == "SYSTEM_STATE_STOPPED"
        assert "running" in shown("start")

    def test_workers_and_queue_are_shown_when_there_is_nothing(self, asked: Command, shown: Command) -> None:
        assert asked("workers") == []
        assert "No worker reports." in shown("workers")
        assert asked("queue")["jobsWaiting"] == "0"
        assert "follower none" in shown("queue")

    def test_the_version_is_shown(self, asked: Command, shown: Command) -> None:
        assert asked("--version")["version"] in shown("--version")


class TestCampaigns:
    def test_life_of_a_campaign(self, asked: Command, refused: Command, campaign: str, here: Path) -> None:
        asked("campaign", "import", campaign, listed(here, "Ana;11987650001"))
        assert refused("campaign", "pause", campaign, code=5) == "campaign-illegal-transition"
        for command, state in (
            ("start", "RUNNING"), ("pause", "PAUSED"), ("resume", "RUNNING"), ("stop", "STOPPED"),
        ):  # fmt: skip
            assert asked("campaign", command, campaign)["state"] in (
                f"CAMPAIGN_STATE_{state}",
                "CAMPAIGN_STATE_STOPPING",
            )
        assert asked("campaign", "show", campaign)["checks"]

    def test_it_is_listed_and_shown_with_the_reason_it_does_not_dial(
        self, asked: Command, shown: Command, campaign: str
    ) -> None:
        assert campaign in [one["name"] for one in asked("campaign", "list", "--state", "draft")]
        assert campaign in shown("campaign", "list")
        assert "It dials nothing now" in shown("campaign", "show", campaign)

    def test_a_taken_name_is_refused(self, refused: Command, campaign: str) -> None:
        assert refused("campaign", "create", campaign, "--message", "m", code=5) == "campaign-name-taken"

    @pytest.mark.parametrize("name", ["", " ", "a\x01b", "a\nb", "x" * 101, "\N{RIGHT-TO-LEFT OVERRIDE}a"])
    def test_a_name_that_is_none_is_refused(self, refused: Command, name: str) -> None:
        assert refused("campaign", "create", name, "--message", "m", code=1) == "campaign-invalid"

    @pytest.mark.parametrize("name", ["[red]x[/red]", "x[/]y", "Ünï 日本 🎉", "[bold"])
    def test_a_name_is_printed_as_it_is(self, asked: Command, shown: Command, name: str) -> None:
        name += next(NAMES)
        assert name in shown("campaign", "create", name, "--message", "m")
        assert name in shown("campaign", "show", name)
        assert name in shown("campaign", "list")
        assert f"No campaign is called '{name}-'" in shown("campaign", "show", f"{name}-", code=3)

    @pytest.mark.parametrize("word", ["0", "987654", "²", "9" * 25, "none", ""])
    def test_what_does_not_exist_is_not_found(self, refused: Command, word: str) -> None:
        assert refused("campaign", "show", word, code=3) == "campaign-not-found"

    @pytest.mark.parametrize(
        "words",
        [
            ("--channels", "0"), ("--channels", "99999999999"), ("--ring", "-1"), ("--retry", "busy=1"),
            ("--digit", "9"), ("--digit", "9=jump"), ("--mode", "fast"), ("--settings", "none.json"), ("--what",),
        ],
    )  # fmt: skip
    def test_a_wrong_option_is_said_with_exit_code_2(self, refused: Command, words: tuple[str, ...]) -> None:
        assert refused("campaign", "create", "x", *words, code=2) in (
            "usage", "argument-invalid", "settings-file-invalid",
        )  # fmt: skip

    def test_bytes_that_are_no_text_are_refused(self, refused: Command) -> None:
        assert refused("campaign", "create", "caf\udce9", "--message", "m", code=2) == "argument-invalid"

    def test_options_win_over_the_file_and_only_those_that_were_given(self, asked: Command, here: Path) -> None:
        rules = '[{"outcome": "busy", "delayS": 60, "maxAttempts": 2}]'
        (here / "s.json").write_text(f'{{"maxChannels": 7, "priority": 3, "message": "m", "retryRules": {rules}}}')
        words = ("--settings", "s.json", "--priority", "9", "--retry", "busy=120,5")
        settings = asked("campaign", "create", next(NAMES), *words)["settings"]
        assert (settings["maxChannels"], settings["priority"], settings["message"]) == (7, 9, "m")
        assert [rule["delayS"] for rule in settings["retryRules"]] == [120.0]


class TestImports:
    def test_a_list_comes_in_once_and_its_leads_are_shown(
        self, asked: Command, shown: Command, campaign: str, here: Path
    ) -> None:
        path = listed(here, "Ana;11987650001", "Bia;11987650002", "Caio;12")
        first = asked("campaign", "import", campaign, path)
        assert (first["rows"], first["imported"], first["invalid"]) == ("3", "2", "1")
        assert asked("campaign", "import", campaign, path)["id"] == first["id"]
        leads = asked("lead", "list", campaign)
        assert [lead["number"] for lead in leads] == ["+5511987650001", "+5511987650002"]
        assert "Ana" in shown("lead", "list", campaign, "--limit", "1")
        assert "Bia" not in shown("lead", "list", campaign, "--limit", "1")
        explained = asked("lead", "explain", leads[0]["id"])
        assert [check["id"] for check in explained["checks"] if check["state"] == "CHECK_STATE_FAILED"]
        assert "+5511987650001" in shown("lead", "explain", leads[0]["id"])

    def test_a_trial_adds_nothing(self, asked: Command, campaign: str, here: Path) -> None:
        path = listed(here, "Ana;11987650001")
        assert asked("campaign", "import", campaign, path, "--dry-run")["imported"] == "1"
        assert asked("lead", "list", campaign) == []

    def test_refused_rows_are_written_and_can_be_corrected_and_sent_again(
        self, asked: Command, campaign: str, here: Path
    ) -> None:
        asked("campaign", "import", campaign, listed(here, "Ana;11987650001", "Caio;12"), "--errors", "errors.csv")
        written = (here / "errors.csv").read_text(encoding="utf-8-sig")
        assert written.splitlines() == ["row,reason,cells", "3,number-invalid,Caio,12"]
        assert [path.name for path in here.iterdir() if path.suffix == ".partial"] == []

    def test_an_error_file_that_cannot_be_written_is_said_before_anything_is_imported(
        self, refused: Command, asked: Command, campaign: str, here: Path
    ) -> None:
        words = ("campaign", "import", campaign, listed(here, "Ana;11987650001"), "--errors")
        assert refused(*words, "none/errors.csv", code=2) == "file-not-writable"
        assert refused(*words, ".", code=2) == "file-not-writable"
        assert asked("lead", "list", campaign) == []

    def test_a_list_without_one_usable_row_is_no_success(self, refused: Command, campaign: str, here: Path) -> None:
        path = listed(here, "Ana;12", "Bia;34")
        assert refused("campaign", "import", campaign, path, code=1) == "import-all-refused"

    @pytest.mark.parametrize(
        ("content", "error_id"),
        [(b"", "import-empty"), (b"\0\1\2", "import-not-text"), (b"PK\3\4", "import-not-xlsx")],
    )
    def test_what_is_no_list_is_refused(
        self, refused: Command, campaign: str, here: Path, content: bytes, error_id: str
    ) -> None:
        (here / "list.csv").write_bytes(content)
        assert refused("campaign", "import", campaign, "list.csv", code=1) == error_id

    def test_a_file_that_is_missing_is_a_wrong_command_line(self, refused: Command, campaign: str) -> None:
        assert refused("campaign", "import", campaign, "none.csv", code=2) == "usage"
        assert refused("campaign", "import", campaign, ".", code=2) == "usage"

    def test_what_was_exported_can_be_imported(self, asked: Command, shown: Command, here: Path, campaign: str) -> None:
        asked("campaign", "import", campaign, listed(here, "=Ana;11987650001", "Bia;+351912345678"))
        assert asked("campaign", "export", campaign, "out.csv")["bytes"] == (here / "out.csv").stat().st_size
        other = asked("campaign", "create", next(NAMES), "--message", "m")["id"]
        assert asked("campaign", "import", other, "out.csv")["imported"] == "2"
        found = [(lead["name"], lead["number"]) for lead in asked("lead", "list", other)]
        assert found == [("=Ana", "+5511987650001"), ("Bia", "+351912345678")]

    def test_an_export_goes_to_a_pipe_or_whole_into_a_file(
        self, shown: Command, refused: Command, here: Path, campaign: str
    ) -> None:
        assert "id,number,name" in shown("campaign", "export", campaign)
        assert refused("campaign", "export", campaign, "none/out.csv", code=2) == "file-not-writable"
        assert refused("campaign", "export", campaign, ".", code=2) == "file-not-writable"
        assert refused("campaign", "export", "none", "out.csv", code=3) == "campaign-not-found"
        assert list(here.iterdir()) == []

    def test_an_import_that_ctrl_c_ended_goes_on(self, asked: Command, campaign: str, here: Path) -> None:
        rows = 40_000
        path = listed(here, *(f"P;{11_910_000_000 + row}" for row in range(rows)))
        importing = subprocess.Popen(
            [sys.executable, "-m", "discador.cli", "campaign", "import", campaign, path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        end = time.monotonic() + 60
        while not asked("campaign", "show", campaign)["counters"]["leads"]:
            assert importing.poll() is None and time.monotonic() < end, importing.communicate()
        importing.send_signal(signal.SIGINT)
        _, problems = importing.communicate(timeout=30)
        assert importing.returncode in (130, 0), problems  # 0: it was quicker than we
        assert b"Traceback" not in problems
        done = asked("campaign", "import", campaign, path)
        assert (done["state"], done["rows"], done["imported"]) == ("IMPORT_STATE_DONE", str(rows), str(rows))


class TestAttemptsTrunksAndNodes:
    def test_attempts_are_listed_and_an_unknown_one_is_not_found(
        self, asked: Command, shown: Command, refused: Command, campaign: str
    ) -> None:
        assert asked("attempt", "list", "--campaign", campaign) == []
        assert "No attempt matches." in shown("attempt", "list", "--campaign", campaign)
        assert refused("attempt", "show", "018f0000-0000-7000-8000-000000000000", code=3) == "attempt-not-found"
        assert refused("attempt", "show", "x", code=1) == "attempt-id-invalid"
        assert refused("attempt", "list", "--outcome", "x", code=1) == "filter-invalid"
        for words in (("--lead", "9" * 30), ("--limit", "0"), ("--limit", "-1"), ("--lead", "x")):
            assert refused("attempt", "list", *words, code=2) == "usage"
        assert refused("lead", "explain", "987654", code=3) == "lead-not-found"
        assert refused("lead", "explain", "9" * 30, code=2) == "usage"

    def test_life_of_a_trunk(self, asked: Command, shown: Command, refused: Command) -> None:
        assert asked("trunk", "add", "carrier", "--node", "n1", "--channels", "3")["maxChannels"] == 3
        assert refused("trunk", "add", "carrier", "--node", "n1", code=5) == "trunk-name-taken"
        assert asked("trunk", "disable", "carrier")["disabled"]
        assert "yes" in shown("trunk", "list")
        assert not asked("trunk", "enable", "carrier")["disabled"]
        assert asked("trunk", "remove", "carrier") == {}
        assert refused("trunk", "remove", "carrier", code=3) == "trunk-not-found"
        assert refused("trunk", "remove", "9" * 30, code=3) == "trunk-not-found"
        assert refused("trunk", "add", "x", "--node", "none", code=3) == "node-not-found"
        assert refused("trunk", "add", "x", "--node", "n1", "--dial", "PJSIP/1", code=1) == "trunk-invalid"

    def test_life_of_a_node(self, asked: Command, shown: Command, refused: Command) -> None:
        assert asked("node", "add", "n2", "--gateway", "127.0.0.1:9")["amiState"] == "AMI_STATE_UNSPECIFIED"
        assert {node["name"] for node in asked("node", "list")} == {"n1", "n2"}
        assert "127.0.0.1:9" in shown("node", "list")
        assert refused("node", "remove", "n1", code=5) == "node-in-use"
        assert asked("node", "remove", "n2") == {}
        assert refused("node", "remove", "n2", code=3) == "node-not-found"
        assert refused("node", "add", "n3", "--gateway", "here", code=1) == "node-invalid"


class TestDoNotCall:
    def test_a_number_is_added_found_and_removed(self, asked: Command, shown: Command, refused: Command) -> None:
        assert asked("dnc", "add", "(11) 98765-9001", "--reason", "asked")["number"] == "+5511987659001"
        assert "asked" in shown("dnc", "check", "+5511987659001")
        assert asked("dnc", "remove", "+5511987659001") == {}
        assert refused("dnc", "check", "+5511987659001", code=3) == "dnc-entry-not-found"
        assert refused("dnc", "remove", "+5511987659001", code=3) == "dnc-entry-not-found"
        assert refused("dnc", "add", "[/x]", code=1) == "number-invalid"

    def test_a_list_is_added_and_what_is_no_number_is_told(
        self, asked: Command, shown: Command, refused: Command, here: Path
    ) -> None:
        (here / "dnc.txt").write_text("telefone\n11987659002\n\n11987659003\n")
        assert asked("dnc", "import", "dnc.txt")["added"] == 2
        again = asked("dnc", "import", "dnc.txt")
        assert (again["added"], again["known"], list(again["refused"])) == (0, 2, ["1"])
        assert "line 1:" in shown("dnc", "import", "dnc.txt")
        (here / "dnc.txt").write_text("a\n" * 30)
        assert refused("dnc", "import", "dnc.txt", code=1) == "dnc-import-empty"
        (here / "dnc.txt").write_text("")
        assert refused("dnc", "import", "dnc.txt", code=1) == "dnc-import-empty"


class TestWithoutAMaster:
    def test_a_wrong_token_is_refused(self, refused: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DISCADOR_SERVICE_TOKEN", "wrong")
        assert refused("status", code=1) == "unauthenticated"
        monkeypatch.setenv("DISCADOR_SERVICE_TOKEN", "caf\N{LATIN SMALL LETTER E WITH ACUTE}")
        assert refused("status", code=2) == "settings-invalid"

    @pytest.mark.parametrize("address", ["127.0.0.1:1", "http://here/", "none.invalid:1"])
    def test_a_wrong_address_is_named(self, shown: Command, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        monkeypatch.setenv("DISCADOR_MASTER_ADDRESS", address)
        assert address in shown("campaign", "list", code=4)
