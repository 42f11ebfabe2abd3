"""Everything about a campaign that its owner decides, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from discador.core.campaign.rules import faults_in
from discador.core.compliance.calling_window import BR_DEFAULT, CallingWindow
from discador.core.compliance.caps import Caps
from discador.core.errors import InvalidSettings
from discador.core.json_reader import JsonReader, read_object
from discador.core.lead.retry_policy import RetryPolicy
from discador.core.mode import Mode


class DigitAction(StrEnum):
    """What a key pressed during the message does."""

    REPEAT = "repeat"
    OPT_OUT = "opt_out"
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """Settings of one campaign; `campaign.rules` says what each field may hold.

    Raises:
        InvalidSettings: with every fault, not only the first.
    """

    mode: Mode = Mode.BROADCAST
    priority: int = 50  #: 1 to 100; campaigns with a lower number reserve channels first
    max_channels: int = 10  #: channels held at once, over all trunks
    target_calls: int = 0  #: concurrent calls aimed at; 0 means max_channels
    ring_timeout_s: float = 30.0  #: seconds a number rings before the attempt ends as no answer
    caller_id: str = ""  #: number shown to the person called; empty: the trunk's
    message: str = ""  #: Asterisk sound name without extension, played to whoever answers (broadcast)
    digits: Mapping[str, DigitAction] = field(default_factory=dict)
    max_attempts_per_lead: int | None = None  #: replaces the retry policy's own bound; None keeps that
    caps: Caps = field(default_factory=Caps)
    window: CallingWindow = BR_DEFAULT
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    time_zone: str = "America/Sao_Paulo"  #: IANA zone for numbers that tell none
    trunk_ids: tuple[int, ...] = ()  #: in order of preference; empty: every enabled trunk

    def __post_init__(self) -> None:
        faults = faults_in(self)
        if faults:
            raise InvalidSettings(faults)

    @property
    def retry_policy(self) -> RetryPolicy:
        """The retry policy in force: `retry`, with the campaign's own bound of attempts if it has one."""
        if self.max_attempts_per_lead is None:
            return self.retry
        return replace(self.retry, max_attempts_per_lead=self.max_attempts_per_lead)

    @property
    def concurrent_calls(self) -> int:
        """How many calls the campaign wants at once: its target, within its channels."""
        return min(self.target_calls or self.max_channels, self.max_channels)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object; `from_json` reads it back to equal settings."""
        return {
            "mode": self.mode.value,
            "priority": self.priority,
            "max_channels": self.max_channels,
            "target_calls": self.target_calls,
            "ring_timeout_s": self.ring_timeout_s,
            "caller_id": self.caller_id,
            "message": self.message,
            "digits": {digit: action.value for digit, action in self.digits.items()},
            "max_attempts_per_lead": self.max_attempts_per_lead,
            "caps": self.caps.to_json(),
            "window": self.window.to_json(),
            "retry": self.retry.to_json(),
            "time_zone": self.time_zone,
            "trunk_ids": list(self.trunk_ids),
        }

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> CampaignSettings:
        """Return the settings written in `document`; what is left out takes its default.

        Raises:
            InvalidSettings: unknown keys, wrong types, values out of bounds; all faults together.
        """
        return read_object(document, cls.read)

    @classmethod
    def read(cls, reader: JsonReader) -> CampaignSettings:
        """Return the settings that `reader` stands on."""
        return cls(
            mode=reader.choice("mode", Mode.BROADCAST),
            priority=reader.integer("priority", 50),
            max_channels=reader.integer("max_channels", 10),
            target_calls=reader.integer("target_calls", 0),
            ring_timeout_s=reader.number("ring_timeout_s", 30.0),
            caller_id=reader.text("caller_id", ""),
            message=reader.text("message", ""),
            digits=_read_digits(reader),
            max_attempts_per_lead=reader.optional_integer("max_attempts_per_lead"),
            caps=reader.nested("caps", Caps(), Caps.read),
            window=reader.nested("window", BR_DEFAULT, CallingWindow.read),
            retry=reader.nested("retry", RetryPolicy(), RetryPolicy.read),
            time_zone=reader.text("time_zone", "America/Sao_Paulo"),
            trunk_ids=reader.integers("trunk_ids"),
        )


def _read_digits(reader: JsonReader) -> Mapping[str, DigitAction]:
    digits = {}
    for digit, text in reader.members("digits").items():
        action = reader.member(DigitAction, text, f"digits.{digit}")
        if action is not None:
            digits[digit] = action
    return digits
