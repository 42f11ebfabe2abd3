"""API tokens."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from discador.core.identity import Permission
from discador.store.errors import NotFound
from discador.store.lengths import require_lengths, require_name
from discador.store.records import ApiToken
from discador.store.tables import api_token, user
from discador.store.transaction import Repository, Transaction, reads, writes

_TOKEN: Final = tuple(api_token.c[name] for name in ApiToken.__dataclass_fields__)
#: A token that is used all the time is noted once a minute.
_NOTED_EVERY: Final = timedelta(minutes=1)


class ApiTokens(Repository):
    """Keys for programs, by the SHA-256 of the key: it is random, so a fast hash is enough."""

    @writes
    def create(
        self,
        tx: Transaction,
        user_id: int,
        name: str,
        digest: bytes,
        permissions: Iterable[Permission],
        campaigns: Iterable[int],
        lifetime: timedelta,
    ) -> ApiToken:
        """Add a token. Raises NotFound (user-not-found), InvalidValue."""
        require_name("api-token", api_token, name)
        require_lengths("api-token", api_token, {"digest": digest})
        if tx.execute(sa.select(user.c.id).where(user.c.id == user_id)).first() is None:
            raise NotFound("user", user_id)
        now = tx.now()
        wanted = set(permissions)
        token_id = tx.insert_one(
            api_token,
            user_id=user_id,
            name=name,
            digest=digest,
            permissions=[permission.value for permission in Permission if permission in wanted],
            campaigns=sorted(set(campaigns)),
            created_at=now,
            expires_at=now + lifetime,
        )
        return _get(tx, token_id)

    @reads
    def get(self, tx: Transaction, token_id: int) -> ApiToken:
        """Return a token. Raises NotFound."""
        return _get(tx, token_id)

    @reads
    def list(
        self, tx: Transaction, limit: int = 1000, after_id: int = 0, user_id: int | None = None
    ) -> builtins.list[ApiToken]:
        """Return tokens by id, all or those of one user; ended ones too."""
        wanted = sa.select(*_TOKEN).where(api_token.c.id > after_id)
        if user_id is not None:
            wanted = wanted.where(api_token.c.user_id == user_id)
        return [_token_from(row) for row in tx.execute(wanted.order_by(api_token.c.id).limit(limit))]

    @writes
    def use(self, tx: Transaction, digest: bytes) -> ApiToken | None:
        """Return the token with this digest if it is valid now, and note that it was used; None otherwise."""
        row = tx.execute(sa.select(*_TOKEN).where(api_token.c.digest == digest)).one_or_none()
        if row is None:
            return None
        found, now = _token_from(row), tx.now()
        if found.revoked_at is not None or found.expires_at <= now:
            return None
        if found.last_used_at is None or found.last_used_at + _NOTED_EVERY <= now:
            tx.execute(sa.update(api_token).where(api_token.c.id == found.id).values(last_used_at=now))
        return found

    @writes
    def revoke(self, tx: Transaction, token_id: int) -> ApiToken:
        """End a token; ending it twice changes nothing. Raises NotFound."""
        live = (api_token.c.id == token_id) & api_token.c.revoked_at.is_(None)
        tx.execute(sa.update(api_token).where(live).values(revoked_at=tx.now()))
        return _get(tx, token_id)


def _get(tx: Transaction, token_id: int) -> ApiToken:
    row = tx.execute(sa.select(*_TOKEN).where(api_token.c.id == token_id)).one_or_none()
    if row is None:
        raise NotFound("api-token", token_id)
    return _token_from(row)


def _token_from(row: sa.Row[Any]) -> ApiToken:
    values = row._asdict()
    # A word that a later release allowed is nothing here.
    values["permissions"] = frozenset(Permission(word) for word in values["permissions"] if word in set(Permission))
    values["campaigns"] = frozenset(values["campaigns"])
    return ApiToken(**values)
