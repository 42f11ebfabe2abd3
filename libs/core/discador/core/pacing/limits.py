"""How many calls to reserve now: every limit, and the one that binds.

For broadcast and any mode that is led by channels, not by agents. Pure: same inputs, same answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class PacingInput:
    """What one campaign wants on one trunk, at this moment."""

    target_calls: int  #: concurrent calls that the campaign aims at
    live_calls: int  #: attempts of the campaign that have not ended, queued ones included
    campaign_free_channels: int  #: of the campaign's `max_channels`
    trunk_free_channels: int
    calls_per_second: float  #: of the trunk
    queued: int  #: attempts on the trunk that have not passed the gate
    horizon_s: float  #: seconds of work that may wait in the queue (2 to 3)
    backlog: int  #: entries and pending jobs in the whole job stream
    max_backlog: int  #: above it nothing is reserved: workers do not keep up
    hopper: int  #: leads that are ready now
    max_queued: float = math.inf  #: attempts that may wait on the trunk, by the speed at which they leave


class Reserve(NamedTuple):
    """How many calls to reserve, and the name of the limit that allows no more."""

    calls: int
    limit: str


def calls_to_reserve(facts: PacingInput) -> Reserve:
    """Return how many calls to reserve now. Never more than any one limit allows, never negative.

    Among equal limits the first of this order is named: back-pressure, target-calls, campaign-channels,
    trunk-channels, calls-per-second, throughput, hopper.
    """
    limits = (
        ("back-pressure", facts.max_backlog - facts.backlog),
        ("target-calls", facts.target_calls - facts.live_calls),
        ("campaign-channels", facts.campaign_free_channels),
        ("trunk-channels", facts.trunk_free_channels),
        # Rounded up: a trunk of one call in ten seconds must still get its one.
        ("calls-per-second", math.ceil(facts.calls_per_second * facts.horizon_s) - facts.queued),
        ("throughput", facts.max_queued - facts.queued),
        ("hopper", facts.hopper),
    )
    limit, calls = min(limits, key=lambda item: item[1])
    return Reserve(max(0, int(calls)), limit)
