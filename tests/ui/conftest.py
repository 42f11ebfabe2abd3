"""A real installation on the simulator, its pages, and a browser that checks what holds on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts import build_assets
from tests.system.installation import MIXED, Installation, mixed_numbers
from tests.ui.operator_site import OperatorSite

CHROMIUM = "/usr/bin/chromium"
#: The machine may be busy with other tests: what is waited for comes, if late.
expect.set_options(timeout=20_000)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIMULATOR = {"DISCADOR_SIMULATOR_PROFILE": "mixed", "DISCADOR_SIMULATOR_SPEED": "5"}
#: The browser writes this about any answer of 400 and above; tests that ask for one let it by.
REFUSED = "Failed to load resource"


@pytest.fixture(scope="session")
def assets() -> None:
    build_assets.build()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything runs; campaign 1 has dialled, campaign 2 is a draft with leads."""
    with Installation(tmp_path_factory.mktemp("ui"), SIMULATOR) as discador:
        first = discador.campaign("dialled", mixed_numbers(40, MIXED), max_channels=20)
        discador.campaign("draft", mixed_numbers(5, MIXED, "21"))
        discador.start_campaign(first)
        discador.until_answered(first, 20)
        yield discador


@pytest.fixture(scope="session")
def site(installation: Installation, assets: None) -> Iterator[OperatorSite]:
    assert installation.run is not None
    running = OperatorSite(installation.run.master, installation.run.service_token, installation.run.logs)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe(assets: None) -> str:
    """The source of axe-core."""
    return (build_assets.BUILD / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Visitor:
    """Opens pages as somebody, and remembers everything that should not have happened on them."""

    def __init__(self, context: BrowserContext, site: OperatorSite) -> None:
        self.context = context
        self.site = site
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and REFUSED not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.complaints.append(f"another origin: {request.url}")


def visitor(
    browser: Browser, site: OperatorSite, role: str = "administrator", language: str = "en", **options: Any
) -> Visitor:
    """Return somebody with a role (nobody in particular, if it is empty) and a language."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", **options)
    context.set_default_timeout(30_000)
    cookies = {"discador_language": language, **({"role": role} if role else {})}
    context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
    return Visitor(context, site)


@pytest.fixture
def visit(browser: Browser, site: OperatorSite) -> Iterator[Callable[..., Visitor]]:
    """Return a function that makes visitors; behind the test none may have met an error."""
    made: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        made.append(visitor(browser, site, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    assert [complaint for one in made for complaint in one.complaints] == []


@pytest.fixture
def leads_file(tmp_path: Path) -> Path:
    """A list of twelve numbers, one of them twice, and one that is none."""
    numbers = mixed_numbers(12, [20, 21, 1, 2], "31")
    rows = [f"Pessoa {n};{number}" for n, number in enumerate(numbers)]
    path = tmp_path / "lista.csv"
    path.write_text("\n".join(["nome;telefone", *rows, f"Outra vez;{numbers[0]}", "Sem número;abc"]), encoding="utf-8")
    return path
