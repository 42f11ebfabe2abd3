"""Keeps one connection to Asterisk: connects, logs in, waits for FullyBooted, watches, reconnects.

Stands in for panoramisk's `Manager`: a refused login is a state that somebody sees, a half-open link is noticed
(within 8 s), and no action outlives its connection.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from discador.runtime.log import get_logger
from discador.v1.node_pb2 import (
    AMI_STATE_BOOTING,
    AMI_STATE_CONNECTING,
    AMI_STATE_DOWN,
    AMI_STATE_LOGIN_REFUSED,
    AMI_STATE_UP,
    AmiState,
)

from . import actions, translate
from .errors import ActionFailed, GatewayError, LinkLost, LoginRefused, WrongPeer
from .facts import Booted, CallFact, ShuttingDown
from .link import AmiLink, Received

PING_EVERY_S: Final = 2.0
PING_DEADLINE_S: Final = 6.0
DOUBTFUL_AFTER_S: Final = 2.5  # a ping unanswered for so long: send nothing new
CONNECT_S: Final = 5.0
_FIRST_RETRY_S: Final = 0.2
_LAST_RETRY_S: Final = 5.0
REFUSED_RETRY_S: Final = 10.0  # also keeps us away from Asterisk's own limits on failed logins
_BOOT_HINT_S: Final = 15.0


class Connection:
    """The link to one Asterisk, for as long as `run` runs.

    `on_fact` gets what Asterisk tells about calls, in order, while the link lives. `on_session(link, uptime_s)` is
    awaited after FullyBooted; when it returns the state is UP. `on_down(reason)` follows each UP or half-done session.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_fact: Callable[[CallFact], None],
        on_session: Callable[[AmiLink, int], Awaitable[None]],
        on_down: Callable[[str], None],
        ping_every_s: float = PING_EVERY_S,
        ping_deadline_s: float = PING_DEADLINE_S,
        refused_retry_s: float = REFUSED_RETRY_S,
    ) -> None:
        self.state: AmiState = AMI_STATE_CONNECTING
        self.detail = "connecting for the first time"
        self.up_since = 0.0  # monotonic
        self._address = (host, port)
        self._credentials = (username, secret)
        self._on_fact = on_fact
        self._on_session = on_session
        self._on_down = on_down
        self._ping_every_s = ping_every_s
        self._ping_deadline_s = ping_deadline_s
        self._refused_retry_s = refused_retry_s
        self._link: AmiLink | None = None
        self._booted: asyncio.Future[int] | None = None
        self._unfiltered = False
        self._note = ""
        self._ping_sent_at: float | None = None
        self._offsets: deque[tuple[float, float]] = deque(maxlen=8)  # (round trip, offset) of the last pings
        self._retry_s = _FIRST_RETRY_S
        self._log = get_logger("ami").bind(address=f"{host}:{port}")

    @property
    def link(self) -> AmiLink | None:
        """The link, if Asterisk is up and answers pings; None if nothing new should be sent."""
        if self.state != AMI_STATE_UP or self._link is None or self._link.lost.is_set():
            return None
        waiting = self._ping_sent_at is not None and time.monotonic() - self._ping_sent_at > DOUBTFUL_AFTER_S
        return None if waiting else self._link

    @property
    def clock_offset_s(self) -> float:
        """Asterisk's clock minus ours, from the quickest of the last pings; 0 before the first."""
        return min(self._offsets)[1] if self._offsets else 0.0

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        try:
            while True:
                await self._session()
                wait_s = self._refused_retry_s if self.state == AMI_STATE_LOGIN_REFUSED else self._retry_s
                self._retry_s = min(self._retry_s * 2, _LAST_RETRY_S)
                await asyncio.sleep(wait_s)
        finally:
            if self._link is not None:
                self._link.abort("the gateway stops")

    async def _session(self) -> None:
        """Live one connection, to its end."""
        started = False
        try:
            link = await self._connect()
            booted = self._booted = asyncio.get_running_loop().create_future()
            await self._login(link)
            self._become(AMI_STATE_BOOTING, "logged in; Asterisk has not said FullyBooted yet")
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(link), name="ami.watch")
                started = True
                await self._boot(link, booted)
        except* (GatewayError, OSError) as errors:
            self._ended(_first(errors), started)

    async def _connect(self) -> AmiLink:
        self._unfiltered = False
        self._note = ""
        self._ping_sent_at = None
        if self.state not in (AMI_STATE_DOWN, AMI_STATE_LOGIN_REFUSED):
            self._become(AMI_STATE_CONNECTING, "connecting")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                _, link = await loop.create_connection(self._new_link, *self._address)
        except TimeoutError:
            raise LinkLost("no answer to connecting") from None
        self._link = link
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.shield(link.greeted)
        except TimeoutError:
            link.abort("no greeting")
            raise WrongPeer("it takes connections but does not greet as Asterisk's manager does") from None
        return link

    def _new_link(self) -> AmiLink:
        return AmiLink(self._receive, wanted=translate.WANTED, on_unwanted=self._unwanted_came)

    async def _login(self, link: AmiLink) -> None:
        try:
            await link.ask(actions.login(*self._credentials), CONNECT_S)
        except ActionFailed as error:
            link.abort("login refused")
            raise LoginRefused(f"Asterisk refuses the login ({error}): check user name, secret and permit") from None

    async def _boot(self, link: AmiLink, booted: asyncio.Future[int]) -> None:
        while not booted.done():
            done, _ = await asyncio.wait({booted}, timeout=_BOOT_HINT_S)
            if not done:
                self.detail = "logged in, but no FullyBooted: Asterisk starts up, or the user lacks read = system"
        await self._on_session(link, booted.result())
        self._retry_s = _FIRST_RETRY_S
        self.up_since = time.monotonic()
        self._become(AMI_STATE_UP, self._note)

    async def _watch(self, link: AmiLink) -> None:
        """Ping until the link is lost, which is raised. A ping without an answer ends the link."""
        lost = asyncio.ensure_future(link.lost.wait())
        try:
            while True:
                self._ping_sent_at = began = time.monotonic()
                sent_at = time.time()
                try:
                    answer = link.send(actions.ping())
                except LinkLost:  # it is just ending: its own reason says more
                    await lost
                    raise link.loss or LinkLost("lost") from None
                either: set[asyncio.Future[Any]] = {answer, lost}
                await asyncio.wait(either, timeout=self._ping_deadline_s, return_when=asyncio.FIRST_COMPLETED)
                if not answer.done() and not lost.done():
                    link.abort(f"no answer to a ping for {self._ping_deadline_s:g} s")
                    await lost
                if lost.done():
                    raise link.loss or LinkLost("lost")
                self._ping_sent_at = None
                round_trip = time.monotonic() - began
                theirs = translate.timestamp(answer.result())
                if theirs is not None:
                    self._offsets.append((round_trip, theirs - (sent_at + round_trip / 2)))
                await asyncio.wait({lost}, timeout=self._ping_every_s)
        finally:
            lost.cancel()
            link.abort("session ended")

    def _receive(self, message: Received) -> None:
        fact = translate.fact_of(message)
        match fact:
            case None:
                return
            case Booted():
                if self._booted is not None and not self._booted.done():
                    self._booted.set_result(fact.uptime_s)
            case ShuttingDown():
                self._log.warning("ami.shutdown_announced", restart=fact.restart)
                if self._link is not None:
                    self._link.loss = LinkLost("Asterisk restarts" if fact.restart else "Asterisk was shut down")
            case _:
                self._on_fact(fact)

    def explain(self, detail: str) -> None:
        """Say why the session has not begun."""
        self._become(self.state, detail)

    def _unwanted_came(self, _name: bytes) -> None:
        self._unfiltered = True

    async def set_filter(self, link: AmiLink) -> None:
        """Keep away the events that nobody needs. Raises `LinkLost`.

        To be called once Asterisk has had something to say: what came tells whether manager.conf has a filter.
        """
        try:
            await link.ask(actions.only_events(translate.EVERYTHING if self._unfiltered else translate.FAILURES))
        except ActionFailed as error:
            self._log.warning("ami.filter_refused", reason=str(error))
            if self._unfiltered:
                self._note = "no event filter: give the AMI user write = system, else calls per second are halved"

    def _ended(self, error: Exception, started: bool) -> None:
        reason = str(error) or type(error).__name__
        if isinstance(error, OSError):
            reason = f"cannot connect: {error.strerror or type(error).__name__}"
        self._link = None
        self._booted = None
        self._become(AMI_STATE_LOGIN_REFUSED if isinstance(error, LoginRefused) else AMI_STATE_DOWN, reason)
        if started:
            self._on_down(reason)

    def _become(self, state: AmiState, detail: str) -> None:
        if state != self.state or detail != self.detail:
            self._log.info("ami.state_changed", state=AmiState.Name(state), detail=detail)
        self.state = state
        self.detail = detail


def _first(errors: BaseExceptionGroup[BaseException]) -> Exception:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
        if isinstance(error, Exception):
            return error
    return LinkLost("ended")
