"""Logging in over real HTTP: first run, fixation, rotation, time-outs, foreign sites, limits, secrets."""

from __future__ import annotations

import stat
import sys

import httpx
import pytest

from discador.core.identity import Role
from discador.v1 import identity_pb2, identity_pb2_grpc
from tests.integration.identity.identity_kit import API_TOKEN, COOKIE, PASSWORD, Browser, Site, contents
from tests.integration.master.master_kit import World, until

OURS = {"sec-fetch-site": "same-origin"}


async def logged_in(site: Site, name: str = "ana", *roles: Role) -> Browser:
    await site.user(name, *roles)
    browser = site.browser()
    assert (await browser.log_in(name)).status_code == 303
    assert browser.csrf
    return browser


async def test_the_first_administrator_is_made_by_whoever_reads_the_file_and_only_once(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    await until(site.first_run_file.exists)
    token = site.first_run_file.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(site.first_run_file.stat().st_mode) == 0o600
    browser = site.browser()
    assert (await browser.get("/login")).headers["location"] == "/first-run"
    asked = {"name": "root", "display_name": "Root", "password": PASSWORD}
    assert (await browser.form("/first-run", token="guess", **asked)).status_code == 403
    assert (await browser.form("/first-run", token=token, **{**asked, "password": "short"})).status_code == 400
    made = await browser.form("/first-run", token=token, **asked)
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert "root" in await browser.look()
    assert not site.first_run_file.exists()
    other = site.browser()
    assert (await other.form("/first-run", token=token, **asked)).headers["location"] == "/login"
    assert (await other.get("/first-run")).headers["location"] == "/login"
    out = "".join(capfd.readouterr())
    assert str(site.first_run_file) in out
    assert token not in out and PASSWORD not in out


async def test_the_environments_token_is_an_administrator_until_there_are_users(site: Site) -> None:
    program = site.program(API_TOKEN)
    assert (await program.get("/api/v1/system")).status_code == 200
    user = {"user": {"name": "root", "roles": ["ROLE_ADMINISTRATOR"]}, "password": PASSWORD}
    assert (await program.post("/api/v1/users", json=user)).status_code == 200
    await until(lambda: _refuses(program))
    assert (await program.get("/api/discador-status.php")).status_code == 401


async def _refuses(program: httpx.AsyncClient) -> bool:
    return (await program.get("/api/v1/system")).status_code == 401


async def test_a_cookie_that_somebody_else_chose_is_never_adopted(site: Site) -> None:
    await site.user("ana")
    browser = site.browser()
    browser.cookies.set(COOKIE, "chosen-by-an-attacker")
    answer = await browser.log_in("ana")
    set_cookie = answer.headers["set-cookie"]
    assert "chosen-by-an-attacker" not in set_cookie
    assert "HttpOnly" in set_cookie and "SameSite=lax" in set_cookie and "Path=/" in set_cookie
    attacker = site.browser()
    attacker.cookies.set(COOKIE, "chosen-by-an-attacker")
    assert (await attacker.get("/account")).headers["location"].startswith("/login")
    assert (await attacker.get("/api/v1/system")).status_code == 401


async def test_each_login_and_each_new_password_gives_a_new_cookie_and_ends_the_old_one(site: Site) -> None:
    browser = await logged_in(site)
    first = browser.cookie
    browser.csrf = ""
    # A second login in the same browser; the session of the first ends with it.
    await browser.look()
    again = await browser.form("/login", name="ana", password=PASSWORD, code="")
    assert again.status_code == 303 and browser.cookie not in ("", first)
    old = site.browser()
    old.cookies.set(COOKIE, first)
    assert (await old.get("/account")).status_code == 303
    other = site.browser()
    await other.log_in("ana")
    await browser.look()
    second, new_password = browser.cookie, PASSWORD + " and more"
    changed = await browser.form("/account/password", current_password=PASSWORD, new_password=new_password)
    assert changed.status_code == 303 and browser.cookie not in ("", second)
    assert "ana" in await browser.look()
    assert (await other.get("/account")).status_code == 303
    old.cookies.set(COOKIE, second)
    assert (await old.get("/account")).status_code == 303
    assert (await site.browser().log_in("ana")).status_code == 401
    assert (await site.browser().log_in("ana", new_password)).status_code == 303


async def test_sessions_are_listed_and_ended_by_their_owner_and_by_log_out(site: Site) -> None:
    here = await logged_in(site)
    there = site.browser()
    await there.log_in("ana")
    assert (await here.look()).count("python-httpx") == 2
    assert (await here.form("/account/sessions/end")).status_code == 303
    assert (await there.get("/account")).status_code == 303
    assert (await here.form("/logout")).headers["location"] == "/login"
    assert (await here.get("/account")).status_code == 303
    assert await site.world.redis.keys("discador:session:*") == []


async def test_sessions_end_by_idleness_and_by_age(world: World, no_assets_needed: None) -> None:
    async with Site(world, DISCADOR_SESSION_IDLE="1.5s", DISCADOR_SESSION_LONGEST="4s") as site:
        idle, busy = await logged_in(site), site.browser()
        await busy.log_in("ana")

        async def ended(browser: Browser) -> bool:
            return (await browser.get("/account")).status_code == 303

        # Streams and blocks that refresh themselves are nobody's doing.
        seen_idle = False
        for _ in range(400):
            background = await idle.get("/account", headers={"hx-request": "true"})
            seen_idle = seen_idle or background.status_code == 401
            busy_ended = await ended(busy)
            if busy_ended:
                break
        assert seen_idle and busy_ended
        assert await ended(idle)


async def test_changed_rights_and_disabling_end_sessions_within_seconds(site: Site) -> None:
    browser = await logged_in(site, "ana", Role.SUPERVISOR)
    await site.user("root")
    users = site.stub(identity_pb2_grpc.UserServiceStub)
    ana = next(u for u in (await users.ListUsers(identity_pb2.ListUsersRequest())).users if u.name == "ana")
    await users.UpdateUser(identity_pb2.UpdateUserRequest(user=identity_pb2.User(id=ana.id, disabled=True)))

    async def ended() -> bool:
        return (await browser.get("/api/v1/system")).status_code == 401

    await until(ended, 5)
    assert (await browser.log_in("ana")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:1"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ],
)
async def test_another_site_changes_nothing_through_a_browser_that_is_logged_in(
    site: Site, headers: dict[str, str]
) -> None:
    browser = await logged_in(site)
    token = {"x-csrf-token": browser.csrf}  # even somebody who knew it
    for path, kwargs in (
        ("/api/v1/system:stop", {}),
        ("/api/v1/system:stop", {"content": b""}),
        ("/api/v1/system:stop", {"json": {}}),
        ("/api/discador-control.php", {"json": {"action": "control", "command": "stop"}}),
        ("/logout", {}),
        ("/account/sessions/end", {"data": {"csrf_token": browser.csrf}}),
        ("/login", {"data": {"name": "ana", "password": PASSWORD}}),
    ):
        answer = await browser.post(path, headers={**headers, **token}, **kwargs)  # type: ignore[arg-type]
        assert answer.status_code == 403, path
    assert (await browser.get("/api/v1/system")).json()["state"] == "SYSTEM_STATE_RUNNING"
    anonymous = site.browser()
    answer = await anonymous.post("/login", data={"name": "ana", "password": PASSWORD}, headers=headers)
    assert (answer.status_code, anonymous.cookie) == (403, "")


async def test_without_the_sessions_token_nothing_changes(site: Site) -> None:
    browser = await logged_in(site)
    other = site.browser()
    await other.log_in("ana")
    for headers, kwargs in (
        (OURS, {}),
        (OURS, {"content": b""}),
        ({**OURS, "x-csrf-token": other.csrf}, {}),
        ({**OURS, "x-csrf-token": ""}, {}),
        (OURS, {"data": {"other": "x", "csrf_token": other.csrf}}),
        (OURS, {"files": {"file": ("a.csv", f'name="csrf_token"\r\n\r\n{other.csrf}\r\n'.encode())}}),
    ):
        answer = await browser.post("/api/v1/system:stop", headers=headers, **kwargs)  # type: ignore[arg-type]
        assert answer.status_code == 403
    assert (await browser.get("/api/v1/system")).json()["state"] == "SYSTEM_STATE_RUNNING"
    headers = {**OURS, "x-csrf-token": browser.csrf}
    assert (await browser.post("/api/v1/system:stop", headers=headers)).status_code == 200
    by_file = {"csrf_token": (None, browser.csrf), "language": (None, "en")}
    assert (await browser.post("/preferences", headers=OURS, files=by_file)).status_code == 303


async def test_a_lock_and_a_flood_are_answered_429_with_the_wait(world: World, no_assets_needed: None) -> None:
    async with Site(world, DISCADOR_RATE_LIMIT="40/minute", DISCADOR_LOGIN_RATE_LIMIT="8/minute") as site:
        await site.user("ana")
        browser = site.browser()
        answers = [(await browser.log_in("ana", "wrong")) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401] * 5
        locked = await browser.log_in("ana")
        assert locked.status_code == 429 and 1 <= int(locked.headers["retry-after"]) <= 30
        for _ in range(2):
            await browser.log_in("nobody", "wrong")
        flood = await browser.log_in("other", "wrong")
        assert flood.status_code == 429 and 1 <= int(flood.headers["retry-after"]) <= 60
        guess = await site.program("dsc_guess").get("/api/v1/system")
        assert guess.status_code == 429
        bia = await site.user("bia")
        program = site.program((await site.token(bia.id, "system:read")).secret)
        many = [(await program.get("/api/v1/system")) for _ in range(45)]
        assert {answer.status_code for answer in many} == {200, 429}
        assert many[-1].json()["code"] == 8 and int(many[-1].headers["retry-after"]) >= 1
        assert all(key.startswith(b"discador:") for key in await world.redis.keys("*"))


async def test_pages_and_answers_carry_the_headers(site: Site) -> None:
    browser = await logged_in(site)
    for path in ("/login", "/account", "/api/v1/system", "/api/v1/nowhere", "/nowhere", "/users", "/audit", "/tokens"):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    anonymous = await site.browser().get("/api/v1/system")
    assert anonymous.status_code == 401 and "content-security-policy" in anonymous.headers


async def test_no_secret_is_kept_or_logged(site: Site, world: World, capfd: pytest.CaptureFixture[str]) -> None:
    browser = await logged_in(site)
    await browser.log_in("ana", "a wrong but secret one")
    await browser.log_in("ana")
    made = await browser.form("/tokens", **{"name": "crm", "days": "1", "may_system:read": "yes"})
    secret = made.text.split("dsc_")[1].split("<")[0]
    assert (await site.program(f"dsc_{secret}").get("/api/v1/system")).status_code == 200
    begun = await browser.form("/account/totp", current_password=PASSWORD)
    assert "otpauth://" in begun.text
    out = "".join(capfd.readouterr())
    kept = contents(world.directory)
    for word in (PASSWORD, "a wrong but secret one", secret, browser.cookie, browser.csrf, API_TOKEN):
        assert word not in out
        assert word.encode() not in kept
    dump = [await world.redis.dump(key) for key in await world.redis.keys("*")]
    assert not any(browser.cookie.encode() in (item or b"") for item in dump)
