"""What the carrier saw, in the words of the database: the only judge of what was really dialled."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

from discador.v1 import attempt_pb2
from tests.rig.carrier import Carrier, Witnessed

OUTCOME_OF = {
    "answered": "connected",
    "486": "busy",
    "480": "no_answer",
    "404": "invalid_number",
    "503": "congestion",
    "603": "rejected",
    "cancelled": "no_answer",
}
# Attempts that ended like this were proven not to have left us.
NOT_DIALLED = frozenset({"refused", "cancelled", "expired", "blocked"})


def witnessed_outcomes(carrier: Carrier) -> Counter[str]:
    return Counter(OUTCOME_OF.get(seen.outcome, seen.outcome) for seen in carrier.witnessed().values())


def disagreements(carrier: Carrier, attempts: Iterable[attempt_pb2.Attempt]) -> list[str]:
    """Every attempt whose outcome is not what the carrier saw; `unknown` is allowed to differ, it says so itself."""
    seen = carrier.witnessed()
    wrong = []
    for attempt in attempts:
        there = seen.get(attempt.id)
        if attempt.outcome == "unknown":
            continue
        if attempt.outcome in NOT_DIALLED:
            if there is not None:
                wrong.append(f"{attempt.id} ended {attempt.outcome}, but the carrier got {there.invites} INVITEs")
        elif there is None:
            wrong.append(f"{attempt.id} ended {attempt.outcome}, but the carrier never saw it")
        elif OUTCOME_OF.get(there.outcome) != attempt.outcome:
            wrong.append(
                f"{attempt.id} ended {attempt.outcome} (cause {attempt.hangup_cause}); carrier: {there.outcome}"
            )
    return wrong


def dialled_twice(carrier: Carrier) -> dict[str, int]:
    """Attempt ids with more than one INVITE: must be empty, always (I2)."""
    return {attempt: count for attempt, count in carrier.invites().items() if count > 1}


def unknown_to_us(carrier: Carrier, attempts: Iterable[attempt_pb2.Attempt]) -> set[str]:
    """Attempt ids that the carrier saw and the database does not know: must be empty, always."""
    return set(carrier.invites()) - {attempt.id for attempt in attempts}


def overlapping(attempts: Iterable[attempt_pb2.Attempt], seen: dict[str, Witnessed]) -> list[str]:
    """Pairs of attempts on one lead of which the later was placed before the earlier had ended (I3)."""
    by_lead: dict[int, list[attempt_pb2.Attempt]] = {}
    for attempt in attempts:
        by_lead.setdefault(attempt.lead_id, []).append(attempt)
    wrong = []
    for tries in by_lead.values():
        tries.sort(key=lambda attempt: attempt.no)
        for earlier, later in itertools.pairwise(tries):
            placed = seen.get(later.id)
            if placed and placed.times[0] < earlier.ended_at.ToDatetime().timestamp():
                wrong.append(f"lead {earlier.lead_id}: attempt {later.no} placed before {earlier.no} had ended")
    return wrong


def above_pace(carrier: Carrier, calls_per_second: float) -> str:
    """What breaks the pace as the carrier sees it; empty if nothing does.

    We send at the pace to the call. A standstill between us and the carrier that ends within half a second goes
    unnoticed (docs/reliability.md), and what waited arrives at once: half a second's calls more, in any window.
    """
    times = sorted(carrier.times())
    for window_s in (1.0, 5.0):
        allowed = calls_per_second * (window_s + 0.5) + 1
        first = 0
        for last, at in enumerate(times):
            while at - times[first] >= window_s:
                first += 1
            if last - first + 1 > allowed:
                return f"{last - first + 1} calls in {window_s:.0f} s, {allowed:.0f} allowed"
    return ""
