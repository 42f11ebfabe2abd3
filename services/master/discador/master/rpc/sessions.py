# ruff: noqa: N802 - methods bear the names that the contract gives them
"""SessionService: proves identities to the web service, which keeps the sessions."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from discador.core.identity import Caller, CallerKind, permissions_of
from discador.master.accounts import check_password, checked_name, checked_preferences
from discador.master.convert.identity import identity_to_wire
from discador.master.database import Database
from discador.master.login_guard import LoginGuard
from discador.master.passwords import Passwords, totp_step
from discador.master.recording import own_deed
from discador.master.rpc.tokens import digest
from discador.runtime.caller import set_caller
from discador.runtime.errors import Unauthenticated
from discador.store.records import ApiToken, Credentials, User
from discador.v1 import identity_pb2 as wire
from discador.v1 import identity_pb2_grpc

_MAX_NAME: Final = 64
_MAX_SECRET: Final = 200


class SessionServicer(identity_pb2_grpc.SessionServiceServicer):
    """Internal: only services may call it."""

    def __init__(self, database: Database, passwords: Passwords, guard: LoginGuard) -> None:
        self._database = database
        self._store = database.store
        self._passwords = passwords
        self._guard = guard

    async def LogIn(self, request: wire.LogInRequest, context: Any) -> wire.Identity:
        await self._guard.enter(request.name)
        kept = await self._database.run(self._store.users.credentials, request.name[:_MAX_NAME])
        right = await self._passwords.matches(kept.password_hash if kept else None, request.password)
        if kept is None or not right or kept.user.disabled or not await self._second_factor(kept, request.code):
            await self._refuse(kept, request.address)
        await self._guard.clear(request.name)
        if self._passwords.is_old(kept.password_hash):
            renewed = await self._passwords.hash(request.password)
            await self._database.run(self._store.users.rehash, kept.user.id, renewed)
        set_caller(_as_caller(kept.user, request.address))

        def work() -> User:
            with self._store.transaction():
                user = self._store.users.logged_in(kept.user.id)
                self._store.audit.append(own_deed("LogIn", f"user {user.id}"))
                return user

        return identity_to_wire(await self._database.run(work))

    async def GetIdentity(self, request: wire.GetIdentityRequest, context: Any) -> wire.Identity:
        user = await self._database.run(self._store.users.get, request.user_id)
        if user.disabled:
            raise Unauthenticated("this account is disabled", error_id="user-disabled")
        return identity_to_wire(user)

    async def ResolveToken(self, request: wire.ResolveTokenRequest, context: Any) -> wire.Identity:
        if len(request.secret) > _MAX_SECRET:
            _refuse_token()
        token = await self._database.run(self._store.tokens.use, digest(request.secret))
        if token is None:
            _refuse_token()
        owner = await self._database.run(self._store.users.get, token.user_id)
        return _as_token(owner, token)

    async def GetFirstRun(self, request: wire.GetFirstRunRequest, context: Any) -> wire.FirstRun:
        return wire.FirstRun(open=not await self._database.run(self._store.users.any))

    async def CreateFirstUser(self, request: wire.CreateFirstUserRequest, context: Any) -> wire.Identity:
        name = checked_name(request.name, "name")
        check_password(request.password, name)
        asked = wire.User(display_name=request.display_name, locale=request.locale, time_zone=request.time_zone)
        columns = checked_preferences(asked)
        password_hash = await self._passwords.hash(request.password)

        def work() -> User:
            with self._store.transaction():
                user = self._store.users.create_first(name, password_hash, **columns)
                set_caller(_as_caller(user, request.address))
                self._store.audit.append(own_deed("CreateFirstUser", f"user {user.id}"))
                return user

        return identity_to_wire(await self._database.run(work))

    async def _second_factor(self, kept: Credentials, code: str) -> bool:
        """Whether the code is right, or none is needed. A code is used up by this."""
        if not kept.user.totp:
            return True
        step = totp_step(kept.totp_secret, code)
        return step is not None and await self._database.run(self._store.users.use_totp_step, kept.user.id, step)

    async def _refuse(self, kept: Credentials | None, address: str) -> NoReturn:
        # An unknown name is not recorded: what is typed there may be a password.
        set_caller(_as_caller(kept.user if kept else None, address))
        what = f"user {kept.user.id}" if kept else "unknown user"
        await self._database.run(lambda: self._store.audit.append(own_deed("LogInRefused", what)))
        raise Unauthenticated("name, password or code is wrong", error_id="login-refused")


def _as_caller(user: User | None, address: str) -> Caller:
    if user is None:
        return Caller(CallerKind.USER, 0, "nobody", (), frozenset(), address=address)
    return Caller(CallerKind.USER, user.id, user.name, user.roles, permissions_of(user.roles), address=address)


def _as_token(owner: User, token: ApiToken) -> wire.Identity:
    """Return whom the token acts for. It never reaches farther than its owner does now."""
    campaigns = token.campaigns & owner.campaigns if token.campaigns and owner.campaigns else None
    if owner.disabled or campaigns == frozenset():
        _refuse_token()
    reach = token.campaigns or owner.campaigns if campaigns is None else campaigns
    return identity_to_wire(owner, token, token.permissions & permissions_of(owner.roles), reach)


def _refuse_token() -> NoReturn:
    raise Unauthenticated("the API token is unknown, expired or revoked", error_id="api-token-refused")
