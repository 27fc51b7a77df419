"""A whole event in Chromium: four people at once, from the demonstration's links to the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.conftest import StartServer
from tests.support.browser import PHONE, Visitor, chromium, demo_links, join

pytestmark = pytest.mark.browser

ROOM_LIST = "The room’s questions"
SHORTLIST = "The shortlist of all rooms"
BOARD = "Questions of all rooms"
LIST = "The list"
STEPS = "Step and time"
AINO = "How is everybody told what was decided about their question?"
BO = "Who sees to it that the buses run in the evening as well?"
CLEARER = "How does each person hear what was decided about their question?"
FINAL_WORDS = "What do we do so that nobody has to ask twice?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Hall:
    """Two participants in different rooms, the first room's facilitator, the lead and a reader."""

    def __init__(self, browser: Browser, links: dict[str, str]) -> None:
        self.links = links
        self.aino = Visitor(browser, PHONE)
        self.bo = Visitor(browser, PHONE)
        self.facilitator = Visitor(browser)
        self.lead = Visitor(browser)
        self.reader = Visitor(browser)

    @property
    def everybody(self) -> dict[str, Visitor]:
        return {name: who for name, who in vars(self).items() if isinstance(who, Visitor)}

    def enter(self) -> None:
        join(self.aino, self.links["Participant"], "Huone 1", "järjestö", "Aino Virta")
        join(self.bo, self.links["Participant"], "Huone 2", "hallinto", "Bo Ek")
        self.facilitator.go(self.links["Facilitator"])
        expect(self.facilitator.row("People", "Aino Virta")).to_contain_text("connected")
        self.lead.go(self.links["Lead"])
        self.reader.go(self.links["Results"])
        expect(self.reader.page.get_by_text("The list is not ready yet")).to_be_visible()

    def begin(self, step: str, heading: str | None = None) -> None:
        """Let the lead begin a step; everybody who sits somewhere sees it at once."""
        self.lead.region(STEPS).get_by_role("button", name=step, exact=True).click()
        for visitor in (self.aino, self.bo, self.facilitator, self.lead):
            title = visitor.page.get_by_role("heading", level=1, name=heading or step, exact=True)
            expect(title).to_be_visible()

    def write(self, who: Visitor, text: str) -> None:
        who.page.get_by_label("What do you want to ask?").fill(text)
        who.button("Send").click()
        expect(who.row("My questions", text)).to_be_visible()
        expect(who.region("Your question").get_by_text("Sending…")).to_be_hidden()

    def support(self, who: Visitor, region: str, text: str, people: str) -> None:
        row = who.row(region, text)
        row.get_by_role("button", name="Support").click()
        expect(row.get_by_role("button", name="Support", pressed=True)).to_be_visible()
        expect(row).to_contain_text(people)

    def panel(self, text: str) -> Locator:
        """Open what the facilitator can do with a question."""
        row = self.facilitator.row(ROOM_LIST, text)
        row.get_by_text("More…").click()
        return row

    def assert_no_trouble(self) -> None:
        assert {name: who.troubles for name, who in self.everybody.items() if who.troubles} == {}


@pytest.fixture
def hall(browser: Browser, start_server: StartServer) -> Iterator[Hall]:
    hall = Hall(browser, demo_links(start_server(DIALOGI_DEMO="1")))
    yield hall
    for visitor in hall.everybody.values():
        visitor.context.close()


def test_a_whole_event_from_the_links_to_the_downloaded_list(hall: Hall) -> None:
    hall.enter()
    _write_unseen(hall)
    _discuss(hall)
    _support(hall)
    _facilitate(hall)
    _choose_together(hall)
    texts = _publish(hall)
    _download(hall, texts)
    hall.assert_no_trouble()


def _write_unseen(hall: Hall) -> None:
    hall.begin("Write")
    hall.write(hall.aino, AINO)
    hall.write(hall.bo, BO)
    counts = hall.facilitator.page.get_by_text("1 question written that nobody else sees yet")
    expect(counts).to_be_visible()
    for visitor, other in [(hall.bo, AINO), (hall.aino, BO)]:
        assert other not in visitor.page.content()
    for visitor in (hall.facilitator, hall.lead):
        assert AINO not in visitor.page.content()


def _discuss(hall: Hall) -> None:
    hall.begin("Discuss")
    expect(hall.aino.row(ROOM_LIST, AINO)).to_contain_text("Yours")
    expect(hall.bo.row(ROOM_LIST, BO)).to_contain_text("Yours")
    # What comes while one reads waits until it is wanted.
    expect(hall.facilitator.row(ROOM_LIST, AINO)).to_have_count(0)
    hall.facilitator.button("1 new question – show").click()
    expect(hall.facilitator.row(ROOM_LIST, AINO)).to_be_focused()
    expect(hall.aino.row(ROOM_LIST, BO)).to_have_count(0)
    expect(hall.aino.region(ROOM_LIST).get_by_role("button", name="Support")).to_have_count(0)


def _support(hall: Hall) -> None:
    hall.begin("Support")
    first = _others(hall.aino)
    before = _people(hall.facilitator, ROOM_LIST, first)
    hall.support(hall.aino, ROOM_LIST, first, f"{before + 1} people support this")
    expect(hall.facilitator.row(ROOM_LIST, first)).to_contain_text(f"{before + 1} people")
    hall.support(hall.bo, ROOM_LIST, _others(hall.bo), "people support this")


def _others(who: Visitor) -> str:
    """A question of the room that this person has not asked and so not supported yet."""
    return next(text for text in _texts(who, ROOM_LIST) if text not in {AINO, BO})


def _facilitate(hall: Hall) -> None:
    """Hide and show again, reword, join two, and put one on the shortlist."""
    mine = hall.aino.row("My questions", AINO)

    panel = hall.panel(AINO)
    panel.get_by_label("Hide it: why?").fill("It is being put more clearly")
    panel.get_by_role("button", name="Hide", exact=True).click()
    expect(mine).to_contain_text("The reason: It is being put more clearly")
    expect(hall.aino.row(ROOM_LIST, AINO)).to_have_count(0)
    hall.panel(AINO).get_by_role("button", name="Show it again").click()
    expect(hall.aino.row(ROOM_LIST, AINO)).to_be_visible()

    panel = hall.panel(AINO)
    panel.get_by_label("Write it more clearly").fill(CLEARER)
    panel.get_by_role("button", name="Save the wording").click()
    reworded = hall.aino.row("My questions", CLEARER)
    expect(reworded).to_contain_text(f"Your own words: {AINO}")
    expect(hall.aino.row(ROOM_LIST, CLEARER)).to_be_visible()

    other = _texts(hall.facilitator, ROOM_LIST)[0]
    number = _number(hall.facilitator, ROOM_LIST, other)
    behind = _people(hall.facilitator, ROOM_LIST, other)
    panel = hall.panel(other)
    into = panel.get_by_label("Join it to another question that asks the same")
    wanted = into.get_by_role("option").filter(has_text=CLEARER).get_attribute("value")
    into.select_option(value=wanted)
    panel.get_by_role("button", name="Join", exact=True).click()
    joined = hall.facilitator.row(ROOM_LIST, CLEARER)
    expect(joined.get_by_role("button", name=f"Split off for number {number}")).to_be_visible()
    # Aino stands behind both, and counts once.
    expect(hall.aino.row(ROOM_LIST, CLEARER)).to_contain_text(f"{behind} people support this")

    joined.get_by_role("button", name="Shortlist").click()
    expect(joined.get_by_role("button", name="Shortlist", pressed=True)).to_be_visible()
    expect(reworded).to_contain_text("On the shortlist")


def _choose_together(hall: Hall) -> None:
    hall.begin("Choose together")
    expect(hall.aino.row(SHORTLIST, CLEARER)).to_contain_text("From Huone 1")
    hall.lead.button("Show more questions").click()
    hall.lead.region(BOARD).get_by_role("button", name=re.compile("new question")).click()
    before = _people(hall.lead, BOARD, CLEARER)
    hall.support(hall.bo, SHORTLIST, CLEARER, f"{before + 1} people support this")
    expect(hall.aino.row(SHORTLIST, CLEARER)).to_contain_text(f"{before + 1} people support this")


def _publish(hall: Hall) -> list[str]:
    """Propose, word, order and save the list, and publish it twice; returns its texts."""
    hall.begin("Results")
    for visitor in (hall.aino, hall.bo):
        expect(visitor.page.get_by_text("It appears here by itself")).to_be_visible()
    editor = hall.lead.region(LIST)
    editor.get_by_role("button", name="Make a proposal").click()
    wordings = editor.get_by_role("textbox", name="Wording of place")
    expect(wordings).to_have_count(10)
    third = editor.get_by_label("Wording of place 3").input_value()
    editor.get_by_role("button", name="Up place 3").click()
    expect(editor.get_by_label("Wording of place 2")).to_have_value(third)
    expect(editor.get_by_role("button", name="Up place 2")).to_be_focused()
    editor.get_by_label("Wording of place 1", exact=True).fill(FINAL_WORDS)
    expect(editor.get_by_text("Not saved yet.")).to_be_visible()
    editor.get_by_role("button", name="Save the list").click()
    expect(editor.get_by_text("This is the saved list.")).to_be_visible()
    texts = [field.input_value() for field in wordings.all()]
    assert texts[0] == FINAL_WORDS
    assert texts[1] == third

    for stage, heard in [("preliminary", "preliminary"), ("final", "final")]:
        editor.get_by_role("button", name=f"Publish as {stage}").click()
        editor.get_by_role("button", name="Yes, publish it").click()
        for visitor in (hall.aino, hall.bo):
            expect(visitor.page.get_by_text(f"This is the {heard} list.")).to_be_visible()
            places = visitor.region(LIST).get_by_role("listitem")
            expect(places).to_contain_text(texts)
        expect(
            hall.reader.page.get_by_text(f"{heard.capitalize()} list", exact=True)
        ).to_be_visible()
        headings = (
            hall.reader.page.get_by_role("main").get_by_role("listitem").get_by_role("heading")
        )
        expect(headings).to_contain_text(texts)
    return texts


def _download(hall: Hall, texts: list[str]) -> None:
    with hall.lead.page.expect_download() as download:
        hall.lead.region("Take it with you").get_by_role("link", name="Data (JSON)").click()
    document = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [entry["text"] for entry in document["toplist"]] == texts
    assert [entry["place"] for entry in document["toplist"]] == list(range(1, 11))
    assert document["event"]["stage"] == "final"


def _texts(who: Visitor, region: str) -> list[str]:
    """Return a list's questions in their order."""
    return who.region(region).locator(".question__text").all_inner_texts()


def _number(who: Visitor, region: str, text: str) -> int:
    return int(who.row(region, text).locator(".question__digits").inner_text())


def _people(who: Visitor, region: str, text: str) -> int:
    """Return how many people a row says are behind its question."""
    words = who.row(region, text).locator(".question__people").inner_text()
    return int(words.split()[0]) if words[0].isdigit() else 0
