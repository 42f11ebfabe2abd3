"""Sessions, in Redis: known by a random cookie, of which only the digest is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from discador.runtime import keys
from discador.runtime.redis_client import Redis

_MAX_AGENT: Final = 120
_MAX_COOKIE: Final = 128


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody logged in."""

    id: str  #: digest of the cookie: names the session, opens nothing
    user_id: int
    generation: int  #: of the user at login; another one ends the session
    csrf_token: str
    started_at: float  #: seconds since 1970
    ends_at: float  #: whatever is done meanwhile
    seen_at: float
    address: str
    agent: str

    @property
    def started(self) -> datetime:
        return datetime.fromtimestamp(self.started_at, UTC)

    @property
    def seen(self) -> datetime:
        return datetime.fromtimestamp(self.seen_at, UTC)


class Sessions:
    """Starts, finds and ends sessions. Each login makes a cookie of its own; one that is brought is never adopted.

    `idle_s` without a request ends a session, and so does `longest_s` in any case. Redis emptied ends all.
    """

    def __init__(self, redis: Redis, idle_s: float, longest_s: float) -> None:
        self._redis = redis
        self._idle_s = idle_s
        self._longest_s = longest_s

    async def start(self, user_id: int, generation: int, address: str, agent: str) -> tuple[str, Session]:
        """Return the cookie's value and the session."""
        cookie, now = secrets.token_urlsafe(32), time.time()
        session = Session(
            id=_digest(cookie),
            user_id=user_id,
            generation=generation,
            csrf_token=secrets.token_urlsafe(24),
            started_at=now,
            ends_at=now + self._longest_s,
            seen_at=now,
            address=address,
            agent=agent[:_MAX_AGENT],
        )
        kept = {name: str(getattr(session, name)) for name in Session.__dataclass_fields__ if name != "id"}
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(session.id), mapping=cast(Mapping[Any, Any], kept))
            pipe.pexpire(_key(session.id), self._remaining_ms(session, now))
            pipe.sadd(_index(user_id), session.id)
            pipe.expire(_index(user_id), int(self._longest_s) + 1)
            await pipe.execute()
        return cookie, session

    async def find(self, cookie: str, *, touch: bool) -> Session | None:
        """Return the session of a cookie; `touch` counts as a request of its user. None: there is none any more."""
        if not cookie or len(cookie) > _MAX_COOKIE:
            return None
        session, now = await self._load(_digest(cookie)), time.time()
        if session is None or session.ends_at <= now:
            return None
        if touch:
            async with self._redis.pipeline(transaction=False) as pipe:
                # The time first: a session that ended in between is not begun anew by it.
                pipe.pexpire(_key(session.id), self._remaining_ms(session, now))
                pipe.hset(_key(session.id), "seen_at", str(now)) if now - session.seen_at > 1 else None
                await pipe.execute()
        return session

    async def of_user(self, user_id: int) -> list[Session]:
        """Return a user's sessions, the latest login first."""
        ids = [item.decode() for item in cast(set[bytes], await cast(Any, self._redis.smembers(_index(user_id))))]
        found = [session for each in ids if (session := await self._load(each)) is not None]
        return sorted(found, key=lambda session: -session.started_at)

    async def end(self, session: Session) -> None:
        """End a session."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(_key(session.id))
            pipe.srem(_index(session.user_id), session.id)
            await pipe.execute()

    async def end_by_id(self, user_id: int, session_id: str) -> bool:
        """End one of a user's sessions by its id; False if it is none of theirs."""
        for session in await self.of_user(user_id):
            if session.id == session_id:
                await self.end(session)
                return True
        return False

    async def end_all(self, user_id: int, but: str = "") -> int:
        """End a user's sessions, all or all but one; return how many."""
        ending = [session for session in await self.of_user(user_id) if session.id != but]
        for session in ending:
            await self.end(session)
        return len(ending)

    async def _load(self, session_id: str) -> Session | None:
        kept = cast(dict[bytes, bytes], await cast(Any, self._redis.hgetall(_key(session_id))))
        try:
            told = {name: kept[name.encode()].decode() for name in Session.__dataclass_fields__ if name != "id"}
            return Session(
                id=session_id,
                user_id=int(told["user_id"]),
                generation=int(told["generation"]),
                csrf_token=told["csrf_token"],
                started_at=float(told["started_at"]),
                ends_at=float(told["ends_at"]),
                seen_at=float(told["seen_at"]),
                address=told["address"],
                agent=told["agent"],
            )
        except (KeyError, ValueError):
            return None

    def _remaining_ms(self, session: Session, now: float) -> int:
        return max(1, int(min(self._idle_s, session.ends_at - now) * 1000))


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()


def _key(session_id: str) -> str:
    return keys.key("session", session_id)


def _index(user_id: int) -> str:
    return keys.key("sessions", str(user_id))
