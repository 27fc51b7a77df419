"""What goes wrong in real rooms: lines break, steps pass, people are moved or taken out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PHONE, Visitor, chromium, join
from tests.support.server import Server

pytestmark = pytest.mark.browser

ROOM_LIST = "The room’s questions"
MINE = "My questions"
EVENT: dict[str, Any] = {
    "title": "Evening",
    "question": "What matters?",
    "language": "en",
    "affiliations": ["north", "south"],
    "help_phone": "+358 9 000 0000",
    "rooms": [{"name": "A"}, {"name": "B"}],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Evening:
    """A small event: Aino and Bo in room A, the lead, and whatever the test adds."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser, self.server = browser, server
        self.links = server.event_from(EVENT)
        self.aino, self.bo = Visitor(browser, PHONE), Visitor(browser, PHONE)
        self.lead = Visitor(browser)
        self.visitors = [self.aino, self.bo, self.lead]
        join(self.aino, self.links["join"], "A", "north", "Aino")
        join(self.bo, self.links["join"], "A", "south", "Bo")
        self.lead.go(self.links["facilitate"])

    def begin(self, step: str) -> None:
        steps = self.lead.region("Step and time")
        steps.get_by_role("button", name=step, exact=True).click()
        self.sees(self.lead, step)

    def sees(self, visitor: Visitor, step: str) -> None:
        title = visitor.page.get_by_role("heading", level=1, name=step, exact=True)
        expect(title).to_be_visible()

    def ask(self, visitor: Visitor, text: str) -> None:
        visitor.page.get_by_label("What do you want to ask?").fill(text)
        visitor.button("Send").click()

    def person(self, name: str) -> Any:
        row = self.lead.row("People", name)
        if row.locator(".person__more[open]").count() == 0:
            row.get_by_text("More…").click()
        return row

    def question(self, text: str) -> Any:
        row = self.board_row(text)
        row.get_by_text("More…").click()
        return row

    def board_row(self, text: str) -> Any:
        """Return a question's row on the lead's board; others may offer its text as a choice."""
        words = self.lead.page.locator(".question__text", has_text=text)
        return self.lead.page.locator("#list > li").filter(has=words)


@pytest.fixture
def evening(browser: Browser, server: Server) -> Iterator[Evening]:
    evening = Evening(browser, server)
    yield evening
    troubles = [trouble for visitor in evening.visitors for trouble in visitor.troubles]
    for visitor in evening.visitors:
        visitor.context.close()
    assert troubles == []


def status(page: Page) -> Any:
    return page.get_by_role("status")


def test_what_was_written_for_the_silent_step_is_not_published_in_the_next_without_asking(
    evening: Evening,
) -> None:
    aino = evening.aino
    evening.begin("Write")
    evening.sees(aino, "Write")
    aino.set_offline(True)
    expect(aino.page.get_by_text("No connection. Trying again…")).to_be_visible()
    evening.ask(aino, "Unsent and private")
    expect(aino.row(MINE, "Unsent and private")).to_contain_text("kept on this device")
    evening.ask(aino, "Unsent and regretted")
    evening.begin("Discuss")
    aino.set_offline(False)
    asking = aino.region("Not sent yet")
    expect(asking.get_by_role("listitem")).to_have_count(2)
    expect(asking).to_contain_text("in the step “Write”")
    evening.sees(evening.bo, "Discuss")
    assert "Unsent" not in evening.bo.page.inner_text("main")

    # It survives a reload, too.
    aino.page.reload()
    expect(asking.get_by_role("listitem")).to_have_count(2)
    regretted = asking.get_by_role("listitem").filter(has_text="regretted")
    regretted.get_by_role("button", name="Throw it away").click()
    expect(asking.get_by_role("listitem")).to_have_count(1)
    asking.get_by_role("button", name="Send it now").click()
    expect(asking).to_be_hidden()
    expect(aino.row(ROOM_LIST, "Unsent and private")).to_contain_text("Yours")
    expect(evening.bo.row(ROOM_LIST, "Unsent and private")).to_be_visible()
    expect(evening.bo.row(ROOM_LIST, "regretted")).to_have_count(0)


def test_a_server_that_starts_again_is_found_and_nothing_is_lost(
    browser: Browser, own_server: Server
) -> None:
    evening = Evening(browser, own_server)
    evening.begin("Discuss")
    evening.ask(evening.aino, "Before the cut")
    expect(evening.bo.row(ROOM_LIST, "Before the cut")).to_be_visible()
    for visitor in evening.visitors:
        visitor.offline = True  # what fails while the server is away is no trouble
    own_server.kill()
    expect(evening.bo.page.get_by_text("No connection. Trying again…")).to_be_visible()
    evening.ask(evening.aino, "During the cut")
    own_server.start()
    expect(evening.aino.row(MINE, "During the cut")).to_contain_text("Number 2")
    evening.bo.button("1 new question – show").click()
    expect(evening.bo.row(ROOM_LIST, "During the cut")).to_be_focused()
    for visitor in evening.visitors:
        visitor.context.close()


def test_who_is_taken_out_is_told_kindly_and_finds_everything_after_coming_back(
    evening: Evening,
) -> None:
    aino = evening.aino
    evening.begin("Discuss")
    evening.ask(aino, "Does it stay?")
    expect(aino.row(MINE, "Does it stay?")).to_contain_text("Number 1")
    row = evening.person("Aino")
    row.get_by_label("Take out of the event: why?").fill("Wrong event")
    row.get_by_role("button", name="Take out").click()
    gone = aino.region("You have been taken out of this event")
    expect(gone).to_contain_text("+358 9 000 0000")
    expect(aino.region(ROOM_LIST)).to_be_hidden()
    expect(aino.page.get_by_role("alert").filter(has_text="removed")).to_have_count(0)
    aino.page.reload()
    expect(gone).to_be_visible()

    expect(row).to_contain_text("Taken out")
    evening.person("Aino").get_by_role("button", name="Bring back").click()
    expect(aino.row(ROOM_LIST, "Does it stay?")).to_contain_text("Yours")
    expect(gone).to_be_hidden()
    evening.ask(aino, "Can I write again?")
    expect(aino.row(MINE, "Can I write again?")).to_contain_text("Number 2")


def test_who_is_moved_sees_the_other_room_and_keeps_their_own_questions(evening: Evening) -> None:
    aino, bo = evening.aino, evening.bo
    evening.begin("Discuss")
    evening.ask(bo, "Asked in A")
    expect(aino.row(ROOM_LIST, "Asked in A")).to_be_visible()
    row = evening.person("Bo")
    row.get_by_label("Move to another room").select_option(label="B")
    row.get_by_role("button", name="Move", exact=True).click()
    expect(status(bo.page)).to_contain_text("You have been moved to B.")
    expect(bo.page.get_by_text("No questions yet.")).to_be_visible()
    expect(bo.row(MINE, "Asked in A")).to_be_visible()
    evening.ask(bo, "Asked in B")
    expect(bo.row(ROOM_LIST, "Asked in B")).to_be_visible()
    expect(aino.page.get_by_text("Asked in B")).to_have_count(0)


def test_support_is_taken_back_from_every_part_that_one_supported(evening: Evening) -> None:
    aino, bo = evening.aino, evening.bo
    evening.begin("Discuss")
    evening.ask(aino, "First wording")
    expect(aino.row(ROOM_LIST, "First wording")).to_be_visible()
    evening.ask(aino, "Second wording")
    expect(aino.row(ROOM_LIST, "Second wording")).to_be_visible()
    evening.ask(bo, "Something else")
    evening.begin("Support")
    evening.lead.button("2 new questions – show").click()
    panel = evening.question("Second wording")
    into = panel.get_by_label("Join it to another question that asks the same")
    into.select_option(value=_option(into, "First wording"))
    panel.get_by_role("button", name="Join", exact=True).click()
    # The focus goes where the question went.
    joined = evening.board_row("First wording")
    expect(joined).to_be_focused()

    row = aino.row(ROOM_LIST, "First wording")
    expect(row).to_contain_text("1 person supports this")
    expect(aino.row(MINE, "Second wording")).to_contain_text("number 1")
    row.get_by_text("Original wording of what was joined to this").click()
    expect(row.get_by_text("Second wording")).to_be_visible()
    support = row.get_by_role("button", name="Support number 1: First wording")
    expect(support).to_have_attribute("aria-pressed", "true")
    support.click()
    expect(support).to_have_attribute("aria-pressed", "false")
    expect(row).to_contain_text("Nobody supports this yet")
    support.click()
    expect(row).to_contain_text("1 person supports this")

    joined.get_by_role("button", name="Split off for number 2").click()
    split = aino.row(ROOM_LIST, "Second wording")
    expect(split).to_have_count(1)
    expect(split).to_contain_text("Nobody supports this yet")


def test_a_question_is_changed_and_taken_away_by_its_author(evening: Evening) -> None:
    aino = evening.aino
    evening.begin("Write")
    evening.ask(aino, "Frist try")
    row = aino.row(MINE, "Frist try")
    row.get_by_role("button", name="Change").click()
    field = aino.region(MINE).get_by_label("New wording")
    expect(field).to_be_focused()
    field.fill("")
    aino.button("Save").click()
    expect(aino.region(MINE).get_by_role("alert")).to_contain_text("Write your question first.")
    field.fill("First try")
    aino.button("Save").click()
    row = aino.row(MINE, "First try")
    expect(row.get_by_role("button", name="Change")).to_be_focused()
    expect(status(aino.page)).to_contain_text("Your change is saved.")
    row.get_by_role("button", name="Take away").click()
    expect(row.get_by_role("button", name="Keep it")).to_be_focused()
    aino.page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Take away")).to_be_focused()
    row.get_by_role("button", name="Take away").click()
    row.get_by_role("button", name="Yes, take it away").click()
    expect(row).to_have_count(0)
    expect(aino.page.get_by_role("heading", name=MINE)).to_be_focused()
    expect(status(aino.page)).to_contain_text("Your question is taken away.")


def test_what_a_lead_writes_the_moment_a_panel_opens_is_kept(evening: Evening) -> None:
    evening.begin("Discuss")
    evening.ask(evening.aino, "What now?")
    lead = evening.lead
    expect(evening.board_row("What now?")).to_be_visible()
    row = evening.question("What now?")
    expect(row.get_by_label("Write it more clearly")).to_have_value("What now?")
    row.get_by_text("More…").click()
    kept = row.evaluate(
        """async (row) => {
          const more = row.querySelector("details");
          const field = row.querySelector("textarea");
          more.open = true;
          field.value = "What is next?";
          await new Promise((done) => { more.addEventListener("toggle", done, { once: true }); });
          return field.value;
        }"""
    )
    assert kept == "What is next?"
    row.get_by_role("button", name="Save the wording").click()
    expect(evening.board_row("What is next?")).to_be_visible()
    assert lead.troubles == []


def test_two_leads_do_not_overwrite_each_other_silently(evening: Evening) -> None:
    evening.begin("Discuss")
    for text in ("One thing", "Another thing"):
        evening.ask(evening.aino, text)
        expect(evening.aino.row(ROOM_LIST, text)).to_be_visible()
    other = Visitor(evening.browser)
    evening.visitors.append(other)
    other.go(evening.links["facilitate"])
    lists = [visitor.region("The list") for visitor in (evening.lead, other)]
    for editor in lists:
        editor.get_by_role("button", name="Make a proposal").click()
        expect(editor.get_by_role("textbox", name="Wording of place")).to_have_count(2)
    lists[0].get_by_label("Wording of place 1").fill("Ours")
    lists[1].get_by_label("Wording of place 1").fill("Theirs")
    lists[1].get_by_role("button", name="Save the list").click()
    expect(lists[1].get_by_text("This is the saved list.")).to_be_visible()
    expect(lists[0].get_by_text("Somebody else has saved another list")).to_be_visible()
    expect(lists[0].get_by_label("Wording of place 1")).to_have_value("Ours")
    lists[0].get_by_role("button", name="Show theirs").click()
    expect(lists[0].get_by_label("Wording of place 1")).to_have_value("Theirs")
    lists[0].get_by_role("button", name="Undo").click()
    expect(lists[0].get_by_label("Wording of place 1")).to_have_value("Ours")
    lists[0].get_by_role("button", name="Save the list").click()
    expect(lists[1].get_by_label("Wording of place 1")).to_have_value("Ours")


def test_a_timer_is_heard_and_the_next_step_begins_by_itself(evening: Evening) -> None:
    evening.begin("Write")
    steps = evening.lead.region("Step and time")
    steps.get_by_label("Minutes").fill("none")
    steps.get_by_role("button", name="Start the timer").click()
    expect(steps.get_by_role("alert")).to_contain_text("Give the minutes as a number")
    steps.get_by_label("Minutes").fill("1,02")
    steps.get_by_role("button", name="Start the timer").click()
    expect(evening.aino.page.get_by_role("timer")).to_be_visible()
    expect(status(evening.aino.page)).to_contain_text("1 minute left.")
    steps.get_by_role("button", name="−1 min").click()
    evening.sees(evening.aino, "Discuss")
    expect(status(evening.aino.page)).to_contain_text("Discuss. Talk and listen.")


def _option(select: Any, text: str) -> str:
    return str(select.get_by_role("option").filter(has_text=text).get_attribute("value"))
