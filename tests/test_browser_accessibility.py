"""Live pages in every step, in both themes, as axe judges them, and on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import StartServer
from tests.support.browser import PHONE, Visitor, chromium, demo_links, join
from tests.support.server import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: CSS pixels, as WCAG's reflow criterion counts them.
NARROW = 320

JUDGE = """tags => axe.run({ runOnly: tags }).then(result => result.violations.map(
  ({ id, nodes }) => `${id}: ${nodes.map(node => node.html.slice(0, 200)).join(" | ")}`))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def links(start_server: StartServer) -> dict[str, str]:
    return demo_links(start_server(DIALOGI_DEMO="1"))


@pytest.fixture(scope="module")
def windows(browser: Browser, links: dict[str, str]) -> Iterator[dict[str, Page]]:
    """Everybody's live page. Only axe needs the security policy out of its way."""
    sizes: dict[str, Any] = {"Participant": {"size": PHONE}}
    visitors = {
        name: Visitor(browser, bypass_csp=True, **sizes.get(name, {}))
        for name in ("Participant", "Facilitator", "Lead", "Organiser", "Projector")
    }
    for name, visitor in visitors.items():
        if name == "Participant":
            join(visitor, links[name], "Huone 1", "järjestö", "Aino Virta")
        else:
            visitor.go(links[name])
    yield {name: visitor.page for name, visitor in visitors.items()}
    for visitor in visitors.values():
        visitor.context.close()


def test_axe_finds_nothing_on_live_pages_in_any_step(windows: dict[str, Page]) -> None:
    findings = {}
    person, facilitator, lead = (windows[name] for name in ("Participant", "Facilitator", "Lead"))
    for step in ("Welcome", "Write", "Discuss", "Support", "Choose together", "Results"):
        lead.get_by_role("button", name=step, exact=True).click()
        for page in (person, facilitator, lead):
            expect(page.get_by_role("heading", level=1, name=step, exact=True)).to_be_visible()
        if step == "Write":
            _write(person)
        if step == "Support":
            _open_everything(facilitator, lead)
        if step == "Results":
            _publish(lead)
            expect(person.get_by_text("This is the preliminary list.")).to_be_visible()
        # What a facilitator, a lead or the organiser can do looks alike in all steps.
        pages = windows if step in {"Support", "Results"} else {"Participant": person}
        if step == "Choose together":
            pages = {**pages, "Projector": windows["Projector"]}
        for name, page in pages.items():
            findings[f"{name}, {step}"] = _judged(page)
    assert {where: found for where, found in findings.items() if found} == {}


def test_live_pages_need_no_sideways_scrolling_on_a_narrow_screen(
    windows: dict[str, Page],
) -> None:
    wide = {}
    for name in ("Participant", "Facilitator", "Lead", "Organiser"):
        page = windows[name]
        before = page.viewport_size
        page.set_viewport_size({"width": NARROW, "height": 640})
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
        if before:
            page.set_viewport_size(before)
    assert {name: width for name, width in wide.items() if width > NARROW} == {}


def _write(person: Page) -> None:
    person.get_by_label("What do you want to ask?").fill("Is everybody able to read this?")
    person.get_by_role("button", name="Send", exact=True).click()
    mine = person.get_by_role("region", name="My questions").get_by_role("listitem")
    mine.get_by_role("button", name="Change").click()
    expect(person.get_by_label("New wording")).to_be_visible()


def _open_everything(facilitator: Page, lead: Page) -> None:
    """Open what is behind the first "More…" of questions and of people."""
    for page in (facilitator, lead):
        for region in ("Questions of all rooms", "The room’s questions", "People"):
            more = page.get_by_role("region", name=region).get_by_text("More…")
            if more.count():
                more.first.click()
        expect(page.get_by_label("Hide it: why?").first).to_be_visible()


def _publish(lead: Page) -> None:
    editor = lead.get_by_role("region", name="The list", exact=True)
    editor.get_by_role("button", name="Make a proposal").click()
    expect(editor.get_by_label("Wording of place 10")).to_be_visible()
    editor.get_by_role("button", name="Publish as preliminary").click()
    editor.get_by_role("button", name="Yes, publish it").click()
    expect(editor.get_by_text("The preliminary list is published.")).to_be_visible()


def _judged(page: Page) -> list[str]:
    """Return what axe finds, in the light theme and, for contrast alone, in the dark one."""
    if not page.evaluate("typeof axe === 'object'"):
        page.add_script_tag(path=AXE)
    found = []
    for scheme, tags in (("light", TAGS), ("dark", ["cat.color"])):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{scheme} {one}" for one in page.evaluate(JUDGE, tags)]
    return found
