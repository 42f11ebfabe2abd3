"""Which permission an RPC needs, and which campaign it is about.

Every public RPC of the contract stands here; one that does not is refused to everybody but the system itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from discador.core.identity.permissions import Permission

_P = Permission


@dataclass(frozen=True, slots=True)
class Rule:
    """What a caller needs for an RPC.

    For callers who are limited to some campaigns, one of these tells which campaign is meant:
    `request` is the path of its id in the request, `answer` in the answer (reading RPCs only); `each` is the list in
    the answer that is cut to the caller's campaigns, and the path of the id in its entries. `unlimited` RPCs concern
    all campaigns, or none that is known: limited callers are refused.

    `reveals`: the answer is a file with whole phone numbers, so `number:reveal` is needed too.
    """

    permission: Permission
    request: str = ""
    answer: str = ""
    each: tuple[str, str] | None = None
    unlimited: bool = False
    reveals: bool = False


_IN_REQUEST: Final = {
    "CampaignService": {
        "GetCampaign": (_P.CAMPAIGN_READ, "id"),
        "UpdateCampaign": (_P.CAMPAIGN_WRITE, "campaign.id"),
        "DeleteCampaign": (_P.CAMPAIGN_WRITE, "id"),
        "StartCampaign": (_P.CAMPAIGN_CONTROL, "id"),
        "PauseCampaign": (_P.CAMPAIGN_CONTROL, "id"),
        "ResumeCampaign": (_P.CAMPAIGN_CONTROL, "id"),
        "StopCampaign": (_P.CAMPAIGN_CONTROL, "id"),
    },
    "LeadService": {
        "CreateLead": (_P.LEAD_WRITE, "lead.campaign_id"),
        "ListLeads": (_P.LEAD_READ, "campaign_id"),
        "SearchLeads": (_P.LEAD_READ, "campaign_id"),
        "ImportLeads": (_P.LEAD_IMPORT, "campaign_id"),
        "StreamImport": (_P.LEAD_IMPORT, "start.campaign_id"),
        "ExportLeads": (_P.LEAD_EXPORT, "campaign_id"),
        "ListLeadLists": (_P.LEAD_READ, "campaign_id"),
    },
}

_IN_ANSWER: Final = {
    "LeadService": {
        "GetLead": (_P.LEAD_READ, "campaign_id"),
        "ExplainLead": (_P.LEAD_READ, "lead.campaign_id"),
        "GetImport": (_P.LEAD_READ, "campaign_id"),
    },
    "AttemptService": {"GetAttempt": (_P.ATTEMPT_READ, "campaign_id")},
}

_LISTS: Final = {
    "CampaignService": {"ListCampaigns": (_P.CAMPAIGN_READ, ("campaigns", "id"))},
    "LeadService": {"ListImports": (_P.LEAD_READ, ("imports", "campaign_id"))},
    "AttemptService": {"ListAttempts": (_P.ATTEMPT_READ, ("attempts", "campaign_id"))},
}

_UNLIMITED: Final = {
    "CampaignService": {"CreateCampaign": _P.CAMPAIGN_WRITE},
    "LeadService": {"ExportImportErrors": _P.LEAD_EXPORT},
    "SystemService": {
        "StartSystem": _P.SYSTEM_CONTROL,
        "StopSystem": _P.SYSTEM_STOP,
        "RestartSystem": _P.SYSTEM_CONTROL,
    },
    "WorkerService": {"RestartWorker": _P.WORKER_CONTROL},
    "MaintenanceService": {"RunRescue": _P.MAINTENANCE_RUN},
    "AuditService": {"ListAudit": _P.AUDIT_READ, "VerifyAudit": _P.AUDIT_READ},
}

_NO_CAMPAIGN: Final = {
    "SystemService": {"GetSystem": _P.SYSTEM_READ, "GetQueue": _P.SYSTEM_READ},
    "WorkerService": {"ListWorkers": _P.WORKER_READ, "GetWorker": _P.WORKER_READ},
    "MaintenanceService": {"GetRescue": _P.MAINTENANCE_READ},
    "TrunkService": {
        "CreateTrunk": _P.TRUNK_WRITE,
        "GetTrunk": _P.TRUNK_READ,
        "ListTrunks": _P.TRUNK_READ,
        "UpdateTrunk": _P.TRUNK_WRITE,
        "DeleteTrunk": _P.TRUNK_WRITE,
    },
    "NodeService": {
        "CreateNode": _P.NODE_WRITE,
        "GetNode": _P.NODE_READ,
        "ListNodes": _P.NODE_READ,
        "UpdateNode": _P.NODE_WRITE,
        "DeleteNode": _P.NODE_WRITE,
    },
    "DncService": {
        "CreateDncEntry": _P.DNC_WRITE,
        "DeleteDncEntry": _P.DNC_WRITE,
        "GetDncEntry": _P.DNC_READ,
        "ListDncEntries": _P.DNC_READ,
        "ImportDncEntries": _P.DNC_WRITE,
    },
    # Whom a user administrator may touch, and what an owner may give away, `granting` decides besides.
    "UserService": {
        "CreateUser": _P.USER_WRITE,
        "GetUser": _P.USER_READ,
        "ListUsers": _P.USER_READ,
        "UpdateUser": _P.USER_WRITE,
        "SetPassword": _P.USER_WRITE,
        "ResetTotp": _P.USER_WRITE,
        "GetMe": _P.ACCOUNT_OWN,
        "UpdateMe": _P.ACCOUNT_OWN,
        "ChangeMyPassword": _P.ACCOUNT_OWN,
        "BeginMyTotp": _P.ACCOUNT_OWN,
        "ConfirmMyTotp": _P.ACCOUNT_OWN,
        "RemoveMyTotp": _P.ACCOUNT_OWN,
    },
    "TokenService": {"CreateToken": _P.TOKEN_OWN, "ListTokens": _P.TOKEN_OWN, "RevokeToken": _P.TOKEN_OWN},
}

_FILES: Final = ("LeadService.ExportLeads", "LeadService.ExportImportErrors")

#: Services, and single RPCs, that only other services call: refused to every caller but the system.
INTERNAL_SERVICES: Final = frozenset({"GatewayService", "SessionService"})
INTERNAL_METHODS: Final = frozenset({"AuditService.RecordAudit"})


def _table() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for service, requests in _IN_REQUEST.items():
        rules |= {f"{service}.{name}": Rule(need, request=path) for name, (need, path) in requests.items()}
    for service, answers in _IN_ANSWER.items():
        rules |= {f"{service}.{name}": Rule(need, answer=path) for name, (need, path) in answers.items()}
    for service, lists in _LISTS.items():
        rules |= {f"{service}.{name}": Rule(need, each=where) for name, (need, where) in lists.items()}
    for service, needs in _UNLIMITED.items():
        rules |= {f"{service}.{name}": Rule(need, unlimited=True) for name, need in needs.items()}
    for service, needs in _NO_CAMPAIGN.items():
        rules |= {f"{service}.{name}": Rule(need) for name, need in needs.items()}
    for name in _FILES:
        rules[name] = replace(rules[name], reveals=True)
    return rules


#: `Service.Method` → what it needs.
METHODS: Final[dict[str, Rule]] = _table()


def rule_of(service: str, method: str) -> Rule | None:
    """Return what `discador.v1.CampaignService`, `GetCampaign` needs; None: the system alone may call it."""
    return METHODS.get(f"{service.rpartition('.')[2]}.{method}")
