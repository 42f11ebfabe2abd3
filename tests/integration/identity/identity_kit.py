"""A web service over real HTTP before a real master, and browsers that behave as browsers do."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from discador.core.identity import Role
from discador.runtime.lifecycle import State, Supervisor
from discador.runtime.settings import load
from discador.v1 import identity_pb2, identity_pb2_grpc
from discador.web.bootstrap import build
from discador.web.settings import WebSettings
from tests.integration.master.master_kit import TOKEN, World, until
from tests.rig.ports import free_port

API_TOKEN = "api-token-of-the-environment"
PASSWORD = "a long and good sentence"
COOKIE = "discador_session"


class Browser(httpx.AsyncClient):
    """Keeps cookies, says where its requests come from, and knows the token of the page it is on."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=20)
        self.url = url
        self.csrf = ""

    async def form(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form from a page of ours."""
        data = {"csrf_token": self.csrf, **fields} if self.csrf else fields
        return await self.post(path, data=data, headers={"origin": self.url, "sec-fetch-site": "same-origin"})

    async def log_in(self, name: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
        """Log in, and look at the own account."""
        self.csrf = ""
        answer = await self.form("/login", name=name, password=password, code=code)
        if answer.status_code == 303:
            await self.look()
        return answer

    async def look(self) -> str:
        """Open the own account; take the token from its forms."""
        text = (await self.get("/account")).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        self.csrf = found[1] if found else ""
        return text

    @property
    def cookie(self) -> str:
        return self.cookies.get(COOKIE, "")


class Site:
    """The web service of a world."""

    def __init__(self, world: World, **extra: str) -> None:
        self.world = world
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.first_run_file = world.directory / "secrets" / "first-run-token"
        self._supervisor = Supervisor("web", stop_grace_s=2.0)
        self._settings = load(
            WebSettings,
            {
                "DISCADOR_REDIS_URL": world.redis_url,
                "DISCADOR_SERVICE_TOKEN": TOKEN,
                "DISCADOR_API_TOKEN": API_TOKEN,
                "DISCADOR_MASTER_ADDRESS": world.address,
                "DISCADOR_BIND": f"127.0.0.1:{self.port}",
                "DISCADOR_FIRST_RUN_FILE": str(self.first_run_file),
                "DISCADOR_LOGIN_RATE_LIMIT": "1000/minute",
                **extra,
            },
        )
        self._task: Any = None
        self._browsers: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        import asyncio

        self._supervisor.on_start(lambda: build(self._settings, self._supervisor))
        self._task = asyncio.create_task(self._supervisor.run())
        await until(lambda: self._supervisor.state is State.READY, 30.0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        for browser in self._browsers:
            await browser.aclose()
        self._supervisor.stop("test")
        await self._task

    def browser(self) -> Browser:
        self._browsers.append(Browser(self.url))
        return self._browsers[-1]  # type: ignore[return-value]

    def program(self, token: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"}
        self._browsers.append(httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20))
        return self._browsers[-1]

    async def user(self, name: str, *roles: Role, **fields: Any) -> identity_pb2.User:
        """Make a user, as the command line does."""
        numbers: Any = [identity_pb2.Role.Value(f"ROLE_{role.name}") for role in roles or [Role.ADMINISTRATOR]]
        user = identity_pb2.User(name=name, roles=numbers, **fields)
        request = identity_pb2.CreateUserRequest(user=user, password=PASSWORD)
        return await self.stub(identity_pb2_grpc.UserServiceStub).CreateUser(request)

    async def token(self, user_id: int, *permissions: str, **fields: Any) -> identity_pb2.CreateTokenResponse:
        """Make an API token, as the command line does."""
        token = identity_pb2.ApiToken(name="crm", user_id=user_id, permissions=permissions, **fields)
        request = identity_pb2.CreateTokenRequest(token=token, days=1)
        return await self.stub(identity_pb2_grpc.TokenServiceStub).CreateToken(request)

    def stub(self, kind: Any) -> Any:
        return kind(self.world.channel)


def contents(directory: Path) -> bytes:
    """Everything that the database's files hold."""
    return b"".join(path.read_bytes() for path in directory.glob("discador.db*"))
