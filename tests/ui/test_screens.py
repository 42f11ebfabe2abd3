"""Every screen, in both languages, light and dark, wide and narrow: no error, no violation, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.installation import Installation
from tests.ui.conftest import Visitor, visitor
from tests.ui.operator_site import OperatorSite

SCREENS = {
    "overview": "/",
    "monitor": "/monitor",
    "queue": "/queue",
    "calls": "/calls",
    "call": "/calls/{attempt}",
    "campaigns": "/campaigns",
    "new campaign": "/campaigns/new",
    "campaign": "/campaigns/1",
    "draft": "/campaigns/2",
    "campaign edit": "/campaigns/1/edit",
    "campaign leads": "/campaigns/1/leads",
    "campaign import": "/campaigns/1/import",
    "campaign attempts": "/campaigns/1/attempts",
    "campaign stop": "/campaigns/2/delete",
    "lead": "/leads/1",
    "imports": "/imports",
    "import": "/imports/1",
    "dnc": "/dnc",
    "workers": "/workers",
    "worker": "/workers/{worker}",
    "trunks": "/trunks",
    "trunk": "/trunks/1",
    "nodes": "/nodes",
    "node": "/nodes/1",
    "logs": "/logs",
    "stop": "/system/stop",
    "not found": "/nowhere",
}
# Best practices are advice; these are the levels that WCAG 2.2 AA is made of.
RUN_AXE = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(
  (result) => result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`))"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def addresses(installation: Installation) -> dict[str, str]:
    worker = next(one.id for one in installation.system().services if one.service == "worker")
    names = {"attempt": installation.attempts(1)[0].id, "worker": worker}
    return {screen: path.format(**names) for screen, path in SCREENS.items()}


@pytest.fixture(scope="module")
def guides(browser: Browser, site: OperatorSite) -> Iterator[dict[str, Visitor]]:
    """A visitor for each language, who goes from screen to screen."""
    made = {
        language: visitor(browser, site, language=language, reduced_motion="reduce") for language in ("en", "pt_BR")
    }
    yield made
    for guide in made.values():
        guide.context.close()


@pytest.mark.parametrize("language", ["en", "pt_BR"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_sound_in_each_language_theme_and_width(
    screen: str, language: str, addresses: dict[str, str], guides: dict[str, Visitor], axe: str
) -> None:
    guide = guides[language]
    guide.page.emulate_media(color_scheme="light")
    guide.page.set_viewport_size({"width": 1280, "height": 900})
    page = guide.open(addresses[screen])
    assert page.locator("h1").count() == 1
    assert page.title().endswith("· Discador")
    assert page.locator("html").get_attribute("lang") == language.replace("_", "-")
    page.wait_for_function("document.getElementById('connection').dataset.state === 'live'")
    assert page.evaluate(TOO_WIDE) == []
    page.evaluate(axe)
    assert page.evaluate(RUN_AXE) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(RUN_AXE) == []
    assert guide.complaints == []


def test_the_login_is_where_nobody_in_particular_is_sent(visit: Callable[..., Visitor]) -> None:
    page: Page = visit(role="").page
    for path in ("/campaigns/1/leads?state=1", "/monitor", "/calls.csv"):
        answer = page.request.get(visit(role="").site.url + path, max_redirects=0)
        assert answer.status == 303
        assert answer.headers["location"].startswith("/login?next=%2F") or "next=/" in answer.headers["location"]


def test_an_agent_is_told_that_the_console_is_not_for_agents(visit: Callable[..., Visitor]) -> None:
    page = visit(role="agent").open("/")
    assert page.locator("h1").inner_text() == "You may not do this"


def test_an_auditor_sees_masked_numbers_and_no_controls(visit: Callable[..., Visitor]) -> None:
    page = visit(role="auditor").open("/campaigns/1/leads")
    shown = page.locator("tbody th a").first.inner_text()
    assert "*****" in shown
    page.goto(page.url.replace("/leads", ""))
    assert page.locator("main form").count() == 0
    assert page.request.post(page.url + "/pause").status == 403


def test_every_answer_carries_the_policy_and_assets_are_kept_for_ever(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/")
    for path in ("/", "/strip", "/nowhere", "/monitor/history.json", "/login"):
        headers = page.request.get(page.url.rstrip("/") + path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
    sheet = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert "immutable" in page.request.get(page.url.rstrip("/") + str(sheet)).headers["cache-control"]


def test_the_first_load_weighs_less_than_its_budget(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/monitor")
    page.wait_for_load_state("load")
    found = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/static/'))"
    sizes = f"{found}.map((one) => one.encodedBodySize)"
    kilobytes = sum(page.evaluate(sizes)) / 1024
    assert kilobytes < 480, "uncompressed; a proxy's gzip makes about a quarter of it"
