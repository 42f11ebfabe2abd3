"""The one-time token that makes the first administrator: in a file that only the service's user can read."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from discador.runtime.log import get_logger
from discador.runtime.remote_error import RemoteError
from discador.web.auth.identities import Identities

_log: Final = get_logger("first-run")


class FirstRunToken:
    """The token in the file `path`; a file that stands there already, a mounted secret say, is used as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ensure(self) -> bool:
        """Make the file if it is missing; False where that cannot be done."""
        if self.path.exists():
            return True
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return self.path.exists()  # another web service beside this one may have been quicker
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        return True

    def matches(self, given: str) -> bool:
        """Whether this is the token; False without a file, or with an empty one."""
        try:
            kept = self.path.read_text(encoding="utf-8").strip()
        except OSError:
            return False
        return bool(kept) and hmac.compare_digest(kept.encode(), given.strip().encode("utf-8", "replace"))

    def remove(self) -> None:
        """Take it away when it has served; a secret that is mounted read-only stays, and opens nothing any more."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            _log.info("first_run.file_stays", file=str(self.path))


class FirstRunWatch:
    """A loop that says once where the token is, as long as there is no user, and takes it away afterwards."""

    name = "first-run"
    interval = 2.0

    def __init__(self, identities: Identities, token: FirstRunToken) -> None:
        self._identities = identities
        self._token = token
        self._told = False
        self._done = False

    async def run_once(self) -> None:
        """Look whether there is a user by now."""
        if self._done:
            return
        try:
            is_open = await self._identities.first_run_open()
        except RemoteError:
            return  # the master is not up yet
        if not is_open:
            self._done = True
            self._token.remove()
        elif not self._told:
            made = self._token.ensure()
            self._told = True
            advice = "open /first-run and enter what this file holds, to make the administrator"
            if not made:
                advice = "the file cannot be made: set DISCADOR_FIRST_RUN_FILE to a place that can be written"
            _log.warning("first_run.open", file=str(self._token.path.absolute()), advice=advice)
