"""I1–I8 of one run, by the carrier's count. Each function returns what is wrong, one line each; nothing when well."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter

from discador.v1 import attempt_pb2, lead_pb2
from tests.chaos.arena import NOT_AFTER_S, Arena
from tests.system.carrier_truth import dialled_twice, disagreements, overlapping, unknown_to_us
from tests.system.installation import outcomes

FINAL = {
    lead_pb2.LEAD_STATE_DONE,
    lead_pb2.LEAD_STATE_EXHAUSTED,
    lead_pb2.LEAD_STATE_INVALID,
    lead_pb2.LEAD_STATE_BLOCKED,
}
SETTLED_WITHIN_S = 60.0
# Sent are at most 3 % more than the pace in any second; what arrives together within 0.17 s was sent apart, on a busy
# machine. A fault lets through a whole second's calls or more.
PACE_TOLERANCE = 0.2
SILENCE_S = 1.0  # at thirty calls a second a shorter one says nothing


def settled_s(arena: Arena, healed: float, within: float = SETTLED_WITHIN_S + 30) -> float:
    """Seconds from healing until every attempt made before it had ended, as the database says (I4)."""
    query = f"SELECT COUNT(*) FROM attempt WHERE live = 1 AND created_at < {round(healed * 1e6)}"
    while arena.sql(query)[0][0]:
        if time.time() - healed > within:
            return math.inf
        time.sleep(0.25)
    return max(0.0, time.time() - healed)


def resumed_s(arena: Arena, struck: float, healed: float) -> float:
    """Seconds from healing to the end of the longest silence of the carrier that the fault caused (I5).

    Looks only at the first 85 % of the leads: what is left afterwards waits for its next try, not for us.
    """
    times = arena.carrier.times()[: round(arena.leads * 0.85)]
    silences = [(later - sooner, later) for sooner, later in itertools.pairwise(times) if later >= struck]
    if not silences:
        return math.inf
    longest, ended = max(silences)
    return max(0.0, ended - healed) if longest >= SILENCE_S else 0.0


def crossed(arena: Arena, attempts: list[attempt_pb2.Attempt], struck: float, healed: float) -> set[str]:
    """Attempts ended as not answered of which the carrier says that they were, while the fault lasted.

    The person took the call while Asterisk stood still; it woke, gave up ringing, and found the answer behind it
    (RFC 3261 §9.1: CANCEL and 200 cross on the way). It hangs up at once and knows of no answer; nor can we.
    """
    seen = arena.carrier.witnessed()
    return {
        attempt.id
        for attempt in attempts
        if attempt.outcome == "no_answer"
        and (there := seen.get(attempt.id)) is not None
        and there.answered_at is not None
        and struck <= there.answered_at <= healed + 1.0
        and there.ended_by == "asterisk"
    }


def violations(
    arena: Arena,
    attempts: list[attempt_pb2.Attempt],
    excused: set[str],
    settled: float,
    resumed: float,
    resume_limit: float,
) -> list[str]:
    """Everything that was broken in a run whose campaign has completed, or was given up waiting for.

    `excused` are the attempts that `crossed` found.
    """
    fleet, carrier = arena.fleet, arena.carrier
    leads, seen = fleet.leads(arena.campaign), carrier.witnessed()
    wrong: list[str] = []
    unfinished = Counter(lead_pb2.LeadState.Name(lead.state) for lead in leads if lead.state not in FINAL)
    if len(leads) != arena.leads or unfinished:
        wrong.append(f"I1: {len(leads)} of {arena.leads} leads, unfinished: {dict(unfinished)}")
    wrong += [f"I2: {attempt} had {count} INVITEs" for attempt, count in dialled_twice(carrier).items()]
    wrong += [f"I2: {attempt} is unknown to us" for attempt in unknown_to_us(carrier, attempts)]
    # One counted attempt a lead is allowed, and each lead has a number of its own.
    people = Counter(one.number for one in seen.values() for _ in one.times)
    wrong += [f"I3: a person was called {count} times" for count in people.values() if count > 1]
    wrong += [f"I3: {line}" for line in overlapping(attempts, seen)]
    if settled > SETTLED_WITHIN_S:
        wrong.append(f"I4: attempts were live {settled:.1f} s after healing")
    if live := outcomes(attempts)["live"]:
        wrong.append(f"I4: {live} attempts are live at the end")
    if resumed > resume_limit:
        wrong.append(f"I5: dialling went on {resumed:.1f} s after healing, promised within {resume_limit:.0f} s")
    told = [attempt for attempt in attempts if attempt.id not in excused]
    wrong += [f"I6: {line}" for line in disagreements(carrier, told)]
    counted = {name: count for name, count in fleet.show(arena.campaign).counters.outcomes.items() if count}
    if counted != dict(outcomes(attempts)):
        wrong.append(f"I6: counters {counted} differ from the attempts {dict(outcomes(attempts))}")
    peak, most = carrier.peak_per_second(), math.floor(arena.cps * (1 + PACE_TOLERANCE))
    if peak > most:
        wrong.append(f"I7: {peak} calls in one second, {arena.cps} allowed")
    if (paused := arena.times.get("paused")) is not None:
        until = arena.times.get("resumed", math.inf)
        late = [at - paused for at in carrier.times() if paused + NOT_AFTER_S < at < until]
        if late:
            wrong.append(f"I8: {len(late)} calls up to {max(late):.1f} s after the pause")
    return wrong
