"""Whom the server lets in as whom: cookies, secret links, origins, and what is kept of secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import websocket

from tests.support.client import Person
from tests.support.meeting import Meeting, database, new_event
from tests.support.server import Server
from tests.support.socket import Refused, Socket

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event that this module's tests share."""
    meeting = Meeting(server)
    yield meeting
    meeting.close()


@pytest.mark.parametrize("role", ["participant", "facilitator", "lead", "organiser", "king", None])
def test_without_a_cookie_of_the_event_nobody_is_let_in(meeting: Meeting, role: str | None) -> None:
    elsewhere = Meeting(meeting.server)
    auth = {"event": meeting.event} | ({"role": role} if role else {})
    cookies = ["", elsewhere.participant().person.cookie(), elsewhere.lead.person.cookie()]
    forged = f"dialogi={cookies[1].partition('=')[2][:-4]}AAAA"
    for cookie in [*cookies, forged, "dialogi=x", "dialogi=e30.Z.x"]:
        with pytest.raises(Refused, match=r"\w"):
            Socket(meeting.server.url, auth, cookie)
    elsewhere.close()


def test_a_seat_gives_no_other_role_and_a_room_no_other_room(meeting: Meeting) -> None:
    seat, helper = meeting.participant().person, meeting.facilitator("A").person
    for person, role, more in (
        (seat, "facilitator", {}),
        (seat, "lead", {}),
        (seat, "organiser", {}),
        (helper, "participant", {}),
        (helper, "lead", {}),
        (helper, "organiser", {}),
        (helper, "facilitator", {"room": meeting.rooms["B"]}),
        (meeting.lead.person, "organiser", {}),
    ):
        with pytest.raises(Refused):
            person.connect(meeting.event, role, **more)


def test_public_ids_open_their_own_page_only(meeting: Meeting) -> None:
    ids = {page: meeting.links[page].rpartition("/")[2] for page in ("results", "present")}
    for role, wrong in (
        ("public", ids["present"]), ("projector", ids["results"]), ("public", meeting.event),
        ("projector", meeting.event), ("public", ""),
    ):  # fmt: skip
        with pytest.raises(Refused):
            Socket(meeting.server.url, {"event": wrong, "role": role})
    for role in ("public", "projector"):
        entities = meeting.page(role).subscribe("event")["changes"]
        [event] = [entity for entity in entities if entity["type"] == "event"]
        assert ("code" in event) == (role == "projector")


def test_a_cookie_with_several_roles_gives_the_one_asked_for_or_the_latest(
    meeting: Meeting,
) -> None:
    other = Meeting(meeting.server)
    person = meeting.participant().person
    seat = who(person.connect(meeting.event))
    assert who(Socket(person.url, {}, person.cookie())) == seat
    person.get(meeting.links["rooms"]["B"]["facilitate"])
    person.get(meeting.links["organise"])
    person.get(meeting.links["facilitate"])
    person.join(other.links["join"], room="A")
    elsewhere = who(person.connect(other.event))

    assert who(person.connect(meeting.event)) == seat
    room = meeting.rooms["B"]
    roles = {
        role: json.loads(who(person.connect(meeting.event, role, **more)))
        for role, more in {
            "facilitator": {"room": room},
            "lead": {},
            "organiser": {},
        }.items()
    }
    assert {role: (it["role"], it["room"]) for role, it in roles.items()} == {
        "facilitator": ("facilitator", room),
        "lead": ("lead", None),
        "organiser": ("organiser", None),
    }
    latest_here = Socket(person.url, {"event": meeting.event}, person.cookie())
    assert json.loads(who(latest_here)) == roles["lead"]
    latest: tuple[dict[str, str] | None, ...] = (None, {})
    for auth in latest:
        assert who(Socket(person.url, auth, person.cookie())) == elsewhere
    person.get(meeting.links["rooms"]["B"]["facilitate"])
    assert json.loads(who(Socket(person.url, None, person.cookie()))) == roles["facilitator"]
    other.close()


def who(socket: Socket) -> str:
    """Return whom a connection speaks for, as JSON, and close it."""
    with socket:
        [me] = [it for it in socket.subscribe("me")["changes"] if it["type"] == "me"]
        return json.dumps(me, sort_keys=True)


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("own", True),
        ("http://elsewhere.example", False),
        ("https://127.0.0.1.elsewhere.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
        ("file://", False),
    ],
)
def test_a_page_from_elsewhere_cannot_connect(
    meeting: Meeting, origin: str | None, welcome: bool
) -> None:
    server = meeting.server
    person = meeting.participant().person
    origin = server.url if origin == "own" else origin
    url = f"{server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    headers = {"Origin": origin} if origin else {}
    polling = person.get(f"{server.url}/socket.io/?EIO=4&transport=polling", **headers)
    assert polling.status == (200 if welcome else 400)
    if welcome:
        open_socket(url, origin, person.cookie()).close()
    else:
        assert "Access-Control-Allow-Origin" not in polling.headers
        with pytest.raises(websocket.WebSocketBadStatusException):
            open_socket(url, origin, person.cookie())


def open_socket(url: str, origin: str | None, cookie: str) -> websocket.WebSocket:
    return websocket.create_connection(
        url, timeout=10, origin=origin, suppress_origin=origin is None, cookie=cookie
    )


def test_no_secret_is_in_the_database_or_the_log(own_server: Server) -> None:
    made = new_event(own_server, {"rooms": [{"name": "A"}]})
    links = made["links"]
    secret_links = [links["facilitate"], links["organise"], links["rooms"]["A"]["facilitate"]]
    secrets = [link.rpartition("/")[2] for link in secret_links]
    assert len({*secrets}) == 3
    for link, secret in zip(secret_links, secrets, strict=True):
        assert len(secret) >= 24
        reply = Person(own_server.url).get(link)
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert secret not in str(reply.headers) + reply.text
    person = Person(own_server.url)
    person.join(links["join"])
    page = person.get(f"/room/{made['event']}").text
    code = re.search(r'class="resume-code[^"]*"[^>]*>\s*([A-Z0-9 -]+?)\s*<', page)
    assert code, "the room's page shows the person's own code"
    own_server.stop()
    kept = own_server.log.read_bytes()
    kept += b"".join(
        path.read_bytes() for path in own_server.folder.glob(f"{database(own_server).name}*")
    )
    for secret in [*secrets, code.group(1).replace(" ", ""), code.group(1)]:
        assert secret.encode() not in kept
