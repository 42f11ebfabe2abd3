"""What a caller may be allowed to do, one word each: `noun:verb`."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """Checked by every service at every RPC, and by the pages before they show a control."""

    ACCOUNT_OWN = "account:own"  #: one's own password, second factor and preferences
    TOKEN_OWN = "token:own"  # noqa: S105  #: API tokens of one's own
    TOKEN_MANAGE = "token:manage"  # noqa: S105  #: everybody's API tokens
    USER_READ = "user:read"
    USER_WRITE = "user:write"
    AUDIT_READ = "audit:read"
    SYSTEM_READ = "system:read"  #: state of the system and of its queues
    SYSTEM_STOP = "system:stop"  #: dial nothing more, anywhere
    SYSTEM_CONTROL = "system:control"  #: start and restart
    WORKER_READ = "worker:read"
    WORKER_CONTROL = "worker:control"
    CAMPAIGN_READ = "campaign:read"
    CAMPAIGN_CONTROL = "campaign:control"  #: start, pause, resume, stop
    CAMPAIGN_WRITE = "campaign:write"
    LEAD_READ = "lead:read"
    LEAD_WRITE = "lead:write"
    LEAD_IMPORT = "lead:import"
    LEAD_EXPORT = "lead:export"
    ATTEMPT_READ = "attempt:read"
    NUMBER_REVEAL = "number:reveal"  #: whole phone numbers, which others see masked
    DNC_READ = "dnc:read"
    DNC_WRITE = "dnc:write"
    TRUNK_READ = "trunk:read"
    TRUNK_WRITE = "trunk:write"
    NODE_READ = "node:read"
    NODE_WRITE = "node:write"
    MAINTENANCE_READ = "maintenance:read"
    MAINTENANCE_RUN = "maintenance:run"
