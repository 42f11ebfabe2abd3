"""What a gateway answered to an Originate → what happened to the attempts. Pure.

ACCEPTED says nothing that the events will not say better. Whatever is not certain is a doubt, and a doubt is never
dialled again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from discador.core.attempt.events import DoubtRaised, NotDialled, Refused
from discador.store.records import Happening
from discador.v1 import gateway_pb2 as wire

#: How the reasons begin with which a gateway refuses a call for its own sake, whatever the call was.
_NODES_OWN: Final = ("ami-down", "standby", "stopping")


def takes_calls(results: Iterable[wire.OriginateResult]) -> bool:
    """Tell whether the gateway and its Asterisk take calls, by the `results` of one request."""
    return not any(
        result.verdict == wire.ORIGINATE_VERDICT_UNKNOWN
        or (result.verdict == wire.ORIGINATE_VERDICT_REFUSED and result.reason.startswith(_NODES_OWN))
        for result in results
    )


def happenings_of(asked: Iterable[UUID], results: Iterable[wire.OriginateResult], at: datetime) -> list[Happening]:
    """Return the happenings to record for the attempts `asked` about, given the gateway's `results`.

    An attempt that the answer leaves out, or whose verdict this version does not know, is in doubt.
    """
    found = {result.attempt_id: result for result in results}
    happenings = []
    for attempt_id in asked:
        result = found.get(str(attempt_id))
        if result is None:
            happenings.append(in_doubt(attempt_id, "the gateway's answer leaves it out", at))
        elif result.verdict == wire.ORIGINATE_VERDICT_REFUSED:
            happenings.append(Happening(attempt_id, Refused(result.reason), at, None, "refused", result.reason))
        elif result.verdict != wire.ORIGINATE_VERDICT_ACCEPTED:
            happenings.append(in_doubt(attempt_id, result.reason or "the gateway does not know", at))
    return happenings


def in_doubt(attempt_id: UUID, reason: str, at: datetime) -> Happening:
    """Return the doubt about one attempt."""
    return Happening(attempt_id, DoubtRaised(reason), at, None, "in_doubt", reason)


def not_dialled(attempt_id: UUID, reason: str, at: datetime) -> Happening:
    """Return the proof that this worker, which alone may, did not send it."""
    return Happening(attempt_id, NotDialled(reason), at, None, "not_dialled", reason)
