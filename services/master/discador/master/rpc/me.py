# ruff: noqa: N802 - methods bear the names that the contract gives them
"""What users do with their own account."""

from __future__ import annotations

from typing import Any, Final

from discador.core.identity import CallerKind
from discador.master import masks
from discador.master.accounts import check_password, checked_preferences, own_id
from discador.master.convert.identity import user_to_wire
from discador.master.database import Database
from discador.master.login_guard import LoginGuard
from discador.master.passwords import Passwords, new_totp_secret, totp_step, totp_uri
from discador.runtime.caller import current_caller
from discador.runtime.errors import InvalidInput
from discador.store.records import Credentials
from discador.v1 import identity_pb2 as wire

_WRITABLE: Final = frozenset({"display_name", "locale", "time_zone"})


class MeRpcs:
    """Base of `UserServicer`. What weakens an account asks for its password again: a session may be stolen."""

    def __init__(self, database: Database, passwords: Passwords, guard: LoginGuard) -> None:
        self._database = database
        self._store = database.store
        self._passwords = passwords
        self._guard = guard

    async def GetMe(self, request: wire.GetMeRequest, context: Any) -> wire.User:
        mine = own_id(current_caller(), (CallerKind.USER, CallerKind.TOKEN))
        return user_to_wire(await self._database.run(self._store.users.get, mine))

    async def UpdateMe(self, request: wire.UpdateMeRequest, context: Any) -> wire.User:
        mine = own_id(current_caller())

        def work() -> wire.User:
            before = user_to_wire(self._store.users.get(mine))
            changed = masks.merged(before, request.user, request.update_mask, _WRITABLE)
            return user_to_wire(self._store.users.update(mine, **checked_preferences(changed)))

        return await self._database.once(request, wire.User, work)

    async def ChangeMyPassword(self, request: wire.ChangeMyPasswordRequest, context: Any) -> wire.User:
        kept = await self._confirmed(request.current_password)
        check_password(request.new_password, kept.user.name, "new_password")
        password_hash = await self._passwords.hash(request.new_password)

        def work() -> wire.User:
            return user_to_wire(self._store.users.set_password(kept.user.id, password_hash))

        return await self._database.once(request, wire.User, work)

    async def BeginMyTotp(self, request: wire.BeginMyTotpRequest, context: Any) -> wire.BeginMyTotpResponse:
        kept = await self._confirmed(request.current_password)
        secret = new_totp_secret()

        def work() -> wire.BeginMyTotpResponse:
            self._store.users.propose_totp(kept.user.id, secret)
            return wire.BeginMyTotpResponse(secret=secret, uri=totp_uri(secret, kept.user.name))

        return await self._database.once(request, wire.BeginMyTotpResponse, work)

    async def ConfirmMyTotp(self, request: wire.ConfirmMyTotpRequest, context: Any) -> wire.User:
        mine = own_id(current_caller())

        def work() -> wire.User:
            kept = self._store.users.credentials_of(mine)
            step = totp_step(kept.totp_secret, request.code)
            if kept.user.totp or step is None:
                fault = "is not the code that the authenticator shows now; check its clock"
                raise InvalidInput(f"code {fault}", error_id="code-wrong", violations=[("code", fault)])
            return user_to_wire(self._store.users.confirm_totp(mine, step))

        return await self._database.once(request, wire.User, work)

    async def RemoveMyTotp(self, request: wire.RemoveMyTotpRequest, context: Any) -> wire.User:
        kept = await self._confirmed(request.current_password)

        def work() -> wire.User:
            return user_to_wire(self._store.users.remove_totp(kept.user.id))

        return await self._database.once(request, wire.User, work)

    async def _confirmed(self, password: str) -> Credentials:
        """Return what is kept of the caller, whose password this is. Raises `InvalidInput` (password-wrong)."""
        kept = await self._database.run(self._store.users.credentials_of, own_id(current_caller()))
        await self._guard.enter(kept.user.name)
        if not await self._passwords.matches(kept.password_hash, password):
            fault = "is not your password"
            raise InvalidInput(
                f"current_password {fault}", error_id="password-wrong", violations=[("current_password", fault)]
            )
        await self._guard.clear(kept.user.name)
        return kept
