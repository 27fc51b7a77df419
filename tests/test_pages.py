"""What every page owes to everybody: safety, languages, kind errors, results, a calm look."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.conftest import StartServer
from tests.support.browser import PHONE, Visitor, chromium, demo_links
from tests.support.client import Person, Reply, path_of
from tests.support.meeting import Meeting
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.server

ABOUT = ("/", "/resume", "/privacy", "/ground-rules", "/accessibility", "/check")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def meeting(server: Server) -> Iterator[Meeting]:
    made = Meeting(
        server,
        rooms=("Alfa", "Beta"),
        title="Treffit",
        question="Mitä kysymme?",
        language="sv",
        starts="2021-03-25T09:00:00+02:00",
        affiliations=["hallinto", "järjestö"],
        ground_rules=["Kuuntele."],
        help_phone="+358 9 000 0000",
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def every_page(meeting: Meeting) -> dict[str, Reply]:
    """Return all pages as the people see them to whom they are open."""
    links, event = meeting.links, meeting.event
    person, organiser, stranger = (Person(meeting.server.url) for _ in range(3))
    person.join(links["join"], "Aino")
    organiser.follow(links["organise"])
    room = meeting.rooms["Alfa"]
    pages = {path: stranger.get(path) for path in (*ABOUT, "/nowhere")}
    pages |= {
        path_of(link): stranger.get(link)
        for link in (links["join"], links["results"], links["present"])
    }
    pages[f"/room/{event}"] = person.get(f"/room/{event}")
    for path in (f"/organiser/{event}", f"/lead/{event}", f"/facilitator/{event}/{room}"):
        pages[path] = organiser.get(path)
    assert all(page.status == (404 if path == "/nowhere" else 200) for path, page in pages.items())
    return pages


class Markup(HTMLParser):
    """What a page must not have, what it loads, and the frame that it must have."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loaded: list[str] = []
        self.found: set[str] = set()
        self.ids: list[str] = []
        self._script: dict[str, str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [
            f"{tag} {name}" for name in given if name == "style" or name.startswith("on")
        ]
        if tag in {"style", "base", "iframe", "object", "embed"}:
            self.inline.append(tag)
        if tag in {"script", "img", "source"} and "src" in given:
            self.loaded.append(given["src"])
        if tag == "link":
            self.loaded.append(given["href"])
        if tag == "html":
            self.found.add(f"lang={given.get('lang')}")
        if given.get("role") == "status":
            self.found.add("status")
        if "id" in given:
            self.ids.append(given["id"])
        self.found.add(tag)
        self._script = given if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._script is None or not data.strip():
            return
        if self._script.get("type") != "application/json":
            self.inline.append("script")


def test_every_page_says_what_it_may_load_and_is_kept_by_nobody(meeting: Meeting) -> None:
    for path, page in every_page(meeting).items():
        headers = page.headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'", path
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["require-trusted-types-for"] == "'script'"
        host = urlsplit(meeting.server.url).netloc
        assert policy["connect-src"] == f"'self' ws://{host}"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in headers["Permissions-Policy"]
        kept = "private, no-cache" if path.startswith("/results/") else "no-store"
        assert headers["Cache-Control"] == kept, path


def test_no_page_has_a_script_or_style_of_its_own_or_loads_from_elsewhere(
    meeting: Meeting,
) -> None:
    for path, page in every_page(meeting).items():
        markup = Markup(page.text)
        assert markup.inline == [], path
        assert all(each.startswith(("/static/", "data:image/")) for each in markup.loaded), path
        assert {"title", "main", "h1", "lang=en", "status"} <= markup.found, path
        assert len(markup.ids) == len(set(markup.ids)), path
        assert re.search(r"<title>\s*\S", page.text)


def test_a_page_speaks_the_chosen_language_else_the_browsers_else_the_events(
    meeting: Meeting,
) -> None:
    link = meeting.links["join"]

    def spoken(person: Person, path: str) -> str:
        found = re.search(r'<html lang="(\w+)"', person.get(path).text)
        assert found
        return found.group(1)

    url = meeting.server.url
    assert spoken(Person(url, language="en"), link) == "en"
    assert spoken(Person(url, language="fi-FI,fi;q=0.9,en;q=0.4"), link) == "fi"
    assert spoken(Person(url, language="de"), link) == "sv"
    assert spoken(Person(url, language="de"), "/") == "fi"
    person = Person(url, language="en")
    answer = person.post("/language", {"language": "fi", "next": f"/join/{meeting.event}?a=b"})
    assert answer.status == 303
    assert answer.location == f"{url}/join/{meeting.event}?a=b"
    assert spoken(person, link) == "fi"
    assert "torstai 25. maaliskuuta 2021 klo 9.00" in person.get(link).text
    assert person.post("/language", {"language": "tlh", "next": "/"}).status == 303
    assert spoken(person, link) == "fi"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "",
     "/\t/evil.example"],
)  # fmt: skip
def test_the_language_switch_leads_nowhere_else(server: Server, elsewhere: str) -> None:
    answer = Person(server.url).post("/language", {"language": "fi", "next": elsewhere})
    assert answer.location == f"{server.url}/"


def test_errors_are_sentences_on_a_page_and_json_for_whoever_asks(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    page = person.get("/nowhere")
    assert "There is nothing here" in page.text
    assert page.headers.get_content_type() == "text/html"
    answer = person.get("/nowhere", Accept="application/json")
    assert answer.status == 404
    assert json.loads(answer.text)["error"]["code"] == "not_found"
    assert person.get("/results/nowhere.json").headers.get_content_type() == "application/json"
    refused = person.post("/privacy", {})
    assert refused.status == 405
    assert "GET" in refused.headers["Allow"]
    assert person.get("/language").status == 405
    assert person.post(meeting.links["join"], {"name": "x" * 70_000}).status == 413
    assert person.get(f"/lead/{meeting.event}").status == 403


def test_the_server_tells_that_it_is_well(server: Server) -> None:
    answer = Person(server.url).get("/healthz")
    assert json.loads(answer.text)["status"] == "ok"


def test_pages_of_an_event_have_its_help_and_rules(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    about = person.get(f"/ground-rules?event={meeting.event}").text
    assert "Kuuntele." in about
    assert 'href="tel:+35890000000"' in about
    assert "Kuuntele." not in person.get("/ground-rules").text
    assert 'href="tel:+35890000000"' in person.get(meeting.links["results"]).text


def test_the_projector_shows_code_and_address(meeting: Meeting) -> None:
    page = Person(meeting.server.url).get(meeting.links["present"]).text
    assert meeting.event in page
    assert "data:image/svg+xml" in page


# --- results


def test_before_publishing_the_results_page_waits_and_there_is_nothing_to_download(
    meeting: Meeting,
) -> None:
    person = Person(meeting.server.url)
    page = person.get(meeting.links["results"])
    assert "The list is not ready yet" in page.text
    assert person.get(meeting.links["results"] + ".json").status == 404


def test_the_published_list_tells_where_everything_comes_from_and_nothing_more(
    server: Server,
) -> None:
    meeting = Meeting(server, rooms=("Alfa", "Beta"), title="Treffit", affiliations=["x", "y"])
    try:
        meeting.phase("discuss")
        people = [
            meeting.participant("Alfa" if n % 2 else "Beta", "x" if n < 6 else "y")
            for n in range(12)
        ]
        first = people[0].ask("Ensimmäinen <b>kysymys</b>?")
        second = people[1].ask("Toinen kysymys?")
        left_out = people[2].ask("Kysymys, joka ei pääse listalle?")
        unseen = people[3].ask("Piilotettu kysymys?")
        lead = meeting.lead
        lead.done("question.merge", into=first, questions=[second])
        lead.done("question.reword", question=first, text="Selkeämpi kysymys?")
        lead.done("question.hide", question=unseen, reason="siksi")
        for question in (first, left_out):
            lead.done("shortlist.set", question=question, on=True)
        meeting.phase("plenary")
        for person in people[2:8]:
            person.done("vote.set", question=first, on=True)
        entry = {"questions": [first], "text": "Suomeksi?", "texts": {"en": "In English?"},
                 "note": "Arvottiin."}  # fmt: skip
        lead.done("toplist.set", rule="seqpav", entries=[entry])
        lead.done("toplist.publish", stage="preliminary")

        link = meeting.links["results"]
        page = Person(server.url).get(link).text
        for text in ("Preliminary list", "In English?", "Arvottiin.", "Toinen kysymys?",
                     "Ensimmäinen &lt;b&gt;kysymys&lt;/b&gt;?", "Selkeämpi kysymys?",
                     "8 people of the 12", "6 of 6", "2 of 6", "Alfa, Beta",
                     "starting with the most supported"):  # fmt: skip
            assert text in page, text
        for text in ("ei pääse listalle", "Piilotettu", meeting.event, "<b>kysymys"):
            assert text not in page, text
        assert "Suomeksi?" in Person(server.url, language="fi").get(link).text
        for ending, kind in (("json", "application/json"), ("csv", "text/csv"),
                             ("md", "text/markdown")):  # fmt: skip
            file = Person(server.url).get(f"{link}.{ending}")
            assert file.status == 200
            assert file.headers.get_content_type() == kind
            assert "Toinen kysymys?" in file.text
            assert "ei pääse listalle" not in file.text
        assert Person(server.url).get(f"{link}.recording").status == 404

        lead.done("toplist.publish", stage="final")
        assert "Final list" in Person(server.url).get(link).text
        # With four people left on one side, nobody is told how the sides voted.
        for person in people[:2]:
            lead.done("participant.remove", participant=person.id, reason="", keep=False)
        lead.done("toplist.publish", stage="final")
        assert 'class="side"' not in Person(server.url).get(link).text
    finally:
        meeting.close()


# --- the look


def test_text_has_a_contrast_of_seven_to_one_in_both_themes() -> None:
    css = (ROOT / "static" / "css" / "tokens.css").read_text("utf-8")
    light, dark = css.split("prefers-color-scheme: dark", 1)
    day = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    night = day | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))
    grounds = ("ground", "surface", "surface-2")
    pairs = [
        (text, ground)
        for text in ("text", "text-2", "accent", "danger", "success")
        for ground in grounds[: 2 if text in {"danger", "success"} else 3]
    ]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-strong")]
    pairs += [(f"on-{kind}-soft", f"{kind}-soft")
              for kind in ("accent", "danger", "success", "notice")]  # fmt: skip
    for theme in (day, night):
        for text, ground in pairs:
            assert contrast(theme[text], theme[ground]) >= 7, (text, ground)
        for line in ("control-line", "focus"):
            assert contrast(theme[line], theme["surface"]) >= 3, line
            assert contrast(theme[line], theme["ground"]) >= 3, line


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, by WCAG's definition."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_by_machine_and_fit_a_narrow_screen(
    meeting: Meeting, browser: Browser, scheme: str
) -> None:
    visitor = Visitor(browser, (320, 640), bypass_csp=True)
    visitor.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    links = meeting.links
    for url in (*ABOUT, links["join"], links["results"]):
        page = visitor.go(url if url.startswith("http") else meeting.server.url + url)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, url
        page.add_script_tag(path=AXE)
        found = page.evaluate(
            "tags => axe.run({ runOnly: tags }).then(result => result.violations.map("
            "each => each.id + ': ' + each.nodes.map(node => node.html).join(' ')))",
            WCAG,
        )
        assert found == [], url
    assert visitor.troubles == []
    visitor.context.close()


@pytest.mark.browser
def test_the_way_in_works_by_keyboard_alone_and_errors_take_the_focus(
    meeting: Meeting, browser: Browser
) -> None:
    visitor = Visitor(browser, PHONE)
    page = visitor.go(meeting.server.url + "/")
    # The page puts the caret into the field by itself, a moment after it is there.
    page.wait_for_selector("#code:focus")
    page.keyboard.type(meeting.event.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/join/*")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "järjestö"
    page.keyboard.press("Tab")
    page.keyboard.type("x" * 61)
    page.keyboard.press("Enter")
    page.wait_for_selector("#error-summary:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#name:focus")
    page.keyboard.press("Control+A")
    page.keyboard.type("Näppis")
    page.keyboard.press("Enter")
    page.wait_for_url("**/room/*")
    visitor.context.close()


@pytest.mark.browser
def test_the_check_finds_a_good_device_ready(server: Server, browser: Browser) -> None:
    visitor = Visitor(browser, PHONE)
    page = visitor.go(server.url + "/check")
    page.get_by_text("All is well: this device is ready.").last.wait_for()
    assert page.locator('[data-state="good"]').count() == 4
    assert visitor.troubles == []
    visitor.context.close()


@pytest.mark.browser
def test_joining_and_switching_the_language_work_without_scripts(
    meeting: Meeting, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(meeting.links["join"])
    page.get_by_role("button", name="Svenska").click()
    assert page.url == meeting.links["join"]
    page.get_by_role("button", name="Gå med").click()
    page.wait_for_url("**/room/*")
    context.close()


def test_a_demonstration_says_so_on_every_page_also_on_those_of_no_event(
    start_server: StartServer,
) -> None:
    shown = start_server(DIALOGI_DEMO="1")
    links = demo_links(shown)
    person = Person(shown.url)
    paths = ["/", "/resume", "/check", "/privacy", "/accessibility", "/nothing-here"]
    for path in [*paths, links["Participant"], links["Results"], links["Projector"]]:
        assert "Esittely: kaikki tiedot ovat keksittyjä." in person.get(path).text, path


def test_a_server_that_is_no_demonstration_never_says_it_is_one(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    for path in ["/", "/check", "/nothing-here", meeting.links["results"], meeting.links["join"]]:
        assert "Esittely: kaikki tiedot ovat keksittyjä." not in person.get(path).text, path
