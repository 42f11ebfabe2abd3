"""Words of the command line, and what is said about those that mean nothing."""

from __future__ import annotations

import pytest

from discador.cli.app import run
from discador.cli.choices import UsageFailure, digit_actions, enum_value, retry_rule
from discador.v1 import campaign_pb2


def test_a_mode_is_named_by_its_short_word() -> None:
    assert enum_value(campaign_pb2.DialMode, "DIAL_MODE_", "broadcast", "mode") == campaign_pb2.DIAL_MODE_BROADCAST


def test_an_unknown_mode_says_which_there_are() -> None:
    with pytest.raises(UsageFailure, match="preview, progressive, power, predictive, broadcast"):
        enum_value(campaign_pb2.DialMode, "DIAL_MODE_", "fast", "mode")


def test_a_retry_rule_is_delay_attempts_and_multiplier() -> None:
    assert retry_rule("busy=900,3") == campaign_pb2.RetryRule(outcome="busy", delay_s=900, max_attempts=3, multiplier=1)
    assert retry_rule("no_answer=60,2,1.5").multiplier == 1.5


@pytest.mark.parametrize("text", ["busy", "busy=", "busy=x,3", "busy=1,2,3,4", "=1"])
def test_a_broken_retry_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageFailure, match="--retry takes"):
        retry_rule(text)


def test_digits_are_pairs() -> None:
    assert digit_actions(["9=opt_out", "1=repeat"]) == {
        "9": campaign_pb2.DIGIT_ACTION_OPT_OUT,
        "1": campaign_pb2.DIGIT_ACTION_REPEAT,
    }
    with pytest.raises(UsageFailure, match="DIGIT=ACTION"):
        digit_actions(["9"])


def test_without_a_master_the_exit_code_is_4_and_the_error_has_an_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCADOR_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DISCADOR_MASTER_ADDRESS", raising=False)
    assert run(["--json", "campaign", "list"]) == 4
    assert '"master-unknown"' in capsys.readouterr().out


def test_an_unreachable_master_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISCADOR_MASTER_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("DISCADOR_SERVICE_TOKEN", "x")
    assert run(["status", "--json"]) == 4
    printed = capsys.readouterr().out
    assert '"master-unreachable"' in printed
    assert "127.0.0.1:1" in printed


@pytest.mark.parametrize(
    "words", [["nonsense"], ["campaign", "create"], ["campaign", "create", "x", "--channels", "many"]]
)
def test_a_wrong_command_line_has_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert "Usage" in capsys.readouterr().err
