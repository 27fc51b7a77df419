"""A participant by key presses alone, while others change everything, and without a connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import PHONE, Visitor, chromium, reach
from tests.support.meeting import Meeting, Member
from tests.support.server import Server

pytestmark = pytest.mark.browser

DRAFT = "What do you want to ask?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    made = Meeting(server, affiliations=["hallinto", "järjestö"])
    yield made
    made.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    visitor = Visitor(browser, PHONE)
    yield visitor
    visitor.context.close()


def test_joining_writing_and_supporting_need_no_mouse(meeting: Meeting, visitor: Visitor) -> None:
    page = visitor.go(meeting.links["join"])
    _join_by_keys(page)
    meeting.lead.done("phase.set", phase="write")
    field = page.get_by_label(DRAFT)
    reach(page, field)
    page.keyboard.type("How do we keep in touch?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    mine = visitor.region("My questions").get_by_role("listitem")
    expect(mine).to_contain_text("How do we keep in touch?")
    expect(field).to_be_focused()

    others = [meeting.participant("A") for _ in range(2)]
    theirs = others[0].ask("Who pays?")
    meeting.lead.done("phase.set", phase="support")
    button = page.locator(f"[data-id='{theirs}']").get_by_role("button")
    expect(button).to_have_accessible_name("Support number 2: Who pays?")
    # The step began above, and the writer was left where they were.
    expect(field).to_be_focused()
    reach(page, button, "Shift+Tab")
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    _assert_kept_while_others_act(meeting, others, theirs, button)
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert visitor.troubles == []


def test_what_is_written_without_a_connection_is_kept_and_saved_once(
    meeting: Meeting, visitor: Visitor
) -> None:
    page = visitor.go(meeting.links["join"])
    _join_by_keys(page)
    meeting.lead.done("phase.set", phase="write")
    field = page.get_by_label(DRAFT)
    reach(page, field)
    visitor.set_offline(True)
    page.keyboard.type("Does this get through?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#offline")).to_contain_text("Your text is kept on this device")
    expect(field).to_be_focused()
    assert _texts(meeting) == []
    visitor.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("Your question is saved.")
    expect(page.locator("#offline")).to_be_hidden()
    mine = visitor.region("My questions").get_by_role("listitem")
    expect(mine).to_have_count(1)
    page.reload()
    expect(mine).to_have_count(1)
    assert _texts(meeting) == ["Does this get through?"]


def _join_by_keys(page: Page) -> None:
    """Fill in the form: the second affiliation, a name, the first room."""
    reach(page, page.get_by_role("radio").first)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="järjestö")).to_be_checked()
    reach(page, page.get_by_label("Your name"))
    page.keyboard.type("Aino")
    reach(page, page.get_by_label("Room", exact=True))
    page.keyboard.type("A")
    reach(page, page.get_by_role("button", name="Go in"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()


def _assert_kept_while_others_act(
    meeting: Meeting, others: list[Member], theirs: str, button: Locator
) -> None:
    """Thirty changes: to the question in focus, its support, and the list around it."""
    one, two = others
    for at in range(10):
        one.ask(f"What comes {at + 1}. in importance?")
        two.done("vote.set", question=theirs, on=at % 2 == 0)
        meeting.lead.done("question.reword", question=theirs, text=f"Who pays for it, {at}?")
        expect(button).to_have_accessible_name(f"Support number 2: Who pays for it, {at}?")
        expect(button).to_be_focused()
    new = button.page.get_by_role("button", name="10 new questions – show")
    expect(new).to_be_visible()


def _texts(meeting: Meeting) -> list[str]:
    return [question["text"] for question in meeting.server.exported(meeting.event)["questions"]]
