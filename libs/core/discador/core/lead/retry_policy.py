"""When a lead is tried again, by the outcome of its last attempt.

Defaults: compliance.md §5 (vendor studies and practice; each campaign may change them), one row each below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from discador.core.attempt.states import NEVER_DIALLED, Outcome
from discador.core.errors import Fault, InvalidSettings
from discador.core.json_reader import JsonReader, read_object

MIN_DELAY_S: Final = 0.1
DAY_S: Final = 86_400.0
MAX_DELAY_S: Final = 90 * DAY_S
MAX_MULTIPLIER: Final = 10.0
MAX_ATTEMPTS: Final = 100

#: Outcomes that close the lead or hand it back untried: no delay can be set for them.
UNRULED: Final = frozenset({Outcome.CONNECTED, Outcome.INVALID_NUMBER}) | (NEVER_DIALLED - {Outcome.REFUSED})


@dataclass(frozen=True, slots=True)
class RetryRule:
    """What follows one outcome.

    Raises:
        InvalidSettings: a figure is out of its bounds; all faults together.
    """

    delay_s: float  #: seconds until the next attempt, at least 0.1
    max_attempts: int | None = None  #: with this outcome; then the lead is exhausted. None: no bound
    multiplier: float = 1.0  #: each further delay is this many times the last; 1 keeps it
    max_delay_s: float = DAY_S  #: upper bound of the delay, in seconds

    def __post_init__(self) -> None:
        faults = []
        if not MIN_DELAY_S <= self.delay_s <= MAX_DELAY_S:
            faults.append(Fault("delay_s", f"must be between {MIN_DELAY_S} and {MAX_DELAY_S:.0f} seconds"))
        if self.max_attempts is not None and not 1 <= self.max_attempts <= MAX_ATTEMPTS:
            faults.append(Fault("max_attempts", f"must be between 1 and {MAX_ATTEMPTS}, or null"))
        if not 1.0 <= self.multiplier <= MAX_MULTIPLIER:
            faults.append(Fault("multiplier", f"must be between 1 and {MAX_MULTIPLIER:.0f}"))
        if not self.delay_s <= self.max_delay_s <= MAX_DELAY_S:
            faults.append(Fault("max_delay_s", f"must be between delay_s and {MAX_DELAY_S:.0f} seconds"))
        if faults:
            raise InvalidSettings(tuple(faults))

    def delay_for(self, times_before: int) -> float:
        """Return the delay in seconds after this outcome, seen `times_before` times before."""
        # 64 is far beyond what `max_delay_s` lets through, and keeps the power finite.
        return min(self.delay_s * self.multiplier ** min(times_before, 64), self.max_delay_s)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a JSON object."""
        return {
            "delay_s": self.delay_s,
            "max_attempts": self.max_attempts,
            "multiplier": self.multiplier,
            "max_delay_s": self.max_delay_s,
        }

    @classmethod
    def read(cls, reader: JsonReader) -> RetryRule:
        """Return the rule that `reader` stands on."""
        delay_s = reader.number("delay_s", 3600.0)
        return cls(
            delay_s=delay_s,
            max_attempts=reader.optional_integer("max_attempts"),
            multiplier=reader.number("multiplier", 1.0),
            max_delay_s=reader.number("max_delay_s", max(DAY_S, delay_s)),
        )


DEFAULT_RULE: Final = RetryRule(4 * 3600, max_attempts=6)

DEFAULT_RULES: Final[Mapping[Outcome, RetryRule]] = {
    # 15 to 30 min at first, then growing into the next part of the day.
    Outcome.BUSY: RetryRule(20 * 60, max_attempts=6, multiplier=3.0, max_delay_s=4 * 3600),
    # At least 4 h: another part of the day. Six tries reach 93 % of those who can be reached (Velocify).
    Outcome.NO_ANSWER: RetryRule(4 * 3600, max_attempts=6),
    # Next day, another part of it: 20 h later.
    Outcome.MACHINE: RetryRule(20 * 3600, max_attempts=6),
    # 72 h unless an agent is guaranteed (Ofcom 2010), which no mode here guarantees.
    Outcome.ABANDONED: RetryRule(72 * 3600, max_attempts=3, max_delay_s=72 * 3600),
    # Pushed away: like a call hung up at once, 48 h and twice at most.
    Outcome.REJECTED: RetryRule(48 * 3600, max_attempts=2, max_delay_s=48 * 3600),
    # 1 to 5 min; the first ones are forgiven (`RetryPolicy.free_congestions`).
    Outcome.CONGESTION: RetryRule(3 * 60, multiplier=2.0, max_delay_s=4 * 3600),
    Outcome.FAILED: RetryRule(30 * 60, max_attempts=3, multiplier=2.0, max_delay_s=4 * 3600),
    # Asterisk or its guard refused: nobody's phone rang.
    Outcome.REFUSED: RetryRule(30.0),
    # Lost from sight: never below the floor of `after_attempt`.
    Outcome.UNKNOWN: RetryRule(3600.0, max_attempts=3),
}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """All rules of a campaign. Outcomes without a rule of their own take `default`.

    Raises:
        InvalidSettings: a rule for an outcome that takes none, or a bound out of its range.
    """

    rules: Mapping[Outcome, RetryRule] = field(default_factory=lambda: DEFAULT_RULES)
    max_attempts_per_lead: int = 10  #: counted, of any outcome; then the lead is exhausted
    default: RetryRule = DEFAULT_RULE
    free_congestions: int = 5  #: congestions of a lead (Q.850 34, 38, 42) that do not count as attempts

    def __post_init__(self) -> None:
        faults = [
            Fault(f"rules.{outcome}", "takes no rule: it closes the lead or hands it back untried")
            for outcome in Outcome
            if outcome in UNRULED and outcome in self.rules
        ]
        if not 1 <= self.max_attempts_per_lead <= MAX_ATTEMPTS:
            faults.append(Fault("max_attempts_per_lead", f"must be between 1 and {MAX_ATTEMPTS}"))
        if not 0 <= self.free_congestions <= MAX_ATTEMPTS:
            faults.append(Fault("free_congestions", f"must be between 0 and {MAX_ATTEMPTS}"))
        if faults:
            raise InvalidSettings(tuple(faults))

    def rule_for(self, outcome: Outcome) -> RetryRule:
        """Return the rule that follows `outcome`."""
        return self.rules.get(outcome, self.default)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as a JSON object; `from_json` reads it back to an equal policy."""
        return {
            "rules": {outcome.value: self.rules[outcome].to_json() for outcome in Outcome if outcome in self.rules},
            "max_attempts_per_lead": self.max_attempts_per_lead,
            "default": self.default.to_json(),
            "free_congestions": self.free_congestions,
        }

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> RetryPolicy:
        """Return the policy written in `document`; what is left out takes its default, `rules` as a whole.

        Raises:
            InvalidSettings: unknown keys, wrong types, figures out of bounds; all faults together.
        """
        return read_object(document, cls.read)

    @classmethod
    def read(cls, reader: JsonReader) -> RetryPolicy:
        """Return the policy that `reader` stands on."""
        return cls(
            rules=reader.nested("rules", DEFAULT_RULES, _read_rules),
            max_attempts_per_lead=reader.integer("max_attempts_per_lead", 10),
            default=reader.nested("default", DEFAULT_RULE, RetryRule.read),
            free_congestions=reader.integer("free_congestions", 5),
        )


def _read_rules(reader: JsonReader) -> Mapping[Outcome, RetryRule]:
    rules = {}
    for outcome in Outcome:
        rule = reader.nested(outcome.value, None, RetryRule.read)
        if rule is not None:
            rules[outcome] = rule
    return rules
