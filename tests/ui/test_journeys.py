"""What operators do, by clicks, from an empty campaign to its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.system.installation import Installation
from tests.ui.conftest import Visitor

SLOW = 60_000


def create(page: Page, name: str) -> None:
    """Fill in the form, as for a test campaign: any hour, one attempt a lead."""
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Message").fill("demo-congrats")
    page.get_by_label("Channels at most").fill("6")
    page.get_by_label("Attempts per lead").fill("1")
    page.get_by_label("Attempts per number and day").fill("5")
    page.get_by_label("Calling window").select_option("always")
    page.get_by_role("button", name="Create campaign").click()


def bring(page: Page, file: Path) -> None:
    """Import a list after a trial run."""
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File, CSV or XLSX").set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.get_by_role("region", name="First rows")).to_contain_text("+5531")
    page.get_by_role("button", name="Trial run over the whole file").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_a_campaign_is_created_filled_started_paused_and_watched_to_its_end(
    visit: Callable[..., Visitor], leads_file: Path, javascript: bool
) -> None:
    name = f"journey {'with' if javascript else 'without'} script"
    page = visit(java_script_enabled=javascript).open("/campaigns")
    create(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#block-state")).to_contain_text("draft")
    expect(page.locator("#block-checks")).to_contain_text("Start or resume the campaign.")

    bring(page, leads_file)
    result = page.locator("#block-result")
    again(page, lambda: expect(result).to_contain_text("done", timeout=1000))
    assert figures(page, "#block-result")["Leads that would be added"] == "12"
    assert figures(page, "#block-result")["Duplicates"] == "1"
    assert figures(page, "#block-result")["Refused"] == "1"
    page.get_by_role("button", name="Import now").click()
    again(page, lambda: expect(page.locator("#block-progress")).to_contain_text("done", timeout=1000))
    assert figures(page, "#block-progress")["Leads added"] == "12"
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as CSV").click()
    assert "abc" in Path(download.value.path()).read_text(encoding="utf-8")

    page.get_by_role("link", name="Campaign", exact=True).click()
    page.get_by_role("button", name="Start campaign").click()
    expect(page.locator("#block-state")).to_contain_text("Start campaign requested by ana")
    page.get_by_role("button", name="Pause campaign").click()
    expect(page.locator("#block-state")).to_contain_text("paused")
    page.get_by_role("button", name="Resume campaign").click()
    again(page, lambda: expect(page.locator("#block-state")).to_contain_text("completed", timeout=1000))
    expect(page.locator("#finished-words")).to_contain_text("12 of 12")
    expect(page.locator("#block-state")).to_contain_text(re.compile("effective"))

    page.get_by_role("link", name="Attempts", exact=True).click()
    page.locator("tbody th a").first.click()
    expect(page.locator(".timeline")).to_contain_text("passed the once-only gate")
    page.get_by_role("link", name="Lead", exact=True).click()
    expect(page.locator("#block-checks")).to_contain_text("The lead can be dialled")


def test_a_form_with_faults_keeps_its_values_and_names_each_fault(visit: Callable[..., Visitor]) -> None:
    page = visit(language="pt_BR").open("/campaigns/new")
    page.get_by_label("Nome").fill("com erro")
    page.get_by_label("Máximo de canais").fill("99999")
    page.get_by_role("button", name="Criar campanha").click()
    expect(page.locator("#faults")).to_contain_text("deve estar entre 1 e 10000")
    expect(page.locator("#faults")).to_be_focused()
    expect(page.get_by_label("Máximo de canais")).to_have_value("99999")
    expect(page.get_by_label("Máximo de canais")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Mensagem")).to_have_attribute("aria-invalid", "true")


def test_settings_survive_an_edit_of_something_else(visit: Callable[..., Visitor], installation: Installation) -> None:
    before = installation.show(2).settings
    page = visit().open("/campaigns/2/edit")
    page.get_by_label("Priority").fill("33")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    after = installation.show(2).settings
    assert after.priority == 33
    after.priority = before.priority
    assert after == before


def test_stopping_the_system_is_confirmed_and_its_effect_is_seen(
    visit: Callable[..., Visitor], installation: Installation
) -> None:
    page = visit().open("/")
    page.get_by_role("link", name="Stop and drain…").click()
    expect(page.locator("main")).to_contain_text("nothing more is dialled")
    page.get_by_role("button", name="Stop and drain").click()
    block = page.locator("#block-system")
    expect(block).to_contain_text("Stop and drain requested by ana")
    expect(block).to_contain_text("effective", timeout=SLOW)
    expect(page.locator("#block-strip")).to_contain_text("stopped", timeout=SLOW)
    page.get_by_role("button", name="Start dialling").click()
    expect(page.locator("#block-strip")).to_contain_text("running", timeout=SLOW)
    assert installation.system().state == 1


def test_a_number_is_put_on_the_list_found_there_and_taken_off(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/dnc")
    page.locator("#add-number").fill("(11) 98765-4321")
    page.locator("#add-reason").fill("asked for it")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="nothing dials it")).to_be_visible()
    assert "98765" not in page.url
    page.locator("#check-number").fill("11987654321")
    page.get_by_role("button", name="Look").click()
    expect(page.locator(".alert")).to_contain_text("This number is on the list.")
    page.locator("#remove-number").fill("11987654321")
    page.get_by_role("button", name="Take it off").click()
    expect(page.locator(".alert")).to_contain_text("off the list")
    page.locator("#many-numbers").fill("11987654322\nnot a number\n11987654323")
    page.get_by_role("button", name="Add them").click()
    expect(page.locator(".alert-info")).to_contain_text("Added: 2.")
    expect(page.locator(".alert-info")).to_contain_text("Number 2")


def test_a_trunk_is_made_changed_and_deleted(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/trunks")
    page.get_by_role("link", name="New trunk").click()
    page.get_by_label("Name").fill("second carrier")
    page.get_by_label("Dials").fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#faults")).to_contain_text("dial")
    page.get_by_label("Dials").fill("PJSIP/{number}@second")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="second carrier").click()
    page.get_by_label("Channels at most").fill("7")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#block-table")).to_contain_text("0 of 7")
    page.get_by_role("link", name="second carrier").click()
    page.get_by_text("Delete this trunk").click()
    page.get_by_role("button", name="Delete second carrier").click()
    expect(page.locator("#block-table")).not_to_contain_text("second carrier")


def test_the_call_log_is_filtered_and_exported_as_shown(visit: Callable[..., Visitor]) -> None:
    page = visit().open("/calls")
    page.get_by_label("Outcome").select_option("busy")
    page.get_by_role("button", name="Filter").click()
    assert "outcome=busy" in page.url
    words = page.locator("tbody td[data-label=Outcome]").all_inner_texts()
    assert {word.strip() for word in words} == {"busy"}
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1
    assert all(",busy," in line for line in lines[1:])


def figures(page: Page, block: str) -> dict[str, str]:
    """The figures of a block, by name."""
    names = page.locator(f"{block} .figures dt").all_inner_texts()
    return dict(zip(names, page.locator(f"{block} .figures dd").all_inner_texts(), strict=True))


def again(page: Page, check: Callable[[], None], tries: int = 60) -> None:
    """Pass once the check does. Where no script runs the page is loaded again, as its `noscript` refresh does."""
    for left in range(tries, -1, -1):
        try:
            check()
            return
        except AssertionError:
            if not left:
                raise
            if not page.evaluate("typeof htmx !== 'undefined'"):
                page.reload()
