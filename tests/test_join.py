"""Taking a seat: the form, room links, coming back, secret links, and what the cookie says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from tests.conftest import StartServer
from tests.support.client import Forms, Person, Reply, path_of
from tests.support.meeting import Meeting
from tests.support.server import Server

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def meeting(server: Server) -> Iterator[Meeting]:
    made = Meeting(
        server, rooms=("Alfa", "Beta"), title="Treffit", affiliations=["hallinto", "järjestö"]
    )
    yield made
    made.close()


def form(person: Person, link: str) -> tuple[str, dict[str, str]]:
    """Return where the form of a page goes, and what it would send."""
    page = person.follow(link)
    assert page.status == 200, page.status
    action, fields = Forms(page.text).with_field("csrf_token")
    return urljoin(page.url, action), fields


def seats(meeting: Meeting) -> list[dict[str, str]]:
    """Return what the organiser's recording says about everybody who joined."""
    organiser = Person(meeting.server.url)
    organiser.follow(meeting.links["organise"])
    page = organiser.get(f"/lead/{meeting.event}/export.recording")
    lines = [json.loads(line) for line in page.text.splitlines()]
    return [line for line in lines if "participant" in line and "command" not in line]


def set_cookie(reply: Reply) -> str:
    """Return the one cookie that an answer sets."""
    (cookie,) = reply.headers.get_all("Set-Cookie") or []
    return str(cookie)


def test_a_person_joins_with_a_form_and_gets_the_room_and_a_cookie(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    action, fields = form(person, meeting.links["join"])
    answer = person.post(action, {**fields, "name": "Aino", "affiliation": "järjestö"})
    assert answer.status == 303
    assert path_of(answer.location) == f"/room/{meeting.event}"
    cookie = set_cookie(answer)
    assert cookie.startswith("dialogi=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    page = person.get(answer.location)
    assert page.status == 200
    assert "Treffit" in page.text


def test_neither_name_nor_affiliation_nor_room_has_to_be_given(meeting: Meeting) -> None:
    before = len(seats(meeting))
    person = Person(meeting.server.url)
    action, fields = form(person, meeting.links["join"])
    sent = {key: fields[key] for key in ("csrf_token", "op")}
    assert person.post(action, sent).status == 303
    new = seats(meeting)[before:]
    assert len(new) == 1
    assert not new[0].get("affiliation")


def test_who_is_seated_already_goes_straight_to_the_room(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    action, fields = form(person, meeting.links["join"])
    assert person.post(action, fields).status == 303
    before = len(seats(meeting))
    again = person.get(meeting.links["join"])
    assert (again.status, path_of(again.location)) == (303, f"/room/{meeting.event}")
    assert person.post(action, {**fields, "name": "Another"}).status == 303
    assert len(seats(meeting)) == before


def test_a_room_link_asks_for_no_room_and_seats_the_person_there(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    link = meeting.links["rooms"]["Beta"]["join"]
    page = person.get(link).text
    assert "<select" not in page
    assert "Beta" in page
    before = len(seats(meeting))
    # What the form says about the room does not matter: the link decides.
    assert person.join(link, room="Alfa").status == 303
    assert seats(meeting)[before]["room"] == "Beta"
    assert "Beta" in person.get(f"/room/{meeting.event}").text


def test_the_room_link_of_another_room_moves_the_seat(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    person.join(meeting.links["rooms"]["Alfa"]["join"], name="Muuttaja")
    moved = person.get(meeting.links["rooms"]["Beta"]["join"])
    assert moved.status == 303
    page = person.get(moved.location).text
    assert "<title>Beta" in page


def test_people_who_choose_no_room_are_spread_evenly(server: Server) -> None:
    meeting = Meeting(server, rooms=("Yksi", "Kaksi", "Kolme"))
    try:
        for _ in range(6):
            assert Person(server.url).join(meeting.links["join"]).status == 303
        rooms = [seat["room"] for seat in seats(meeting)]
        assert sorted(rooms) == ["Kaksi", "Kaksi", "Kolme", "Kolme", "Yksi", "Yksi"]
    finally:
        meeting.close()


def test_an_event_with_one_room_and_no_affiliations_asks_for_neither(server: Server) -> None:
    meeting = Meeting(server, rooms=("Sali",))
    try:
        page = Person(server.url).get(meeting.links["join"]).text
        assert 'name="room"' not in page
        assert 'name="affiliation"' not in page
        assert 'name="name"' in page
    finally:
        meeting.close()


def test_at_an_error_everything_typed_is_kept_and_the_field_says_what_to_do(
    meeting: Meeting,
) -> None:
    person = Person(meeting.server.url)
    action, fields = form(person, meeting.links["join"])
    long = '<b>"' + "ä" * 70
    answer = person.post(
        action, {**fields, "name": long, "affiliation": "hallinto", "room": "Beta"}
    )
    assert answer.status == 400
    page = answer.text
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert re.search(r'<input[^>]*id="name"[^>]*aria-invalid="true"', page)
    assert re.search(r'value="hallinto" checked', page)
    assert re.search(r'value="Beta" selected', page)
    assert 'href="#name"' in page
    assert "<title>Error: " in page
    _action, kept = Forms(page).with_field("op")
    assert kept["op"] == fields["op"]
    assert person.post(action, {**kept, "name": "Lyhyt"}).status == 303


def test_a_form_whose_token_has_expired_comes_back_with_the_text_and_works_then(
    meeting: Meeting,
) -> None:
    link = meeting.links["join"]
    old_action, old = form(Person(meeting.server.url), link)
    person = Person(meeting.server.url)
    answer = person.post(old_action, {**old, "name": "Sinnikäs", "affiliation": "järjestö"})
    assert answer.status == 400
    assert "press the button once more" in answer.text
    _action, kept = Forms(answer.text).with_field("op")
    assert (kept["name"], kept["affiliation"]) == ("Sinnikäs", "järjestö")
    before = len(seats(meeting))
    assert person.post(old_action, kept).status == 303
    assert len(seats(meeting)) == before + 1


@pytest.mark.parametrize(
    "path", ["/join/ZZZZZZ", "/join/%3Cscript%3E", "/?code=zzz-zzz", "/?code=!"]
)
def test_a_wrong_code_is_answered_kindly_and_alike(server: Server, path: str) -> None:
    page = Person(server.url).follow(path)
    assert page.status == 404
    assert "This code does not lead anywhere just now" in page.text
    assert 'name="code"' in page.text
    assert "<script>" not in page.text


def test_a_code_may_be_typed_with_spaces_hyphens_and_in_any_case(meeting: Meeting) -> None:
    typed = f" {meeting.event[:3].lower()}-{meeting.event[3:]} ".replace(" ", "%20")
    page = Person(meeting.server.url).follow(f"/?code={typed}")
    assert page.status == 200
    assert path_of(page.url) == f"/join/{meeting.event}"


def test_a_person_comes_back_to_the_same_seat_in_another_browser(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    person.join(meeting.links["join"], name="Palaaja", room="Beta")
    page = person.get(f"/room/{meeting.event}").text
    found = re.search(r'class="resume-code[^"]*"[^>]*>\s*([A-Z0-9 -]+?)\s*<', page)
    assert found, "the room's page shows the person's own code"
    before = len(seats(meeting))

    other = Person(meeting.server.url)
    action, fields = form(other, "/resume")
    wrong = other.post(action, {**fields, "code": "ABCD2345"})
    assert wrong.status == 400
    assert "No seat belongs to this code" in wrong.text
    code = found.group(1)
    back = other.post(action, {**fields, "code": f" {code[:4].lower()} {code[4:]} "})
    assert (back.status, path_of(back.location)) == (303, f"/room/{meeting.event}")
    assert "<title>Beta" in other.get(back.location).text
    assert len(seats(meeting)) == before


def test_a_room_page_without_a_seat_leads_to_the_form(meeting: Meeting) -> None:
    answer = Person(meeting.server.url).get(f"/room/{meeting.event}")
    assert path_of(answer.location) == f"/join/{meeting.event}"


def test_secret_links_lead_to_an_address_without_the_secret(meeting: Meeting) -> None:
    links = meeting.links
    beta = meeting.rooms["Beta"]
    for link, path in (
        (links["facilitate"], f"/lead/{meeting.event}"),
        (links["organise"], f"/organiser/{meeting.event}"),
        (links["rooms"]["Beta"]["facilitate"], f"/facilitator/{meeting.event}/{beta}"),
    ):
        person = Person(meeting.server.url)
        answer = person.get(link)
        assert (answer.status, path_of(answer.location)) == (302, path)
        page = person.get(answer.location)
        assert page.status == 200
        assert link.rsplit("/", 1)[1] not in page.text


def test_a_rooms_facilitator_gets_that_room_and_nothing_else(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    person.follow(meeting.links["rooms"]["Beta"]["facilitate"])
    alfa, beta = meeting.rooms["Alfa"], meeting.rooms["Beta"]
    assert person.get(f"/facilitator/{meeting.event}/{beta}").status == 200
    for path in (f"/facilitator/{meeting.event}/{alfa}", f"/lead/{meeting.event}"):
        refused = person.get(path)
        assert refused.status == 403
        assert "Open the link that you were sent" in refused.text
    assert person.get(f"/lead/{meeting.event}/export.json").status == 403


def test_a_lead_may_look_after_any_room_and_an_organiser_may_lead(meeting: Meeting) -> None:
    lead, organiser = Person(meeting.server.url), Person(meeting.server.url)
    lead.follow(meeting.links["facilitate"])
    organiser.follow(meeting.links["organise"])
    for room in meeting.rooms.values():
        assert lead.get(f"/facilitator/{meeting.event}/{room}").status == 200
    assert lead.get(f"/organiser/{meeting.event}").status == 403
    assert lead.get(f"/lead/{meeting.event}/export.recording").status == 403
    assert organiser.get(f"/lead/{meeting.event}").status == 200
    for form_of_file in ("json", "csv", "md", "recording"):
        answer = organiser.get(f"/lead/{meeting.event}/export.{form_of_file}")
        assert answer.status == 200
        assert "attachment" in answer.headers["Content-Disposition"]
    assert organiser.get(f"/lead/{meeting.event}/export.exe").status == 404


def test_behind_https_the_cookie_is_bound_to_the_host_and_secure(
    start_server: StartServer,
) -> None:
    server = start_server(DIALOGI_PUBLIC_URL="https://dialogi.example")
    answer = Person(server.url).post("/language", {"language": "sv", "next": "/"})
    cookie = set_cookie(answer)
    assert cookie.startswith("__Host-dialogi=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
