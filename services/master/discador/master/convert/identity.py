"""Users, tokens and audit entries on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from discador.core.identity import Permission, Role, permissions_of
from discador.master.convert.stamps import stamp
from discador.store.records import ApiToken, AuditEntry, User
from discador.v1 import audit_pb2, identity_pb2

ROLE: Final[Mapping[Role, int]] = {role: identity_pb2.Role.Value(f"ROLE_{role.name}") for role in Role}


def roles_to_wire(roles: Iterable[Role]) -> list[int]:
    """Return the enum's numbers."""
    return [ROLE[role] for role in roles]


def roles_from_wire(numbers: Iterable[int]) -> tuple[Role, ...] | None:
    """Return the roles; None if a number is none that this version knows."""
    known = {number: role for role, number in ROLE.items()}
    wanted = list(numbers)
    return tuple(known[number] for number in wanted) if all(number in known for number in wanted) else None


def user_to_wire(user: User) -> identity_pb2.User:
    """Return the user without anything that a login is checked against."""
    return identity_pb2.User(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=roles_to_wire(user.roles),  # type: ignore[arg-type]  # the stubs know enum members only
        campaign_ids=sorted(user.campaigns),
        locale=user.locale,
        time_zone=user.time_zone,
        disabled=user.disabled,
        totp=user.totp,
        created_at=stamp(user.created_at),
        last_login_at=stamp(user.last_login_at),
        permissions=sorted(permissions_of(user.roles)),
    )


def identity_to_wire(
    user: User, token: ApiToken | None = None, permissions: Iterable[Permission] = (), campaigns: Iterable[int] = ()
) -> identity_pb2.Identity:
    """Return who a user is; with a token, who acts by it, and how far."""
    return identity_pb2.Identity(
        user_id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=roles_to_wire(user.roles),  # type: ignore[arg-type]
        campaign_ids=sorted(campaigns if token else user.campaigns),
        locale=user.locale,
        time_zone=user.time_zone,
        generation=user.generation,
        token_id=token.id if token else 0,
        permissions=sorted(permissions),
    )


def token_to_wire(token: ApiToken, user_name: str) -> identity_pb2.ApiToken:
    """Return the token without its secret, which is not known."""
    return identity_pb2.ApiToken(
        id=token.id,
        name=token.name,
        user_id=token.user_id,
        user_name=user_name,
        permissions=sorted(token.permissions),
        campaign_ids=sorted(token.campaigns),
        created_at=stamp(token.created_at),
        expires_at=stamp(token.expires_at),
        last_used_at=stamp(token.last_used_at),
        revoked_at=stamp(token.revoked_at),
    )


def entry_to_wire(entry: AuditEntry) -> audit_pb2.AuditEntry:
    """Return an entry of the audit log."""
    return audit_pb2.AuditEntry(
        no=entry.no,
        at=stamp(entry.at),
        actor=entry.actor,
        user_id=entry.user_id,
        address=entry.address,
        action=entry.action,
        object=entry.object,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        hash=entry.hash,
    )
