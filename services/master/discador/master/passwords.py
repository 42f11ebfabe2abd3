"""Passwords and codes: argon2id in threads of their own, TOTP (RFC 6238)."""

from __future__ import annotations

import time
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from discador.core.identity.password_rules import LONGEST
from discador.runtime.threads import Threads

_ISSUER: Final = "Discador"
_PERIOD_S: Final = 30


class Passwords:
    """Each check takes 64 MiB and some 50 ms of a core, so two run at once and some wait: a flood of logins ends in
    `Exhausted` and not in a machine without memory. The parameters are argon2-cffi's defaults (RFC 9106, 4)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = Threads(2, name="passwords", backlog=16)
        # What unknown names are checked against, so that they take as long as known ones.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to keep. Raises `Exhausted`."""
        return await self._threads.run(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one of the hash; None takes as long, and is False. Raises `Exhausted`."""
        found = await self._threads.run(self._verify, kept or self._nobody, password[: LONGEST + 1])
        return found and kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether the hash was made with weaker parameters than are used today."""
        return self._hasher.check_needs_rehash(kept)

    async def close(self) -> None:
        """Let those in progress end."""
        await self._threads.close()

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def new_totp_secret() -> str:
    """Return a random secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def totp_uri(secret: str, user_name: str) -> str:
    """Return the otpauth:// address that authenticators read."""
    return pyotp.TOTP(secret).provisioning_uri(name=user_name, issuer_name=_ISSUER)


def totp_step(secret: str, code: str) -> int | None:
    """Return the time step of a code that is valid now, or half a minute before or after; None if it is not."""
    code = code.replace(" ", "")
    if not secret or len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    now = int(time.time()) // _PERIOD_S
    totp = pyotp.TOTP(secret, interval=_PERIOD_S)
    for step in (now, now - 1, now + 1):
        if totp.verify(code, for_time=step * _PERIOD_S):
            return step
    return None
