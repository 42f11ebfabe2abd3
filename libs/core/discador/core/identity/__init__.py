"""Identity: who calls, and what they may do."""

from discador.core.identity.caller import SYSTEM, Caller, CallerKind
from discador.core.identity.granting import excess, excess_of_roles
from discador.core.identity.matrix import MATRIX, permissions_of
from discador.core.identity.methods import INTERNAL_METHODS, INTERNAL_SERVICES, METHODS, Rule, rule_of
from discador.core.identity.permissions import Permission
from discador.core.identity.roles import Role

__all__ = [
    "INTERNAL_METHODS",
    "INTERNAL_SERVICES",
    "MATRIX",
    "METHODS",
    "SYSTEM",
    "Caller",
    "CallerKind",
    "Permission",
    "Role",
    "Rule",
    "excess",
    "excess_of_roles",
    "permissions_of",
    "rule_of",
]
