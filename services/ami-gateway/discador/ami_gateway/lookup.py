"""What became of an attempt: from live channels, from memory, from Asterisk's call records, from the boot id.

A fate is said only when it is proven; until then it is UNDETERMINED and the rescuer asks again.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from discador.runtime.log import get_logger
from discador.v1 import gateway_pb2 as wire

from .calls import Call, CallBook, Phase, set_time
from .cdr import CallRecord, CallRecords, CdrUnreadable
from .errors import GatewayError
from .link import AmiLink
from .node_session import NodeSession

LIST_AGE_S: Final = 1.0  # a list of live channels may be so old
FAILED_S: Final = 5.0  # so long after a failed Originate news of its channel may be on its way
SETTLE_S: Final = 3.0  # so long a hang-up event or a call record may be on its way
NEVER_SENT_MARGIN_S: Final = 120.0  # our clock and the master's may differ by so much
CAUSE_NO_ANSWER: Final = 19  # Q.850 "no answer from user"
CAUSE_OF_DEAD_ASTERISK: Final = 41  # Q.850 "temporary failure": the switch ended in the middle of the call


class Lookup:
    """Serves the Lookup RPC.

    `owner_since()` is when this process became the only gateway of the node (epoch seconds), or None on standby;
    `up_since()` is since when the link is up (monotonic). `records` is None where no call records are set up.
    """

    def __init__(
        self,
        book: CallBook,
        session: NodeSession,
        records: CallRecords | None,
        *,
        link: Callable[[], AmiLink | None],
        up_since: Callable[[], float],
        owner_since: Callable[[], float | None],
        clock_offset_s: Callable[[], float],
        settle_s: float = SETTLE_S,
    ) -> None:
        self.records_fault = ""
        self._book = book
        self._session = session
        self._records = records
        self._link = link
        self._up_since = up_since
        self._owner_since = owner_since
        self._offset_s = clock_offset_s
        self._settle_s = settle_s
        self._skew_s = 0.0
        self._listing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._log = get_logger("lookup")

    async def lookup(self, attempt_ids: Sequence[str]) -> list[wire.AttemptFate]:
        """Return the fate of each attempt, in order."""
        listed = await self._list()
        unsettled = [one for one in attempt_ids if self._needs_record(self._book.get(one))]
        recorded = await self._find(unsettled) if unsettled else {}
        return [self._fate(one, listed, recorded) for one in attempt_ids]

    async def follow_records(self) -> None:
        """Keep up with the call records, so that a rotation loses none."""
        if self._records is not None:
            await self._find(())

    async def settle_failures(self) -> None:
        """Refuse Originates of which nothing was heard but that they failed: there was never a channel."""
        failed = [call.attempt_id for call in self._book.failed_before(time.time() - FAILED_S)]
        if not failed or not await self._list():
            return
        recorded = await self._find(failed)
        for call in self._book.failed_before(time.time() - FAILED_S):
            record = (recorded or {}).get(call.attempt_id)
            if call.watched and recorded is not None and (record is None or not record.leg):
                self._book.refused(call.attempt_id, "no-channel: Asterisk could not begin the call")

    # -- what can be asked -------------------------------------------------------------------------------------------

    async def _list(self) -> bool:
        """Have a fresh list of live channels in the book; False if Asterisk can't be asked."""
        async with self._listing:
            link = self._link()
            if link is None:
                return False
            if time.monotonic() - self._session.listed_at <= LIST_AGE_S:
                return True
            try:
                await self._session.list_channels(link)
            except GatewayError as error:
                self._log.warning("lookup.list_failed", error_id=error.error_id, reason=str(error))
                return False
            return True

    async def _find(self, attempt_ids: Sequence[str]) -> Mapping[str, CallRecord] | None:
        if self._records is None:
            return {}
        async with self._reading:
            try:
                found = await asyncio.to_thread(self._records.find, list(attempt_ids))
            except CdrUnreadable as error:
                if not self.records_fault:
                    self._log.warning("lookup.records_unreadable", reason=str(error))
                self.records_fault = str(error)
                return None
            self.records_fault = ""
            return found

    @staticmethod
    def _needs_record(call: Call | None) -> bool:
        return call is None or (not call.over and (call.absent_since is not None or call.phase is Phase.SENT))

    # -- the rules ---------------------------------------------------------------------------------------------------

    def _fate(self, attempt_id: str, listed: bool, recorded: Mapping[str, CallRecord] | None) -> wire.AttemptFate:
        call = self._book.get(attempt_id)
        if call is not None and call.over:
            return self._remembered(call)
        if listed and call is not None and call.absent_since is None and call.phase > Phase.SENT:
            return self._live(call)
        record = (recorded or {}).get(attempt_id)
        if record is not None and record.ended_at is not None:
            return self._recorded(attempt_id, record, "cdr")
        if record is not None and not record.leg and record.open_channels <= 0:
            return _fate(attempt_id, wire.FATE_NOT_DIALLED, "cdr")  # the guard let it go no further
        if call is None and record is None and self._never_sent(attempt_id):
            return _fate(attempt_id, wire.FATE_NOT_DIALLED, "memory")
        if not listed or recorded is None or self._owner_since() is None:
            return _fate(attempt_id, wire.FATE_UNDETERMINED)
        settled = time.monotonic() - self._up_since() >= self._settle_s
        died = settled if call is None else call.boot_id != self._book.boot_id
        if record is not None and record.leg and (died or self._before_boot(record)):
            # Its end is in no record, nor was it heard since the link came up: it ended with its Asterisk.
            if record.answered_at is None:
                return _fate(attempt_id, wire.FATE_NO_TRACE, "boot")
            return self._recorded(attempt_id, record, "boot")
        if call is None:
            return _fate(attempt_id, wire.FATE_NO_TRACE if settled else wire.FATE_UNDETERMINED)
        return self._vanished(call)

    def _vanished(self, call: Call) -> wire.AttemptFate:
        """A call of ours that is in no list, and whose end is in no record."""
        now = time.time()
        if call.boot_id != self._book.boot_id:
            if call.phase is not Phase.ANSWERED:
                # It may have rung, or been answered in the last moment: nobody can tell, so nobody says.
                return _fate(call.attempt_id, wire.FATE_NO_TRACE, "boot")
            return self._ended(call, "boot", CAUSE_OF_DEAD_ASTERISK, self._session.booted_at)
        waited = call.absent_since is not None and now - call.absent_since >= self._settle_s
        if not waited or now < call.not_after + self._settle_s:
            return _fate(call.attempt_id, wire.FATE_UNDETERMINED)
        if call.leg:
            return self._ended(call, "channel", 0, call.absent_since or now)
        if call.not_after and self._records_kept():
            # Asterisk has run since it was sent and would have written of it; from now on the fence refuses it.
            return _fate(call.attempt_id, wire.FATE_NOT_DIALLED, "cdr")
        return _fate(call.attempt_id, wire.FATE_NO_TRACE)

    def _records_kept(self) -> bool:
        """True if this run of Asterisk keeps call records: our own probe of the fence is in them, at least."""
        return self._records is not None and self._records.latest_at >= self._session.booted_at + self._offset_s() - 1.0

    def _before_boot(self, record: CallRecord) -> bool:
        """True if the call was dialled by a run of Asterisk that has ended. Uptime is told in whole seconds."""
        return (record.dialled_at or 0.0) < self._session.booted_at + self._offset_s() - 1.0

    def _never_sent(self, attempt_id: str) -> bool:
        """True if the attempt was made while only this process could have sent it: it has not, so nobody has.

        The id tells when, by the master's clock, which may differ from ours; an id from the future tells by how
        much at least. The margin keeps us from calling a sent attempt unsent after a restart.
        """
        owner_since = self._owner_since()
        if owner_since is None or not _is_uuid(attempt_id):
            return False
        now = time.time()
        made_at = (uuid.UUID(attempt_id).int >> 80) / 1000
        self._skew_s = max(self._skew_s, made_at - now)
        return made_at <= now and made_at - owner_since > NEVER_SENT_MARGIN_S + self._skew_s

    # -- the answers -------------------------------------------------------------------------------------------------

    def _live(self, call: Call) -> wire.AttemptFate:
        fate = _fate(call.attempt_id, wire.FATE_LIVE, "channel")
        fate.answered = call.phase is Phase.ANSWERED
        fate.digits = call.digits
        if call.answered_at is not None:
            set_time(fate.answered_at, call.answered_at)
        return fate

    def _remembered(self, call: Call) -> wire.AttemptFate:
        if call.phase is Phase.REFUSED:
            return _fate(call.attempt_id, wire.FATE_NOT_DIALLED, "memory")
        return self._ended(call, "memory", call.cause, call.ended_at or 0.0)

    @staticmethod
    def _ended(call: Call, source: str, cause: int, ended_at: float) -> wire.AttemptFate:
        fate = _fate(call.attempt_id, wire.FATE_ENDED, source)
        fate.hangup_cause = cause
        fate.digits = call.digits
        set_time(fate.ended_at, ended_at)
        if call.answered_at is not None:
            fate.answered = True
            set_time(fate.answered_at, call.answered_at)
        return fate

    def _recorded(self, attempt_id: str, record: CallRecord, source: str) -> wire.AttemptFate:
        fate = _fate(attempt_id, wire.FATE_ENDED, source)
        offset_s = self._offset_s()
        answered = record.answered_at is not None
        if record.ended_at is None:  # Asterisk ended before the call did
            fate.hangup_cause = CAUSE_OF_DEAD_ASTERISK
            set_time(fate.ended_at, self._session.booted_at)
        else:
            # No cause and no answer: the guard gave up ringing, as in `calls`.
            fate.hangup_cause = record.cause or (0 if answered else CAUSE_NO_ANSWER)
            set_time(fate.ended_at, record.ended_at - offset_s)
        if record.answered_at is not None:
            fate.answered = True
            set_time(fate.answered_at, record.answered_at - offset_s)
        return fate


def _fate(attempt_id: str, fate: wire.Fate, source: str = "") -> wire.AttemptFate:
    return wire.AttemptFate(attempt_id=attempt_id, fate=fate, source=source)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
