# ruff: noqa: N802 - methods bear the names that the contract gives them
"""UserService: users, by those who administer them. `rpc.me` has what users do themselves."""

from __future__ import annotations

from typing import Any, Final

from discador.master import masks, pages
from discador.master.accounts import check_password, checked_name, checked_user, require_power_over
from discador.master.convert.identity import user_to_wire
from discador.master.rpc.me import MeRpcs
from discador.runtime.caller import current_caller
from discador.store.records import User
from discador.v1 import identity_pb2 as wire
from discador.v1 import identity_pb2_grpc

_WRITABLE: Final = frozenset({"display_name", "roles", "campaign_ids", "locale", "time_zone", "disabled"})


class UserServicer(MeRpcs, identity_pb2_grpc.UserServiceServicer):
    """Keeps the users. Nobody gives more than they have, nor touches accounts that may do more."""

    async def CreateUser(self, request: wire.CreateUserRequest, context: Any) -> wire.User:
        name = checked_name(request.user.name)
        columns = checked_user(request.user, current_caller())
        check_password(request.password, name)
        password_hash = await self._passwords.hash(request.password)
        # What is kept of requests is a quick hash, from which a password could be guessed.
        without = wire.CreateUserRequest(user=request.user, request_id=request.request_id)

        def work() -> wire.User:
            return user_to_wire(self._store.users.create(name, password_hash, **columns))

        return await self._database.once(without, wire.User, work)

    async def GetUser(self, request: wire.GetUserRequest, context: Any) -> wire.User:
        return user_to_wire(await self._database.run(self._store.users.get, request.id))

    async def ListUsers(self, request: wire.ListUsersRequest, context: Any) -> wire.ListUsersResponse:
        size = pages.page_size(request.page_size)
        after = pages.decode(request.page_token, int, "users") or 0
        found = await self._database.run(self._store.users.list, size + 1, after)
        return wire.ListUsersResponse(
            users=[user_to_wire(user) for user in found[:size]],
            next_page_token=pages.next_token(found, size, lambda user: user.id, "users"),
        )

    async def UpdateUser(self, request: wire.UpdateUserRequest, context: Any) -> wire.User:
        def work() -> wire.User:
            current = self._touchable(request.user.id)
            before = user_to_wire(current)
            changed = masks.merged(before, request.user, request.update_mask, _WRITABLE)
            columns = checked_user(changed, current_caller()) | {"disabled": changed.disabled}
            changes: Any = {name: value for name, value in columns.items() if value != getattr(current, name)}
            return user_to_wire(self._store.users.update(current.id, **changes))

        return await self._database.once(request, wire.User, work)

    async def SetPassword(self, request: wire.SetPasswordRequest, context: Any) -> wire.User:
        user = await self._database.run(self._touchable, request.id)
        check_password(request.password, user.name)
        password_hash = await self._passwords.hash(request.password)

        def work() -> wire.User:
            self._touchable(request.id)
            return user_to_wire(self._store.users.set_password(request.id, password_hash))

        answer = await self._database.once(request, wire.User, work)
        await self._guard.clear(user.name)
        return answer

    async def ResetTotp(self, request: wire.ResetTotpRequest, context: Any) -> wire.User:
        def work() -> wire.User:
            return user_to_wire(self._store.users.remove_totp(self._touchable(request.id).id))

        return await self._database.once(request, wire.User, work)

    def _touchable(self, user_id: int) -> User:
        """Return a user whom the caller may change; blocking."""
        user = self._store.users.get(user_id)
        require_power_over(current_caller(), user)
        return user
