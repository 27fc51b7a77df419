"""A facilitator on a phone and a lead at a desk, by key presses alone from the links on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import DESK, PHONE, Visitor, chromium, reach
from tests.support.meeting import Meeting
from tests.support.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    made = Meeting(server, language="en", places=3)
    yield made
    made.close()


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to a control and use it."""
    reach(page, wanted)
    page.keyboard.press(key)


def choose(page: Page, wanted: Locator, words: str) -> None:
    """Choose from a list by typing how the choice begins."""
    reach(page, wanted)
    page.keyboard.type(words)


def write(page: Page, wanted: Locator, words: str) -> None:
    """Write over what a field holds."""
    reach(page, wanted)
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def test_a_facilitator_moderates_a_room_without_a_mouse(browser: Browser, meeting: Meeting) -> None:
    ann = meeting.participant("A")
    visitor = Visitor(browser, PHONE)
    page = visitor.go(meeting.links["rooms"]["A"]["facilitate"])
    press(page, page.get_by_role("button", name="Write", exact=True))
    expect(page.get_by_role("heading", level=1, name="Write")).to_be_visible()
    ids = [ann.ask(text) for text in ("Who pays?", "Who pays for it?", "When?")]
    press(page, page.get_by_role("button", name="Support", exact=True))
    first, second, third = (page.locator(f"#list > [data-id='{it}']") for it in ids)
    expect(third).to_be_visible()

    star = first.get_by_role("button", name="Shortlist for number 1")
    press(page, star, "Space")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()

    press(page, first.locator("summary"))
    write(page, first.get_by_label("Write it more clearly"), "Who pays for all this?")
    press(page, first.get_by_role("button", name="Save the wording"))
    expect(first).to_contain_text("Who pays for all this?")
    expect(first.locator("summary")).to_be_focused()

    press(page, third.locator("summary"))
    write(page, third.get_by_label("Hide it: why?"), "It was asked already")
    press(page, third.get_by_role("button", name="Hide", exact=True))
    expect(third).to_contain_text("It was asked already")
    press(page, third.locator("summary"))
    press(page, third.get_by_role("button", name="Show it again"))
    expect(third).not_to_contain_text("It was asked already")

    press(page, second.locator("summary"))
    choose(page, second.get_by_label("Join it to another question"), "1")
    press(page, second.get_by_role("button", name="Join", exact=True))
    expect(second).to_be_hidden()
    press(page, first.get_by_role("button", name="Split off for number 2"))
    expect(second).to_be_visible()

    write(page, page.get_by_label("Their question, in their words"), "From the phone?")
    press(page, page.get_by_role("button", name="Send", exact=True))
    expect(page.locator("#list")).to_contain_text("From the phone?")
    document = meeting.server.exported(meeting.event)
    assert [(it["number"], it["text"], it["state"]) for it in document["questions"]] == [
        (1, "Who pays for all this?", "shown"),
        (2, "Who pays for it?", "shown"),
        (3, "When?", "shown"),
        (4, "From the phone?", "shown"),
    ]
    assert [it["shortlisted"] for it in document["questions"]] == [True, False, False, False]
    visitor.context.close()
    assert visitor.troubles == []


def test_a_lead_makes_and_publishes_the_list_without_a_mouse(
    browser: Browser, meeting: Meeting
) -> None:
    meeting.phase("support")
    ann, bob = meeting.participant("A"), meeting.participant("A")
    for text in ("Who pays?", "When?"):
        bob.done("vote.set", question=ann.ask(text), on=True)
    bob.ask("Where?")
    visitor = Visitor(browser, DESK)
    page = visitor.go(meeting.links["facilitate"])
    press(page, page.get_by_role("button", name="Results", exact=True))
    expect(page.get_by_role("heading", level=1, name="Results")).to_be_visible()
    editor = visitor.region("The list")
    press(page, editor.get_by_role("button", name="Make a proposal"))
    expect(editor.get_by_role("textbox", name="Wording of place")).to_have_count(3)
    second = editor.get_by_label("Wording of place 2", exact=True).input_value()
    press(page, editor.get_by_role("button", name="Up place 2"), "Space")
    expect(editor.get_by_label("Wording of place 1", exact=True)).to_have_value(second)
    reach(page, editor.get_by_label("Wording of place 1", exact=True), "Shift+Tab")
    write(page, editor.get_by_label("Wording of place 1", exact=True), "Who pays, and when?")
    press(page, editor.get_by_role("button", name="Remove place 3"))
    press(page, editor.get_by_role("button", name="Save the list"))
    expect(editor.get_by_text("This is the saved list.")).to_be_visible()
    press(page, editor.get_by_role("button", name="Publish as final"))
    yes = editor.get_by_role("button", name="Yes, publish it")
    expect(yes.or_(editor.get_by_role("button", name="Not yet"))).to_have_count(2)
    press(page, yes)
    expect(editor.get_by_text("The final list is published")).to_be_visible()
    toplist = meeting.server.exported(meeting.event)["toplist"]
    assert len(toplist) == 2
    assert toplist[0]["text"] == "Who pays, and when?"
    visitor.context.close()
    assert visitor.troubles == []
