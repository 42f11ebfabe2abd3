"""Users, tokens, permissions and the audit log of a master, as the web service uses them over gRPC."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import grpc
import pyotp
import pytest

from discador.core.identity import SYSTEM, Caller, CallerKind, Permission, Role, permissions_of
from discador.master.login_guard import LoginGuard
from discador.runtime.caller import METADATA_KEY, encoded
from discador.runtime.errors import ServiceError
from discador.v1 import (
    attempt_pb2,
    audit_pb2,
    audit_pb2_grpc,
    campaign_pb2,
    dnc_pb2,
    identity_pb2,
    identity_pb2_grpc,
    lead_pb2,
    system_pb2,
)
from tests.integration.master.master_kit import Api, World, new_campaign, refused

PASSWORD = "a long and good sentence"


def stubs(api: Api) -> Any:
    return SimpleNamespace(
        users=identity_pb2_grpc.UserServiceStub(api.channel),
        tokens=identity_pb2_grpc.TokenServiceStub(api.channel),
        sessions=identity_pb2_grpc.SessionServiceStub(api.channel),
        audit=audit_pb2_grpc.AuditServiceStub(api.channel),
    )


def caller(*roles: Role, user_id: int = 999, campaigns: tuple[int, ...] = (), **more: Any) -> Caller:
    given = Caller(CallerKind.USER, user_id, "ana", roles, permissions_of(roles), frozenset(campaigns))
    return dataclasses.replace(given, **more)


def by(who: Caller) -> dict[str, Any]:
    return {"metadata": ((METADATA_KEY, encoded(who)),)}


async def new_user(api: Api, name: str, *roles: Any, password: str = PASSWORD, **fields: Any) -> identity_pb2.User:
    user = identity_pb2.User(name=name, roles=roles or [identity_pb2.ROLE_ADMINISTRATOR], **fields)
    return await stubs(api).users.CreateUser(identity_pb2.CreateUserRequest(user=user, password=password))


async def log_in(api: Api, name: str, password: str = PASSWORD, code: str = "") -> identity_pb2.Identity:
    request = identity_pb2.LogInRequest(name=name, password=password, code=code, address="198.51.100.7")
    return await stubs(api).sessions.LogIn(request)


async def actions(api: Api) -> list[str]:
    listed = await stubs(api).audit.ListAudit(audit_pb2.ListAuditRequest())
    return [entry.action for entry in reversed(listed.entries)]


async def test_the_first_user_is_made_once(api: Api) -> None:
    sessions = stubs(api).sessions
    assert (await sessions.GetFirstRun(identity_pb2.GetFirstRunRequest())).open
    request = identity_pb2.CreateFirstUserRequest(name="Root", password=PASSWORD)
    first = await sessions.CreateFirstUser(request)
    assert (first.name, list(first.roles)) == ("root", [identity_pb2.ROLE_ADMINISTRATOR])
    assert not (await sessions.GetFirstRun(identity_pb2.GetFirstRunRequest())).open
    with refused() as refusal:
        await sessions.CreateFirstUser(request)
    assert refusal.error_id == "first-run-closed"


async def test_every_refused_login_looks_the_same(api: Api) -> None:
    await new_user(api, "ana")
    disabled = await new_user(api, "bia", identity_pb2.ROLE_AGENT)
    request = identity_pb2.UpdateUserRequest(user=identity_pb2.User(id=disabled.id, disabled=True))
    await stubs(api).users.UpdateUser(request)
    told = set()
    for name, password in (("ana", "wrong"), ("nobody", PASSWORD), ("bia", PASSWORD), ("ana", "x" * 10_000), ("", "")):
        with pytest.raises(grpc.RpcError) as caught:
            await log_in(api, name, password)
        told.add((caught.value.code(), caught.value.details()))  # type: ignore[attr-defined]
    assert told == {(grpc.StatusCode.UNAUTHENTICATED, "name, password or code is wrong")}
    assert (await log_in(api, "ANA")).name == "ana"
    assert (await actions(api)).count("LogInRefused") == 5


async def test_of_many_tries_at_once_five_are_let_through(world: World) -> None:
    guard = LoginGuard(world.redis)

    async def enter() -> bool:
        try:
            await guard.enter("Ana")
        except ServiceError as error:
            return error.error_id != "login-locked"
        return True

    assert sum(await asyncio.gather(*[enter() for _ in range(12)])) == 5
    with pytest.raises(ServiceError) as caught:
        await guard.enter("ana")
    assert 1 <= (caught.value.retry_after_s or 0) <= 30
    await guard.clear("ANA")
    assert await enter()
    assert not any(b"ana" in key.lower() for key in await world.redis.keys("discador:login:*"))


async def test_a_name_is_locked_after_five_failures_and_freed_by_a_new_password(api: Api) -> None:
    await new_user(api, "ana")
    for _ in range(5):
        with refused() as refusal:
            await log_in(api, "ana", "wrong")
        assert refusal.error_id == "login-refused"
    with refused() as refusal:
        await log_in(api, "ana")
    assert (refusal.code, refusal.error_id) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "login-locked")
    ana = (await stubs(api).users.ListUsers(identity_pb2.ListUsersRequest())).users[0]
    await stubs(api).users.SetPassword(identity_pb2.SetPasswordRequest(id=ana.id, password=PASSWORD + "!"))
    assert (await log_in(api, "ana", PASSWORD + "!")).user_id == ana.id


async def test_the_second_factor_is_demanded_and_a_code_holds_once(api: Api) -> None:
    user = await new_user(api, "ana")
    me = by(caller(Role.ADMINISTRATOR, user_id=user.id))
    users = stubs(api).users
    with refused() as refusal:
        await users.BeginMyTotp(identity_pb2.BeginMyTotpRequest(current_password="wrong"), **me)
    assert refusal.error_id == "password-wrong"
    begun = await users.BeginMyTotp(identity_pb2.BeginMyTotpRequest(current_password=PASSWORD), **me)
    assert begun.uri.startswith("otpauth://totp/")
    assert (await log_in(api, "ana")).user_id == user.id  # not confirmed yet
    with refused() as refusal:
        await users.ConfirmMyTotp(identity_pb2.ConfirmMyTotpRequest(code="000 000x"), **me)
    assert refusal.error_id == "code-wrong"
    totp = pyotp.TOTP(begun.secret)
    used = totp.now()
    assert (await users.ConfirmMyTotp(identity_pb2.ConfirmMyTotpRequest(code=used), **me)).totp
    for code in ("", used, "123"):
        with refused() as refusal:
            await log_in(api, "ana", code=code)
        assert refusal.error_id == "login-refused"
    reset = await users.ResetTotp(identity_pb2.ResetTotpRequest(id=user.id, reason="lost phone"))
    assert not reset.totp
    assert (await log_in(api, "ana")).user_id == user.id
    told = str((await stubs(api).audit.ListAudit(audit_pb2.ListAuditRequest())).entries)
    assert begun.secret not in told and "lost phone" in told


async def test_a_token_never_reaches_farther_than_its_owner(api: Api) -> None:
    await new_user(api, "root")
    owner = await new_user(api, "ana", identity_pb2.ROLE_CAMPAIGN_MANAGER, campaign_ids=[3, 4])
    services = stubs(api)
    wanted = identity_pb2.ApiToken(
        name="crm", user_id=owner.id, permissions=["lead:write", "campaign:read", "user:write"], campaign_ids=[4]
    )
    made = await services.tokens.CreateToken(identity_pb2.CreateTokenRequest(token=wanted, days=1))
    resolve = identity_pb2.ResolveTokenRequest(secret=made.secret)
    found = await services.sessions.ResolveToken(resolve)
    assert (list(found.permissions), list(found.campaign_ids)) == (["campaign:read", "lead:write"], [4])

    async def change(**fields: Any) -> None:
        user = identity_pb2.User(id=owner.id, **fields)
        await services.users.UpdateUser(identity_pb2.UpdateUserRequest(user=user))

    await change(roles=[identity_pb2.ROLE_AUDITOR])
    assert list((await services.sessions.ResolveToken(resolve)).permissions) == ["campaign:read"]
    for fields in ({"campaign_ids": [3]}, {"disabled": True}):
        await change(**fields)
        with refused() as refusal:
            await services.sessions.ResolveToken(resolve)
        assert refusal.error_id == "api-token-refused"
    listed = await services.tokens.ListTokens(identity_pb2.ListTokensRequest())
    assert [token.name for token in listed.tokens] == ["crm"]
    everything = [await services.audit.ListAudit(audit_pb2.ListAuditRequest()), listed]
    assert made.secret not in str(everything)


async def test_nobody_gives_more_than_they_have(api: Api) -> None:
    root = await new_user(api, "root")
    services = stubs(api)
    weak = Caller(
        CallerKind.TOKEN, root.id, "root", (Role.ADMINISTRATOR,),
        frozenset({Permission.USER_WRITE, Permission.TOKEN_OWN, Permission.ACCOUNT_OWN}), token_id=7,
    )  # fmt: skip
    agent = identity_pb2.User(name="eve", roles=[identity_pb2.ROLE_AGENT])
    assert await services.users.CreateUser(identity_pb2.CreateUserRequest(user=agent, password=PASSWORD), **by(weak))
    refusals = []
    for rpc, request in (
        (services.users.CreateUser, identity_pb2.CreateUserRequest(
            user=identity_pb2.User(name="mal", roles=[identity_pb2.ROLE_ADMINISTRATOR]), password=PASSWORD)),
        (services.users.SetPassword, identity_pb2.SetPasswordRequest(id=root.id, password=PASSWORD)),
        (services.users.ResetTotp, identity_pb2.ResetTotpRequest(id=root.id)),
        (services.users.UpdateUser, identity_pb2.UpdateUserRequest(user=identity_pb2.User(id=root.id, disabled=True))),
        (services.tokens.CreateToken, identity_pb2.CreateTokenRequest(
            token=identity_pb2.ApiToken(name="x", permissions=["system:control"]))),
    ):  # fmt: skip
        with refused() as refusal:
            await rpc(request, **by(weak))
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
        refusals.append(refusal.error_id)
    assert refusals == ["grant-denied", "account-denied", "account-denied", "account-denied", "grant-denied"]
    with refused() as refusal:
        await services.users.UpdateUser(
            identity_pb2.UpdateUserRequest(user=identity_pb2.User(id=root.id, disabled=True))
        )
    assert refusal.error_id == "last-administrator"


async def test_forged_or_broken_identities_are_refused(api: Api) -> None:
    system = encoded(dataclasses.replace(SYSTEM, name="me"))
    unknown = base64.urlsafe_b64encode(json.dumps({"kind": "user", "roles": ["root"]}).encode()).decode()
    for value in ("", "nonsense", system, unknown, "e30="):
        with refused() as refusal:
            await api.system.GetSystem(system_pb2.GetSystemRequest(), metadata=((METADATA_KEY, value),))
        assert (refusal.code, refusal.error_id) == (grpc.StatusCode.UNAUTHENTICATED, "caller-invalid")
    twice = ((METADATA_KEY, encoded(caller(Role.AGENT))), (METADATA_KEY, encoded(caller(Role.ADMINISTRATOR))))
    with refused() as refusal:
        await api.system.GetSystem(system_pb2.GetSystemRequest(), metadata=twice)
    assert refusal.error_id == "caller-invalid"


async def test_internal_rpcs_are_for_services_only(api: Api) -> None:
    admin = by(caller(Role.ADMINISTRATOR))
    services = stubs(api)
    for rpc, request in (
        (services.sessions.GetFirstRun, identity_pb2.GetFirstRunRequest()),
        (services.sessions.LogIn, identity_pb2.LogInRequest()),
        (services.audit.RecordAudit, audit_pb2.RecordAuditRequest(actor="me")),
    ):
        with refused() as refusal:
            await rpc(request, **admin)
        assert refusal.error_id == "internal-method"


async def test_a_limited_caller_works_with_its_campaigns_only(api: Api) -> None:
    mine, other = await new_campaign(api, "mine"), await new_campaign(api, "other")
    me = by(caller(Role.CAMPAIGN_MANAGER, campaigns=(mine.id,)))
    listed = await api.campaigns.ListCampaigns(campaign_pb2.ListCampaignsRequest(), **me)
    assert [each.name for each in listed.campaigns] == ["mine"]
    lead = lead_pb2.Lead(campaign_id=other.id, number="+5511987654321")
    kept = await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    assert await api.campaigns.GetCampaign(campaign_pb2.GetCampaignRequest(id=mine.id), **me)
    for rpc, request, error_id in (
        (api.campaigns.GetCampaign, campaign_pb2.GetCampaignRequest(id=other.id), "campaign-denied"),
        (api.campaigns.StartCampaign, campaign_pb2.StartCampaignRequest(id=other.id), "campaign-denied"),
        (api.campaigns.CreateCampaign, campaign_pb2.CreateCampaignRequest(), "campaign-denied"),
        (api.leads.CreateLead, lead_pb2.CreateLeadRequest(lead=lead), "campaign-denied"),
        (api.leads.ListLeads, lead_pb2.ListLeadsRequest(), "campaign-denied"),
        (api.leads.GetLead, lead_pb2.GetLeadRequest(id=kept.id), "not-found"),
        (api.system.StopSystem, system_pb2.StopSystemRequest(), "campaign-denied"),
    ):
        with refused() as refusal:
            await rpc(request, **me)
        assert refusal.error_id == error_id
    with refused() as refusal:
        start = lead_pb2.StreamImportRequest(start=lead_pb2.ImportStart(campaign_id=other.id, sha256="0" * 64))
        async for _ in api.leads.StreamImport(iter([start]), **me):
            pass
    assert refusal.error_id == "campaign-denied"
    with refused() as refusal:
        async for _ in api.leads.ExportLeads(lead_pb2.ExportLeadsRequest(campaign_id=other.id), **me):
            pass
    assert refusal.error_id == "campaign-denied"


async def test_who_may_not_see_numbers_sees_them_masked(api: Api) -> None:
    campaign = await new_campaign(api)
    lead = lead_pb2.Lead(campaign_id=campaign.id, number="+5511987654321", fields={"other": "+55 11 98765-4321"})
    await api.leads.CreateLead(lead_pb2.CreateLeadRequest(lead=lead))
    await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=dnc_pb2.DncEntry(number="+5511912345678")))
    auditor, supervisor = by(caller(Role.AUDITOR)), by(caller(Role.SUPERVISOR))
    request = lead_pb2.ListLeadsRequest(campaign_id=campaign.id)
    hidden = str(await api.leads.ListLeads(request, **auditor))
    assert "98765" not in hidden and "+5511*****21" in hidden
    assert (await api.leads.ListLeads(request, **supervisor)).leads[0].number == "+5511987654321"
    assert "12345" not in str((await api.dnc.ListDncEntries(dnc_pb2.ListDncEntriesRequest(), **auditor)).entries)
    exporter = by(
        Caller(CallerKind.TOKEN, 1, "x", (Role.ADMINISTRATOR,), frozenset({Permission.LEAD_EXPORT}), token_id=1)
    )
    with refused() as refusal:
        async for _ in api.leads.ExportLeads(lead_pb2.ExportLeadsRequest(campaign_id=campaign.id), **exporter):
            pass
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    assert await api.attempts.ListAttempts(attempt_pb2.ListAttemptsRequest(), **auditor) is not None


async def test_deeds_are_recorded_with_who_before_and_after_and_once(api: Api) -> None:
    campaign = await new_campaign(api, "Cobrança")
    me = by(caller(Role.CAMPAIGN_MANAGER, user_id=5, address="198.51.100.7"))
    request = campaign_pb2.UpdateCampaignRequest(
        campaign=campaign_pb2.Campaign(id=campaign.id, settings=campaign_pb2.CampaignSettings(max_channels=9)),
        request_id="once",
    )
    request.update_mask.paths.append("settings.max_channels")
    for _ in range(2):
        await api.campaigns.UpdateCampaign(request, **me)
    stop = by(caller(Role.SUPERVISOR, token_id=3))
    system = await api.system.StopSystem(system_pb2.StopSystemRequest(), **stop)
    assert system.commanded_by == "token 3 of ana"
    number = dnc_pb2.DncEntry(number="11 91234-5678", reason="asked")
    await api.dnc.CreateDncEntry(dnc_pb2.CreateDncEntryRequest(entry=number), **me)
    with refused():
        await api.campaigns.StopCampaign(campaign_pb2.StopCampaignRequest(id=campaign.id), **me)  # a draft
    listed = (await stubs(api).audit.ListAudit(audit_pb2.ListAuditRequest())).entries
    dnc, halt, update, create = listed
    assert (create.actor, create.action, create.object) == ("system", "CreateCampaign", f"campaign {campaign.id}")
    assert "Cobrança" in create.after
    assert (update.actor, update.user_id, update.address) == ("ana", 5, "198.51.100.7")
    assert json.loads(update.before) == {"settings": {"max_channels": 5}}
    assert json.loads(update.after) == {"settings": {"max_channels": 9}}
    assert (halt.actor, halt.object, halt.action) == ("token 3 of ana", "system", "StopSystem")
    assert (dnc.object, "12345" in str(dnc)) == ("dnc-entry +5511*****78", False)
    verified = await stubs(api).audit.VerifyAudit(audit_pb2.VerifyAuditRequest())
    assert (verified.intact, verified.entries, verified.last_hash) == (True, 4, dnc.hash)


async def test_no_password_is_kept_or_logged(api: Api, world: World, capfd: pytest.CaptureFixture[str]) -> None:
    user = identity_pb2.User(name="ana", roles=[identity_pb2.ROLE_ADMINISTRATOR])
    for password in (PASSWORD, PASSWORD + " other"):
        request = identity_pb2.CreateUserRequest(user=user, password=password, request_id="same")
        await stubs(api).users.CreateUser(request)  # the password is no part of what makes a request the same
    await log_in(api, "ana")
    with refused():
        await log_in(api, "ana", "a wrong but secret one")
    with refused() as refusal:
        weak = identity_pb2.CreateUserRequest(
            user=identity_pb2.User(name="b", roles=[1]), password="short and secret"[:11]
        )
        await stubs(api).users.CreateUser(weak)
    assert refusal.error_id == "password-invalid"
    out = "".join(capfd.readouterr())
    kept = b"".join(path.read_bytes() for path in world.directory.glob("discador.db*"))
    for secret in (PASSWORD, "a wrong but secret one", "short and s"):
        assert secret not in out
        assert secret.encode() not in kept
