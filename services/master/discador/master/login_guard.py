"""Lock-out by name: failures are counted in Redis, before the password is looked at."""

from __future__ import annotations

import hashlib
import time
from typing import Final

import grpc

from discador.core.identity.lockout import FORGOTTEN_AFTER_S, wait_s
from discador.runtime import keys
from discador.runtime.errors import ServiceError
from discador.runtime.redis_client import Redis

#: Counts one more failure if nobody else did since it was looked at: of many tries at once, each is counted.
_COUNT: Final = """
local seen = redis.call('GET', KEYS[1]) or ''
if seen ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_TURNS: Final = 20


class LoginGuard:
    """`enter` before a password is checked, `clear` once it was right."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def enter(self, name: str) -> None:
        """Count a try as failed until `clear`. Raises `ServiceError` (login-locked) with the wait."""
        key = _key(name)
        for _ in range(_TURNS):
            kept = await self._redis.get(key)
            seen = kept if isinstance(kept, bytes) else b""
            failures, last = _read(seen)
            now = time.time()
            wait = wait_s(failures, now - last)
            if wait > 0:
                raise _locked(wait)
            told = f"{failures + 1} {now:.3f}"
            if await self._redis.eval(_COUNT, 1, key, seen, told, FORGOTTEN_AFTER_S):
                return
        raise _locked(1.0)

    async def clear(self, name: str) -> None:
        """Forget the failures of a name."""
        await self._redis.delete(_key(name))


def _key(name: str) -> str:
    # The digest: what is typed as a name may be a password.
    return keys.key("login", hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest())


def _read(seen: bytes) -> tuple[int, float]:
    try:
        failures, last = seen.split()
        return int(failures), float(last)
    except ValueError:
        return 0, 0.0


def _locked(wait: float) -> ServiceError:
    return ServiceError(
        f"too many failed logins with this name: try again in {max(1, round(wait))} s",
        error_id="login-locked",
        code=grpc.StatusCode.RESOURCE_EXHAUSTED,
        retry_after_s=max(1.0, wait),
    )
