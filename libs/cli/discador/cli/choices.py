"""Words of the command line ↔ enum values of the contract."""

from __future__ import annotations

from discador.cli.failure import Failure
from discador.v1 import campaign_pb2


class UsageFailure(Failure):
    """An argument's value cannot be used."""

    exit_code = 2


def enum_value(enum: object, prefix: str, word: str, what: str) -> int:
    """Return the number of `word` (such as "broadcast") in a contract enum, or raise saying what is possible."""
    if not word:
        return 0
    names = {name.removeprefix(prefix).lower(): number for name, number in enum.items()}  # type: ignore[attr-defined]
    names.pop("unspecified", None)
    try:
        return int(names[word.lower().replace("-", "_")])
    except KeyError:
        raise UsageFailure(f"{what} {word!r} is not one of: {', '.join(names)}", "argument-invalid") from None


def digit_actions(pairs: list[str]) -> dict[str, int]:
    """Read `9=opt_out` pairs."""
    actions = {}
    for pair in pairs:
        digit, equals, action = pair.partition("=")
        if not equals:
            raise UsageFailure(f"--digit takes DIGIT=ACTION, for example 9=opt_out; got {pair!r}", "argument-invalid")
        actions[digit] = enum_value(campaign_pb2.DigitAction, "DIGIT_ACTION_", action, "action")
    return actions


def retry_rule(text: str) -> campaign_pb2.RetryRule:
    """Read `busy=900,3` or `busy=900,3,2`: delay in seconds, attempts, multiplier."""
    outcome, equals, numbers = text.partition("=")
    parts = numbers.split(",")
    try:
        if not equals or len(parts) not in (2, 3):
            raise ValueError
        return campaign_pb2.RetryRule(
            outcome=outcome,
            delay_s=float(parts[0]),
            max_attempts=int(parts[1]),
            multiplier=float(parts[2]) if len(parts) == 3 else 1.0,
        )
    except ValueError:
        message = f"--retry takes OUTCOME=DELAY_S,ATTEMPTS[,MULTIPLIER], for example busy=900,3; got {text!r}"
        raise UsageFailure(message, "argument-invalid") from None
