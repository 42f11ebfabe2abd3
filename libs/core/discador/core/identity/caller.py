"""Who asks for something: a person, a program with a token, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from discador.core.identity.permissions import Permission
from discador.core.identity.roles import Role


class CallerKind(StrEnum):
    """What stands behind a call."""

    SYSTEM = "system"  #: a service, or the command line with the service token
    USER = "user"  #: a person who logged in
    TOKEN = "token"  # noqa: S105  #: a program with an API token


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose identity is proven; what it may do is settled."""

    kind: CallerKind
    id: int  #: the user, or the owner of the token; 0 for the system and for the token of the environment
    name: str
    roles: tuple[Role, ...]
    permissions: frozenset[Permission]
    campaigns: frozenset[int] = frozenset()  #: empty: all
    token_id: int = 0
    locale: str = ""
    zone: str = ""
    address: str = ""  #: where the person or program is, as the web service saw it

    def may(self, permission: str) -> bool:
        """Whether the caller has the permission; False also for a word that is none."""
        return permission in self.permissions

    def reaches(self, campaign_id: int) -> bool:
        """Whether the caller may work with this campaign."""
        return not self.campaigns or campaign_id in self.campaigns

    @property
    def title(self) -> str:
        """The name for records: `ana`, `token 7 of ana`, `system`."""
        return f"token {self.token_id} of {self.name}" if self.token_id else self.name


SYSTEM: Final = Caller(CallerKind.SYSTEM, 0, "system", (), frozenset(Permission))
