"""Who a user or an API token is now, as the master says; remembered for moments."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import grpc

from discador.core.identity import Caller, CallerKind, Permission, Role, permissions_of
from discador.runtime.remote_error import RemoteError, remote_error
from discador.v1 import identity_pb2, identity_pb2_grpc

Metadata = Sequence[tuple[str, str]]

#: How long a change of somebody's rights, or a revoked token, may go unnoticed.
FRESH_S: Final = 2.0
#: While the master is away nothing can be done anyway; pages that say so are still shown.
_STALE_S: Final = 60.0
_MOST: Final = 10_000
#: A login waits for its turn: passwords are slow to check on purpose.
_TIMEOUT_S: Final = 15.0
_ROLES: Final = {identity_pb2.Role.Value(f"ROLE_{role.name}"): role for role in Role}
_NOT_NOW: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Identities:
    """Asks the master's SessionService, as the service itself. `channel` gives the channel to the master."""

    def __init__(self, channel: Callable[[], grpc.aio.Channel]) -> None:
        self._channel = channel
        self._users: dict[int, tuple[float, identity_pb2.Identity]] = {}
        self._tokens: dict[bytes, tuple[float, identity_pb2.Identity]] = {}
        self._users_exist = False
        self._asked_at = 0.0

    async def user(self, user_id: int) -> identity_pb2.Identity | None:
        """Return a user; None if disabled or gone. Raises `RemoteError` where the master does not answer for long."""
        request = identity_pb2.GetIdentityRequest(user_id=user_id)
        found = await self._remembered(self._users, user_id, lambda: self.ask("GetIdentity", request), _STALE_S)
        return found if isinstance(found, identity_pb2.Identity) else None

    async def token(self, secret: str) -> identity_pb2.Identity | None:
        """Return for whom an API token acts; None if it is not valid. Raises `RemoteError`."""
        digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        request = identity_pb2.ResolveTokenRequest(secret=secret)
        found = await self._remembered(self._tokens, digest, lambda: self.ask("ResolveToken", request), FRESH_S)
        return found if isinstance(found, identity_pb2.Identity) else None

    async def first_run_open(self) -> bool:
        """Whether there is no user yet. Raises `RemoteError`."""
        now = time.monotonic()
        # Users are never deleted, so one answer holds for ever.
        if not self._users_exist and (not self._asked_at or now - self._asked_at > FRESH_S):
            answer = await self.ask("GetFirstRun", identity_pb2.GetFirstRunRequest())
            self._users_exist, self._asked_at = not answer.open, now
        return not self._users_exist

    def forget(self, user_id: int) -> None:
        """Ask anew for a user whose rights or password were just changed here."""
        self._users.pop(user_id, None)
        self._asked_at = 0.0

    async def ask(self, method: str, request: Any) -> Any:
        """Call SessionService as the service itself. Raises `RemoteError`."""
        return await self.ask_as((), identity_pb2_grpc.SessionServiceStub, method, request)

    async def ask_as(
        self, metadata: Metadata, stub: Callable[[grpc.aio.Channel], Any], method: str, request: Any
    ) -> Any:
        """Call any service of the master for whom the metadata names. Raises `RemoteError`."""
        try:
            return await getattr(stub(self._channel()), method)(request, timeout=_TIMEOUT_S, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error

    async def _remembered(
        self, kept: dict[Any, Any], key: Any, ask: Callable[[], Awaitable[Any]], stale_s: float
    ) -> Any:
        at, known = kept.get(key, (-_STALE_S, None))
        age = time.monotonic() - at
        if known is not None and age < FRESH_S:
            return known
        try:
            found = await ask()
        except RemoteError as error:
            if error.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND):
                kept.pop(key, None)
                return None
            if known is not None and error.code in _NOT_NOW and age < stale_s:
                return known
            raise
        if len(kept) >= _MOST:
            kept.clear()
        kept[key] = (time.monotonic(), found)
        return found


def caller_from(identity: identity_pb2.Identity, address: str) -> Caller:
    """Return the caller that an identity is."""
    roles = tuple(_ROLES[number] for number in identity.roles if number in _ROLES)
    told = frozenset(Permission(word) for word in identity.permissions if word in set(Permission))
    return Caller(
        kind=CallerKind.TOKEN if identity.token_id else CallerKind.USER,
        id=identity.user_id,
        name=identity.name,
        roles=roles,
        permissions=told & permissions_of(roles) if identity.token_id else permissions_of(roles),
        campaigns=frozenset(identity.campaign_ids),
        token_id=identity.token_id,
        locale=identity.locale,
        zone=identity.time_zone,
        address=address,
    )


def environment_caller(address: str) -> Caller:
    """Return who the holder of DISCADOR_API_TOKEN is: an administrator without an account, until there are users."""
    roles = (Role.ADMINISTRATOR,)
    return Caller(CallerKind.TOKEN, 0, "api-token", roles, permissions_of(roles), address=address)
