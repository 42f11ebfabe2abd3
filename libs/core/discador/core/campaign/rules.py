"""What each field of a campaign's settings may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from discador.core.compliance.zone import find_zone
from discador.core.errors import Fault
from discador.core.lead.retry_policy import MAX_ATTEMPTS
from discador.core.mode import Mode

if TYPE_CHECKING:
    from discador.core.campaign.settings import CampaignSettings

MAX_CHANNELS: Final = 10_000

#: Below this a phone can hardly ring once: a mistake, not a setting.
MIN_RING_TIMEOUT_S: Final = 5.0
MAX_RING_TIMEOUT_S: Final = 120.0

#: Real campaigns ring for 15 s or four rings at least: 16 CFR 310.4(b)(4)(ii) and 47 CFR 64.1200(a)(6) in
#: the United States, Ofcom 2010 in the United Kingdom. Advice and no fault: tests and other countries differ.
ADVISED_RING_TIMEOUT_S: Final = 15.0

#: No character that AMI or a dialplan would read as syntax (CR, LF, comma, bar, ampersand).
_SOUND: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", re.ASCII)
_CALLER_ID: Final = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
_DIGIT: Final = re.compile(r"[0-9*#]", re.ASCII)

Rule = tuple[str, Callable[["CampaignSettings"], bool], str]

RULES: Final[tuple[Rule, ...]] = (
    ("priority", lambda s: 1 <= s.priority <= 100, "must be between 1 (first) and 100"),
    ("max_channels", lambda s: 1 <= s.max_channels <= MAX_CHANNELS, f"must be between 1 and {MAX_CHANNELS}"),
    (
        "target_calls",
        lambda s: 0 <= s.target_calls <= s.max_channels,
        "must be between 0 (as many as max_channels) and max_channels",
    ),
    (
        "ring_timeout_s",
        lambda s: MIN_RING_TIMEOUT_S <= s.ring_timeout_s <= MAX_RING_TIMEOUT_S,
        f"must be between {MIN_RING_TIMEOUT_S:.0f} and {MAX_RING_TIMEOUT_S:.0f} seconds",
    ),
    (
        "caller_id",
        lambda s: not s.caller_id or _CALLER_ID.fullmatch(s.caller_id) is not None,
        "must be digits, with a leading + if you like, 20 at most; or empty for the trunk's",
    ),
    (
        "message",
        lambda s: not s.message or (len(s.message) <= 200 and _SOUND.fullmatch(s.message) is not None),
        "must be an Asterisk sound name without extension: letters, digits, - and _, folders parted by /",
    ),
    (
        "message",
        lambda s: bool(s.message) or s.mode is not Mode.BROADCAST,
        "is needed in broadcast mode: the sound that is played to whoever answers",
    ),
    (
        "digits",
        lambda s: all(_DIGIT.fullmatch(digit) for digit in s.digits),
        "must have keys 0 to 9, * or #, one each",
    ),
    (
        "max_attempts_per_lead",
        lambda s: s.max_attempts_per_lead is None or 1 <= s.max_attempts_per_lead <= MAX_ATTEMPTS,
        f"must be between 1 and {MAX_ATTEMPTS}, or null for the retry policy's",
    ),
    (
        "time_zone",
        lambda s: find_zone(s.time_zone) is not None,
        "must be the name of a time zone, for example America/Sao_Paulo",
    ),
    (
        "trunk_ids",
        lambda s: all(trunk > 0 for trunk in s.trunk_ids) and len(set(s.trunk_ids)) == len(s.trunk_ids),
        "must be positive numbers, each once",
    ),
)


def faults_in(settings: CampaignSettings) -> tuple[Fault, ...]:
    """Return everything that is wrong with `settings`."""
    return tuple(Fault(path, message) for path, holds, message in RULES if not holds(settings))


def advice_for(settings: CampaignSettings) -> tuple[Fault, ...]:
    """Return what is allowed but unwise in a real campaign, for the screen to show."""
    if settings.ring_timeout_s < ADVISED_RING_TIMEOUT_S:
        message = f"people should hear {ADVISED_RING_TIMEOUT_S:.0f} s of ringing at least; use it for tests only"
        return (Fault("ring_timeout_s", message),)
    return ()
