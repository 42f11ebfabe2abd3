"""Blocks follow what happens, say how old they are, and come back by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.system.installation import Installation, mixed_numbers
from tests.ui.conftest import Visitor
from tests.ui.operator_site import OperatorSite


def state(page: Page, wanted: str) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-state", wanted, timeout=20_000)


def test_a_campaign_page_follows_the_campaign_without_a_reload(
    visit: Callable[..., Visitor], installation: Installation
) -> None:
    campaign = installation.campaign("followed", mixed_numbers(30, [20, 21, 1], "41"), max_channels=10)
    page = visit().open(f"/campaigns/{campaign}")
    state(page, "live")
    page.evaluate("window.neverReloaded = true")
    installation.start_campaign(campaign)
    expect(page.locator("#block-state")).to_contain_text("completed", timeout=60_000)
    expect(page.locator("#finished-words")).to_contain_text("30 of 30")
    assert page.evaluate("window.neverReloaded") is True


def test_focus_survives_the_exchange_of_a_block(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/monitor")
    state(page, "live")
    link = page.locator("#block-workers a").first
    link.focus()
    swaps = "document.querySelectorAll('#block-machine .age').length"
    for _ in range(5):
        with page.expect_response(lambda answer: "part=workers" in answer.url):
            page.evaluate("htmx.trigger(document.getElementById('block-workers'), 'refresh')")
    assert page.evaluate(swaps) == 1
    expect(link).to_be_focused()


def test_paused_updates_stay_paused_until_they_are_wanted_again(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/monitor")
    state(page, "live")
    page.get_by_role("button", name="Pause updates").click()
    state(page, "paused")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = page.locator("#block-machine .age time").get_attribute("datetime")
    page.wait_for_timeout(4000)
    assert asked == []
    assert page.locator("#block-machine .age time").get_attribute("datetime") == before
    page.reload()
    state(page, "paused")
    page.get_by_role("button", name="Pause updates").click()
    state(page, "live")


def test_where_the_stream_is_down_every_block_is_asked_each_thirty_seconds(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    page.route("**/live?*", lambda route: route.fulfill(status=503))
    page.clock.install()
    visitor.open("/queue")
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
    with page.expect_response(lambda answer: "part=jobs" in answer.url, timeout=15_000):
        page.clock.run_for(31_000)


def test_a_block_that_nobody_refreshes_says_that_it_is_stale(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    page.route("**/live?*", lambda route: route.fulfill(status=503))
    page.route("**/*part=*", lambda route: route.fulfill(status=503))
    page.clock.install()
    visitor.open("/queue")
    expect(page.locator("#block-jobs .stale-word")).to_be_hidden()
    page.clock.run_for(80_000)
    expect(page.locator("#block-jobs .stale-word")).to_be_visible()
    expect(page.locator("#block-jobs")).to_contain_text("Queued in the database")


def test_after_a_restart_of_the_web_service_the_page_is_live_again(
    visit: Callable[..., Visitor], site: OperatorSite
) -> None:
    page = visit().open("/queue")
    state(page, "live")
    site.stop()
    try:
        state(page, "waiting")
    finally:
        site.start()
    state(page, "live")


def test_the_charts_draw_the_history_and_go_on_with_it(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/monitor")
    expect(page.locator(".chart canvas")).to_have_count(4)
    state(page, "live")
    history: dict[str, Any] = page.request.get(page.url + "/history.json").json()
    assert len(history["t"]) == len(history["cpu"]) == len(history["queued"])
    page.wait_for_function("document.querySelector('[data-series=cpu] [data-value]').textContent !== '—'")
    button = page.locator("[data-series=memory]")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="24 hours").click()
    expect(page.locator(".chart canvas")).to_have_count(4)
    page.get_by_text("The charts as a table").click()
    expect(page.locator("#block-samples tbody tr").first).to_be_visible()


def test_the_log_console_shows_and_filters_what_services_wrote(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/logs")
    expect(page.locator("#log")).to_contain_text("service.ready")
    page.get_by_label("Service").select_option("worker")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#log li").first).to_contain_text("worker")
    page.get_by_label("Contains").fill("no such text anywhere")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#block-lines")).to_contain_text("No line matches.")
