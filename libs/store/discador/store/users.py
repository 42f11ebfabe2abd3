"""Users."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any, Final, Unpack, cast

import sqlalchemy as sa

from discador.core.identity import Role
from discador.store.errors import FirstRunClosed, InvalidValue, LastAdministrator, NotFound
from discador.store.lengths import require_lengths
from discador.store.names import take_name
from discador.store.records import Credentials, User, UserChanges
from discador.store.system import exclude_gates
from discador.store.tables import user
from discador.store.transaction import Repository, Transaction, reads, writes

_USER: Final = tuple(user.c[name] for name in User.__dataclass_fields__)
_CREDENTIALS: Final = (*_USER, user.c.password_hash, user.c.totp_secret, user.c.totp_step)
_ENDS_SESSIONS: Final = frozenset({"roles", "campaigns", "disabled"})


class Users(Repository):
    """Who may log in. Names are kept in small letters; users are disabled, never deleted: records name them."""

    @reads
    def any(self, tx: Transaction) -> bool:
        """Whether there is a user at all."""
        return tx.execute(sa.select(user.c.id).limit(1)).first() is not None

    @writes
    def create(
        self,
        tx: Transaction,
        name: str,
        password_hash: str,
        roles: Iterable[Role],
        display_name: str = "",
        campaigns: Iterable[int] = (),
        locale: str = "",
        time_zone: str = "",
    ) -> User:
        """Add a user. Raises InvalidValue, NameTaken."""
        values = {
            "display_name": display_name,
            "password_hash": password_hash,
            "locale": locale,
            "time_zone": time_zone,
            "roles": _written(roles),
            "campaigns": sorted(set(campaigns)),
        }
        if not values["roles"]:
            raise InvalidValue("user", "a user needs a role at least")
        require_lengths("user", user, values)
        name = name.casefold()
        with take_name("user", user, name):
            user_id = tx.insert_one(
                user,
                name=name,
                **values,
                disabled=False,
                totp_secret="",
                totp=False,
                totp_step=0,
                generation=1,
                created_at=tx.now(),
            )
        return _get(tx, user_id)

    @writes
    def create_first(
        self,
        tx: Transaction,
        name: str,
        password_hash: str,
        display_name: str = "",
        locale: str = "",
        time_zone: str = "",
    ) -> User:
        """Add the first user, an administrator. Raises FirstRunClosed if there is a user, InvalidValue."""
        exclude_gates(tx)  # no row of this table exists that two at once could lock
        if tx.execute(sa.select(user.c.id).limit(1)).first() is not None:
            raise FirstRunClosed("there are users already: log in, or ask an administrator for an account")
        return self.create(
            name, password_hash, [Role.ADMINISTRATOR], display_name=display_name, locale=locale, time_zone=time_zone
        )

    @reads
    def get(self, tx: Transaction, user_id: int) -> User:
        """Return a user. Raises NotFound."""
        return _get(tx, user_id)

    @reads
    def get_by_name(self, tx: Transaction, name: str) -> User:
        """Return the user of that name. Raises NotFound."""
        row = tx.execute(sa.select(*_USER).where(user.c.name == name.casefold())).one_or_none()
        if row is None:
            raise NotFound("user", repr(name))
        return user_from(row)

    @reads
    def list(self, tx: Transaction, limit: int = 1000, after_id: int = 0) -> builtins.list[User]:
        """Return users by id, disabled ones too."""
        rows = tx.execute(sa.select(*_USER).where(user.c.id > after_id).order_by(user.c.id).limit(limit))
        return [user_from(row) for row in rows]

    @reads
    def credentials(self, tx: Transaction, name: str) -> Credentials | None:
        """Return what a login by this name is checked against; None if there is no such user."""
        row = tx.execute(sa.select(*_CREDENTIALS).where(user.c.name == name.casefold())).one_or_none()
        return None if row is None else _credentials_from(row)

    @reads
    def credentials_of(self, tx: Transaction, user_id: int) -> Credentials:
        """Return what this user is checked against. Raises NotFound."""
        row = tx.execute(sa.select(*_CREDENTIALS).where(user.c.id == user_id)).one_or_none()
        if row is None:
            raise NotFound("user", user_id)
        return _credentials_from(row)

    @writes
    def update(self, tx: Transaction, user_id: int, **changes: Unpack[UserChanges]) -> User:
        """Change what is given; sessions end where rights change. Raises NotFound, LastAdministrator, InvalidValue."""
        require_lengths("user", user, cast(dict[str, object], changes))
        values: dict[str, Any] = dict(changes)
        if "roles" in changes:
            values["roles"] = _written(changes["roles"])
            if not values["roles"]:
                raise InvalidValue("user", "a user needs a role at least")
        if "campaigns" in changes:
            values["campaigns"] = sorted(changes["campaigns"])
        if _ENDS_SESSIONS & set(values):
            others = _other_administrators(tx, user_id)
            values["generation"] = user.c.generation + 1
        if values:
            tx.execute(sa.update(user).where(user.c.id == user_id).values(**values))
        changed = _get(tx, user_id)
        if _ENDS_SESSIONS & set(values) and not others and not _administers(changed):
            raise LastAdministrator("this is the only administrator left: make another one first")
        return changed

    @writes
    def set_password(self, tx: Transaction, user_id: int, password_hash: str) -> User:
        """Replace the password's hash; all sessions of the user end. Raises NotFound."""
        change = {"password_hash": password_hash, "generation": user.c.generation + 1}
        tx.execute(sa.update(user).where(user.c.id == user_id).values(**change))
        return _get(tx, user_id)

    @writes
    def rehash(self, tx: Transaction, user_id: int, password_hash: str) -> None:
        """Replace the hash of the same password by one of newer parameters; no session ends."""
        tx.execute(sa.update(user).where(user.c.id == user_id).values(password_hash=password_hash))

    @writes
    def propose_totp(self, tx: Transaction, user_id: int, secret: str) -> None:
        """Keep a new TOTP secret, which `confirm_totp` makes valid; one that is valid already stays. Raises NotFound,
        InvalidValue."""
        require_lengths("user", user, {"totp_secret": secret})
        if _get(tx, user_id).totp:
            raise InvalidValue("totp", "a second factor is set up already: remove it first")
        tx.execute(sa.update(user).where(user.c.id == user_id).values(totp_secret=secret))

    @writes
    def confirm_totp(self, tx: Transaction, user_id: int, step: int) -> User:
        """Demand a code from now on; `step` is that of the code that confirmed it. Raises NotFound."""
        tx.execute(sa.update(user).where(user.c.id == user_id).values(totp=True, totp_step=step))
        return _get(tx, user_id)

    @writes
    def remove_totp(self, tx: Transaction, user_id: int) -> User:
        """Demand no code any more. Raises NotFound."""
        tx.execute(sa.update(user).where(user.c.id == user_id).values(totp=False, totp_secret="", totp_step=0))
        return _get(tx, user_id)

    @writes
    def use_totp_step(self, tx: Transaction, user_id: int, step: int) -> bool:
        """Use up the code of `step`; False if it, or a later one, was used before."""
        newer = (user.c.id == user_id) & (user.c.totp_step < step)
        return tx.execute(sa.update(user).where(newer).values(totp_step=step)).rowcount == 1

    @writes
    def logged_in(self, tx: Transaction, user_id: int) -> User:
        """Note the time of a login. Raises NotFound."""
        tx.execute(sa.update(user).where(user.c.id == user_id).values(last_login_at=tx.now()))
        return _get(tx, user_id)


def user_from(row: sa.Row[Any]) -> User:
    """Return the user of a row that begins with the columns of `User`."""
    values = dict(zip(User.__dataclass_fields__, row, strict=False))
    values["roles"] = tuple(Role(role) for role in values["roles"])
    values["campaigns"] = frozenset(values["campaigns"])
    return User(**values)


def _credentials_from(row: sa.Row[Any]) -> Credentials:
    return Credentials(user_from(row), row.password_hash, row.totp_secret, row.totp_step)


def _get(tx: Transaction, user_id: int) -> User:
    row = tx.execute(sa.select(*_USER).where(user.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("user", user_id)
    return user_from(row)


def _written(roles: Iterable[Role]) -> builtins.list[str]:
    wanted = set(roles)
    return [role.value for role in Role if role in wanted]


def _administers(one: User) -> bool:
    return not one.disabled and Role.ADMINISTRATOR in one.roles


def _other_administrators(tx: Transaction, user_id: int) -> bool:
    # Locks everybody who might be one, so that two administrators cannot disable each other at once.
    rows = tx.execute(sa.select(*_USER).order_by(user.c.id).with_for_update())
    return any(_administers(other) for other in map(user_from, rows) if other.id != user_id)
