"""One call through the guard: two Local legs, then a channel to the carrier, then the message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from . import wire_text
from .carrier import Script
from .wire_text import Channel

if TYPE_CHECKING:
    from .asterisk import Asterisk

_DOWN, _RING, _RINGING, _UP = 0, 4, 5, 6
_MESSAGE_S: Final = 3.0
_WAIT_S: Final = 5.0


class Call:
    """Begins with `begin` and takes itself out of `asterisk.calls` when its last channel is gone."""

    def __init__(
        self,
        asterisk: Asterisk,
        attempt_id: str,
        headers: Mapping[str, str],
        variables: Mapping[str, str],
        *,
        strict: bool,
    ) -> None:
        self.attempt_id = attempt_id
        self.began_at = asterisk.now
        self._asterisk = asterisk
        self._headers = headers
        self._variables = variables
        self._strict = strict
        self._timers: list[asyncio.TimerHandle] = []
        caller = headers.get("CallerID", "")
        name = f"Local/call@discador-guard-{asterisk.serial():08x}"
        self._first = Channel(f"{name};1", attempt_id, attempt_id, caller, "discador-guard", "call", state=_RINGING)
        self._second = Channel(
            f"{name};2", f"{attempt_id};2", attempt_id, caller, "discador-guard", "call", state=_RING
        )
        self._trunk: Channel | None = None
        self._answered = False
        self._plays = 0

    @property
    def channels(self) -> list[Channel]:
        """What CoreShowChannels would list of it."""
        return [*([self._trunk] if self._trunk is not None else []), self._second, self._first]

    def begin(self) -> None:
        """Enter the guard."""
        asterisk, variables = self._asterisk, self._variables
        asterisk.records.started(self._first, self._second)
        asterisk.noise(self._second)
        deadline = variables.get("DISCADOR_NOT_AFTER", "")
        if not deadline.isdigit() or int(deadline) <= asterisk.now:
            self._fenced("expired")
        elif self._strict and not asterisk.first_time(self.attempt_id):
            self._fenced("seen")
        else:
            self._dial()

    def hangup_of(self, name: str, cause: int) -> bool:
        """Hang up one of its channels; False if none has this name or id. An answered call outlives the guard."""
        named = [channel for channel in self.channels if name in (channel.name, channel.uniqueid)]
        if named and (not self._answered or self._trunk in named):
            self.asterisk_hangs_up(cause)
        return bool(named)

    def asterisk_hangs_up(self, cause: int) -> None:
        """Asterisk ends it: by AMI, or at the end of the dialplan."""
        self._end(cause, None if self._answered else 403 if cause == 21 else None, "CANCEL")

    def vanish(self) -> None:
        """Be gone without a trace."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # -- dialling ----------------------------------------------------------------------------------------------------

    def _fenced(self, reason: str) -> None:
        self._asterisk.fenced += 1
        event = wire_text.user_event(self._second, "DiscadorFenced", Attempt=self.attempt_id, Reason=reason)
        self._asterisk.tell("UserEvent", event)
        self._leave_guard(16)
        self._gone()

    def _dial(self) -> None:
        asterisk, variables = self._asterisk, self._variables
        trunk, number = variables.get("DISCADOR_TRUNK", ""), variables.get("DISCADOR_NUMBER", "")
        if trunk == "nosuch":
            self._unanswered("CHANUNAVAIL", 3)
            self._leave_guard(3)
            self._gone()
            return
        serial = asterisk.serial()
        self._trunk = Channel(
            f"PJSIP/{trunk}-{serial:08x}",
            f"{int(asterisk.now)}.{serial}",
            self.attempt_id,
            self._headers.get("CallerID", ""),
            "discador-inbound",
        )
        asterisk.records.started(self._trunk)
        asterisk.tell("Newchannel/PJSIP", wire_text.new_channel(self._trunk))
        self._trunk.exten = "call"
        asterisk.noise(self._trunk)
        asterisk.invites[self.attempt_id] += 1
        script = asterisk.carrier(number)
        ring = variables.get("DISCADOR_RING", "")
        self._after(float(ring) if ring.isdigit() else 60.0, self._rang_out)
        if script.refused is not None:
            after, cause, status = script.refused
            self._after(after, lambda: self._end(cause, status, "BUSY" if cause == 17 else "CONGESTION"))
        if script.rings_after is not None:
            self._after(script.rings_after, self._rings)
        if script.answers_after is not None:
            self._after(script.answers_after, lambda: self._answer(script))

    def _rings(self) -> None:
        self._change(_RINGING)

    def _rang_out(self) -> None:
        if not self._answered:
            self._end(0, None, "NOANSWER")

    # -- after the answer --------------------------------------------------------------------------------------------

    def _answer(self, script: Script) -> None:
        if self._trunk is None:
            return
        self._answered = True
        self._asterisk.answers[self.attempt_id] += 1
        self._change(_UP)
        self._trunk.context, self._trunk.exten = "discador-message", "s"
        self._asterisk.records.answered(self._trunk)
        if script.hangs_up_after is not None:
            self._after(script.hangs_up_after, lambda: self._end(script.hangup_cause, None, ""))
        if script.presses:
            self._after(script.presses_after, lambda: self._pressed(script.presses))
        self._play()

    def _play(self) -> None:
        self._plays += 1
        if self._variables.get("DISCADOR_DIGITS"):
            self._after(_MESSAGE_S + _WAIT_S, partial(self._no_digit, self._plays))
        else:
            self._after(_MESSAGE_S, lambda: self._done("played"))

    def _no_digit(self, plays: int) -> None:
        if plays != self._plays:
            return  # a digit was pressed meanwhile
        wanted = self._variables.get("DISCADOR_PLAYS", "")
        if self._plays < (int(wanted) if wanted.isdigit() else 0):
            self._play()
        else:
            self._done("no-digit")

    def _pressed(self, digit: str) -> None:
        variables = self._variables
        if self._trunk is None or digit not in variables.get("DISCADOR_DIGITS", ""):
            return
        repeat, opt_out = variables.get("DISCADOR_REPEAT", ""), variables.get("DISCADOR_OPT_OUT", "")
        meaning = "repeat" if digit == repeat else "opt-out" if digit == opt_out else "choice"
        event = wire_text.user_event(
            self._trunk, "DiscadorDigit", Attempt=self.attempt_id, Digit=digit, Meaning=meaning
        )
        self._asterisk.tell("UserEvent", event)
        if meaning == "repeat":
            self._play()
        else:
            self.asterisk_hangs_up(16)

    def _done(self, result: str) -> None:
        if self._trunk is not None:
            event = wire_text.user_event(self._trunk, "DiscadorMessage", Attempt=self.attempt_id, Result=result)
            self._asterisk.tell("UserEvent", event)
            self.asterisk_hangs_up(16)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _end(self, cause: int, status: int | None, dial_status: str) -> None:
        if self._answered:
            cause = cause or 16  # the guard's leg gives the call a cause, whoever hangs up
        if self._trunk is not None:
            self._asterisk.tell("Hangup/PJSIP", wire_text.hangup(self._trunk, cause, status))
            self._asterisk.records.hung_up(cause, self._trunk)
            self._trunk = None
        if not self._answered and dial_status != "CANCEL":  # which is: over AMI
            self._unanswered(dial_status, cause)
        self._leave_guard(cause or 16)
        self._gone()

    def _unanswered(self, status: str, cause: int) -> None:
        event = wire_text.user_event(
            self._second, "DiscadorUnanswered", Attempt=self.attempt_id, Status=status, Cause=cause
        )
        self._asterisk.tell("UserEvent", event)

    def _leave_guard(self, cause: int) -> None:
        asterisk, headers = self._asterisk, self._headers
        asterisk.records.hung_up(cause, self._second, self._first)
        failed = wire_text.originate_failed(
            headers.get("ActionID", ""),
            self.attempt_id,
            headers.get("Channel", ""),
            headers.get("Context", ""),
            headers.get("CallerID", ""),
        )
        asterisk.tell("OriginateResponse", failed)

    def _gone(self) -> None:
        self.vanish()
        self._asterisk.calls.pop(self.attempt_id, None)

    def _change(self, state: int) -> None:
        if self._trunk is not None:
            self._trunk.state = state
            self._asterisk.tell("Newstate/PJSIP", wire_text.new_state(self._trunk))

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds / self._asterisk.speed, then))
