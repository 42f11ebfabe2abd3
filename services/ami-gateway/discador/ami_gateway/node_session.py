"""What the gateway learns right after logging in: which run of Asterisk this is, and what is alive in it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final

from discador.core.attempt.identifier import RANDOM_BYTES, attempt_id, format_attempt_id
from discador.runtime.log import get_logger
from discador.v1 import gateway_pb2 as wire

from . import actions, translate
from .calls import CallBook, set_time
from .errors import ActionFailed, GatewayError, LinkLost
from .facts import CallFact, Fenced
from .link import AmiLink

_PROBE_S: Final = 3.0
_PROBE_AGAIN_S: Final = 5.0


class NodeSession:
    """Boot id, version and live channels, renewed with each session; says NODE_UP and NODE_DOWN."""

    def __init__(self, book: CallBook, emit: Callable[[wire.CallEvent], None]) -> None:
        self.version = ""
        self.booted_at = 0.0  # epoch seconds by the gateway's clock
        self.listed_at = 0.0  # monotonic; when the last list of live channels was complete
        self._book = book
        self._emit = emit
        self._probe = ""
        self._fenced = asyncio.Event()
        self._log = get_logger("node")

    async def begin(self, link: AmiLink, uptime_s: int) -> None:
        """Learn which Asterisk this is. Raises the link's errors: the session is then given up."""
        self.booted_at = time.time() - uptime_s
        self._book.new_session(translate.boot_id(await link.ask(actions.core_status())))
        try:
            self.version = translate.version(await link.ask(actions.core_settings()))
        except ActionFailed as error:
            self._log.warning("node.version_unknown", reason=str(error))

    def take(self, fact: CallFact) -> None:
        """Take a fact about a call, in order."""
        if fact.attempt_id != self._probe:
            self._book.apply(fact)
        elif isinstance(fact, Fenced):
            self._fenced.set()

    async def list_channels(self, link: AmiLink) -> None:
        """Bring the book in line with what is alive now. Raises the link's errors."""
        live = translate.live_calls(await link.ask_list(actions.core_show_channels()))
        self._book.reconcile(one for one in live if one.attempt_id != self._probe)
        self.listed_at = time.monotonic()

    def say_up(self) -> None:
        """Publish what is alive."""
        event = wire.CallEvent(kind=wire.CALL_EVENT_KIND_NODE_UP, boot_id=self._book.boot_id)
        event.live.extend(self._book.live_calls())
        set_time(event.at, time.time())
        self._emit(event)

    def say_down(self, reason: str) -> None:
        """Publish that nothing is known from here on."""
        event = wire.CallEvent(kind=wire.CALL_EVENT_KIND_NODE_DOWN, reason=reason, boot_id=self._book.boot_id)
        set_time(event.at, time.time())
        self._emit(event)

    async def see_fence(self, link: AmiLink, explain: Callable[[str], None]) -> None:
        """Wait until the dialplan has proven that it refuses what comes too late (ADR 0003).

        `explain` gets the reason as long as it does not. Raises `LinkLost`.
        """
        while True:
            self._fenced.clear()
            now_us = time.time_ns() // 1000
            self._probe = format_attempt_id(attempt_id(now_us, secrets.token_bytes(RANDOM_BYTES)))
            reason = "the dialplan has no fence: install deploy/asterisk/extensions.conf"
            try:
                await link.ask(actions.probe(self._probe))
                async with asyncio.timeout(_PROBE_S):
                    await self._fenced.wait()
            except TimeoutError:
                pass
            except LinkLost:
                raise
            except GatewayError as error:
                reason = f"Asterisk does not let us place calls ({error}): the AMI user needs write = originate"
            else:
                return
            self._log.warning("node.no_fence", reason=reason)
            explain(reason)
            await asyncio.sleep(_PROBE_AGAIN_S)
