"""Who may do what, over every REST route, with every role, with tokens, and with forged identities."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from importlib import resources

import grpc
import httpx
import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

from discador.core.identity import MATRIX, METHODS, Role, permissions_of
from discador.runtime.caller import METADATA_KEY
from discador.v1 import audit_pb2, audit_pb2_grpc, system_pb2, system_pb2_grpc
from tests.integration.identity.identity_kit import API_TOKEN, Site
from tests.integration.master.master_kit import World, until

OURS = {"sec-fetch-site": "same-origin"}


def rest_routes() -> list[tuple[str, str, str]]:
    """`Service.Method`, HTTP method and path of every public RPC."""
    files = descriptor_pb2.FileDescriptorSet.FromString(
        resources.files("discador.v1").joinpath("descriptors.binpb").read_bytes()
    ).file
    found = []
    for file in files:
        for service in file.service:
            for method in service.method:
                if not method.options.HasExtension(annotations_pb2.http):
                    continue
                rule = method.options.Extensions[annotations_pb2.http]
                for each in (rule, *rule.additional_bindings):
                    verb = each.WhichOneof("pattern")
                    found.append((f"{service.name}.{method.name}", verb.upper(), getattr(each, verb)))
    return found


ROUTES = rest_routes()


def concrete(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + "999999" + rest.partition("}")[2]
    return path


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_is_open_to_a_role_exactly_as_the_matrix_says(site: Site, role: Role) -> None:
    await site.user("ana", role)
    browser = site.browser()
    await browser.log_in("ana")
    headers = {**OURS, "x-csrf-token": browser.csrf}
    wrong = []
    for name, verb, path in ROUTES:
        if name == "SystemService.RestartSystem" and role is Role.ADMINISTRATOR:
            continue  # it would end the master of this test
        if name.startswith("MaintenanceService"):
            continue  # not here; its own test asks it
        body = {"json": {}} if verb in ("POST", "PATCH") else {}
        answer = await browser.request(verb, concrete(path), headers=headers, **body)  # type: ignore[arg-type]
        allowed = METHODS[name].permission in MATRIX[role]
        if allowed == (answer.status_code == 403) or answer.status_code in (401, 429, 500):
            wrong.append((name, answer.status_code, answer.text[:200]))
    assert not wrong


async def test_nobody_unknown_reaches_any_route(site: Site) -> None:
    await site.user("ana")
    clients = (
        (site.browser(), ROUTES),
        (site.program("dsc_unknown"), ROUTES[::9]),
        (site.program(API_TOKEN), ROUTES[::9]),
    )
    for client, routes in clients:
        for _, verb, path in routes:
            answer = await client.request(verb, concrete(path), headers=OURS)
            assert answer.status_code == 401, (verb, path)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_predecessors_paths_ask_for_the_same_permissions(site: Site) -> None:
    await site.user("ana", Role.AGENT)
    await site.user("bia", Role.SUPERVISOR)
    stop, start = ({"action": "control", "command": word} for word in ("stop", "start"))
    agent, supervisor = site.browser(), site.browser()
    for browser, name, expected in ((agent, "ana", [403, 403, 403]), (supervisor, "bia", [200, 200, 403])):
        await browser.log_in(name)
        headers = {**OURS, "x-csrf-token": browser.csrf}
        answers = [
            await browser.get("/api/discador-status.php"),
            await browser.post("/api/discador-control.php", json=stop, headers=headers),
            await browser.post("/api/discador-control.php", json=start, headers=headers),
        ]
        assert [answer.status_code for answer in answers] == expected
    assert (await supervisor.get("/api/v1/system")).json()["commandedBy"] == "bia"


async def test_no_header_of_a_client_becomes_an_identity(site: Site) -> None:
    await site.user("ana", Role.AGENT)
    admin = {"kind": "user", "id": 1, "name": "root", "roles": ["administrator"], "campaigns": [], "token": 0,
             "address": "", "locale": "", "zone": ""}  # fmt: skip
    value = base64.urlsafe_b64encode(json.dumps(admin).encode()).decode()
    browser = site.browser()
    await browser.log_in("ana")
    for name in (METADATA_KEY, f"grpc-metadata-{METADATA_KEY}", "x-forwarded-user", "x-user-id", "remote-user"):
        for headers in ({name: value}, {name.title(): value}):
            assert (await browser.get("/api/v1/system", headers=headers)).status_code == 403
            assert (await site.browser().get("/api/v1/system", headers=headers)).status_code == 401
    forged = {METADATA_KEY: value, "authorization": "Bearer nonsense"}
    assert (await browser.get("/api/v1/system", headers=forged)).status_code == 401
    # The master believes nobody without the service token.
    async with grpc.aio.insecure_channel(site.world.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await system_pb2_grpc.SystemServiceStub(channel).GetSystem(
                system_pb2.GetSystemRequest(), metadata=((METADATA_KEY, value),)
            )
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_token_does_what_it_was_made_for_until_it_is_revoked(site: Site) -> None:
    ana = await site.user("ana")
    made = await site.token(ana.id, "campaign:read", "token:own")
    program = site.program(made.secret)
    assert (await program.get("/api/v1/campaigns")).status_code == 200
    assert (await program.get("/api/v1/me")).status_code == 403
    assert (await program.post("/api/v1/system:stop")).status_code == 403
    assert (await program.get("/api/v1/users")).status_code == 403
    more = {"token": {"name": "more", "permissions": ["system:control"]}, "days": 1}
    assert (await program.post("/api/v1/tokens", json=more)).status_code == 403
    two = site.program("x")
    two.headers = httpx.Headers([("authorization", f"Bearer {made.secret}"), ("authorization", "Bearer other")])
    assert (await two.get("/api/v1/campaigns")).status_code == 401
    revoked = await program.post(f"/api/v1/tokens/{made.token.id}:revoke")
    assert revoked.status_code == 200 and revoked.json()["revokedAt"]

    async def refused() -> bool:
        return (await program.get("/api/v1/campaigns")).status_code == 401

    await until(refused, 5)


async def test_an_expired_token_opens_nothing(site: Site, world: World) -> None:
    ana = await site.user("ana")
    made = await site.token(ana.id, "campaign:read")
    with closing(sqlite3.connect(world.directory / "discador.db")) as database:
        database.execute("UPDATE api_token SET expires_at = created_at + 1")
        database.commit()
    answer = await site.program(made.secret).get("/api/v1/campaigns")
    assert answer.status_code == 401


async def test_pages_of_administration_are_for_administrators(site: Site) -> None:
    await site.user("root")
    await site.user("ana", Role.CAMPAIGN_MANAGER)
    await site.user("bia", Role.AUDITOR)
    expected = {
        "root": {"/users": 200, "/users/new": 200, "/users/1": 200, "/audit": 200, "/tokens": 200},
        "ana": {"/users": 403, "/users/new": 403, "/users/1": 403, "/audit": 403, "/tokens": 200},
        "bia": {"/users": 200, "/users/new": 403, "/users/1": 200, "/audit": 200, "/tokens": 200},
    }
    for name, pages in expected.items():
        browser = site.browser()
        await browser.log_in(name)
        for path, status in pages.items():
            assert (await browser.get(path)).status_code == status, (name, path)
        if name != "root":
            new = {"name": "eve", "password": "a long sentence too", "role_administrator": "yes"}
            assert (await browser.form("/users", **new)).status_code == 403
            assert (await browser.form("/users/1/password", password="a long sentence too")).status_code == 403


async def test_administrators_make_change_and_disable_users_on_the_pages(site: Site) -> None:
    await site.user("root")
    browser = site.browser()
    await browser.log_in("root")
    new = {"name": "Eve", "password": "a long sentence too", "role_agent": "yes", "locale": "pt-BR"}
    weak = await browser.form("/users", **{**new, "password": "short"})
    assert weak.status_code == 400 and "12" in weak.text
    assert (await browser.form("/users", **new)).headers["location"].startswith("/users")
    eve = site.browser()
    assert (await eve.log_in("eve", "a long sentence too")).status_code == 303
    page = await browser.get("/users/2")
    assert "eve" in page.text
    changed = await browser.form("/users/2", role_agent="yes", disabled="yes", reason="left us")
    assert changed.status_code == 303
    assert (await eve.log_in("eve", "a long sentence too")).status_code == 401
    last = await browser.form("/users/1", role_agent="yes")
    assert last.status_code == 409
    audit = (await browser.get("/audit?action=UpdateUser")).text
    assert "left us" in audit and "user 2" in audit
    assert "a long sentence too" not in (await browser.get("/audit")).text


async def test_the_page_tells_a_log_that_was_changed_from_one_that_was_not(site: Site, world: World) -> None:
    await site.user("root")
    browser = site.browser()
    await browser.log_in("root")
    assert "alert-success" in (await browser.form("/audit/verify")).text
    with closing(sqlite3.connect(world.directory / "discador.db")) as database:
        database.execute("UPDATE audit SET actor = 'somebody else' WHERE no = 1")
        database.commit()
    broken = (await browser.form("/audit/verify")).text
    assert "alert-danger" in broken
    rest = await browser.post("/api/v1/audit:verify", json={}, headers={**OURS, "x-csrf-token": browser.csrf})
    assert (rest.json()["intact"], rest.json()["brokenAt"]) == (False, "1")


async def test_what_the_web_service_does_itself_is_recorded(site: Site) -> None:
    ana = await site.user("ana")
    browser = site.browser()
    await browser.log_in("ana", "wrong one, twelve")
    await browser.log_in("ana")
    await browser.form("/account/sessions/end")
    await browser.form("/logout")

    listed = await site.stub(audit_pb2_grpc.AuditServiceStub).ListAudit(audit_pb2.ListAuditRequest())
    told = [(entry.actor, entry.action, entry.object, entry.address) for entry in reversed(listed.entries)]
    what, here = f"user {ana.id}", "127.0.0.1"
    assert told == [
        ("system", "CreateUser", what, ""),
        ("ana", "LogInRefused", what, here),
        ("ana", "LogIn", what, here),
        ("ana", "EndSessions", what, here),
        ("ana", "LogOut", what, here),
    ]


def test_the_matrix_covers_every_route() -> None:
    assert {name for name, _, _ in ROUTES} <= set(METHODS)
    assert permissions_of(Role) >= {METHODS[name].permission for name, _, _ in ROUTES}
