"""The projector's page: on every screen all of it is seen, for nobody can scroll it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Visitor, chromium
from tests.support.meeting import Meeting
from tests.support.server import Server

pytestmark = pytest.mark.browser

SCREENS = [(1024, 768), (1280, 800), (1920, 1080), (800, 600)]
QUESTION = "Mitkä ovat kymmenen tärkeintä kysymystä hallinnon ja kansalaisjärjestöjen yhteistyössä?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event whose shortlist is longer than a small screen."""
    meeting = Meeting(server, question=QUESTION, places=12, language="en")
    meeting.phase("support")
    ann = meeting.participant("A")
    for at in range(14):
        question = ann.ask(f"{at}: how does everybody hear in time what was decided and why?")
        meeting.lead.done("shortlist.set", question=question, on=True)
    yield meeting
    meeting.close()


def assert_whole(page: Page, size: tuple[int, int]) -> None:
    """Assert that nothing is below the screen's edge or beside it, as soon as all is drawn."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(
        """() => {
          const { scrollHeight, scrollWidth } = document.documentElement;
          return scrollHeight <= window.innerHeight && scrollWidth <= window.innerWidth;
        }"""
    )


def test_the_projector_needs_no_scrolling_on_any_screen_in_any_step(
    browser: Browser, meeting: Meeting
) -> None:
    hall = Visitor(browser)
    page = hall.go(meeting.links["present"])
    step = page.get_by_role("heading", level=1)
    for phase, name in [("support", "Support"), ("plenary", "Choose together")]:
        meeting.phase(phase)
        expect(step).to_have_text(name)
        for size in SCREENS:
            assert_whole(page, size)
    meeting.lead.done("toplist.publish", stage="final")
    meeting.phase("results")
    expect(step).to_have_text("Results")
    for size in SCREENS:
        assert_whole(page, size)
    hall.context.close()
    assert hall.troubles == []
