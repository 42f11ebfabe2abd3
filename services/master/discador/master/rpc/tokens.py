# ruff: noqa: N802 - methods bear the names that the contract gives them
"""TokenService: keys for programs."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Final

from discador.core.identity import SYSTEM, Permission, excess
from discador.master import pages
from discador.master.accounts import require_power_over
from discador.master.convert.identity import token_to_wire
from discador.master.database import Database
from discador.master.texts import MAX_NAME, fault_in
from discador.master.violations import Violations
from discador.runtime.caller import current_caller
from discador.runtime.errors import PermissionDenied
from discador.store.records import ApiToken, User
from discador.v1 import identity_pb2 as wire
from discador.v1 import identity_pb2_grpc

#: Tells scanners of repositories, and people, what it is.
_PREFIX: Final = "dsc_"
_DEFAULT_DAYS: Final = 90
_MAX_DAYS: Final = 366


def digest(secret: str) -> bytes:
    """Return what is kept of a token's secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


class TokenServicer(identity_pb2_grpc.TokenServiceServicer):
    """Makes, lists and ends tokens: one's own, or everybody's with `token:manage`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = database.store

    async def CreateToken(self, request: wire.CreateTokenRequest, context: Any) -> wire.CreateTokenResponse:
        secret = _PREFIX + secrets.token_urlsafe(32)

        def work() -> wire.CreateTokenResponse:
            owner = self._owner(request.token.user_id)
            permissions, days = _checked(request, owner)
            token = self._store.tokens.create(
                owner.id,
                request.token.name,
                digest(secret),
                permissions,
                request.token.campaign_ids,
                timedelta(days=days),
            )
            return wire.CreateTokenResponse(token=token_to_wire(token, owner.name), secret=secret)

        return await self._database.once(request, wire.CreateTokenResponse, work)

    async def ListTokens(self, request: wire.ListTokensRequest, context: Any) -> wire.ListTokensResponse:
        caller = current_caller()
        whose = None if caller.may(Permission.TOKEN_MANAGE) else caller.id

        def work() -> wire.ListTokensResponse:
            size = pages.page_size(request.page_size)
            after = pages.decode(request.page_token, int, "tokens", whose) or 0
            found = self._store.tokens.list(size + 1, after, whose)
            return wire.ListTokensResponse(
                tokens=[self._shown(token) for token in found[:size]],
                next_page_token=pages.next_token(found, size, lambda token: token.id, "tokens", whose),
            )

        return await self._database.run(work)

    async def RevokeToken(self, request: wire.RevokeTokenRequest, context: Any) -> wire.ApiToken:
        def work() -> wire.ApiToken:
            caller = current_caller()
            token = self._store.tokens.get(request.id)
            if token.user_id != caller.id and not caller.may(Permission.TOKEN_MANAGE):
                raise PermissionDenied("this is not your token", error_id="api-token-denied")
            return self._shown(self._store.tokens.revoke(token.id))

        return await self._database.once(request, wire.ApiToken, work)

    def _owner(self, asked: int) -> User:
        """Return for whom a token is made; blocking."""
        caller = current_caller()
        if asked and asked != caller.id and not caller.may(Permission.TOKEN_MANAGE):
            raise PermissionDenied("tokens of others need token:manage", error_id="api-token-denied")
        owner = self._store.users.get(asked or caller.id)
        if owner.id != caller.id:
            require_power_over(caller, owner)
        return owner

    def _shown(self, token: ApiToken) -> wire.ApiToken:
        return token_to_wire(token, self._store.users.get(token.user_id).name)


def _checked(request: wire.CreateTokenRequest, owner: User) -> tuple[set[Permission], int]:
    """Return permissions and days. Raises `InvalidInput` (api-token-invalid), `PermissionDenied` (grant-denied)."""
    token, found = request.token, Violations()
    found.add("token.name", fault_in(token.name, MAX_NAME, required=True))
    unknown = sorted(set(token.permissions) - set(Permission))
    known = ", ".join(Permission)
    found.check(not unknown and bool(token.permissions), "token.permissions", f"must name some of: {known}")
    days = request.days or _DEFAULT_DAYS
    found.check(1 <= days <= _MAX_DAYS, "days", f"must be between 1 and {_MAX_DAYS}")
    beyond_owner = owner.campaigns and not set(token.campaign_ids) <= owner.campaigns
    found.check(not beyond_owner, "token.campaign_ids", "must be campaigns of the token's owner")
    found.raise_if_any("api-token-invalid")
    permissions = {Permission(word) for word in token.permissions}
    caller = current_caller()
    if caller is not SYSTEM and (beyond := excess(caller, permissions, token.campaign_ids or owner.campaigns)):
        raise PermissionDenied(f"what the token should do {beyond}", error_id="grant-denied")
    return permissions, days
