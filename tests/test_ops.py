"""One op is one wish: however often and wherever it is sent, it has one effect and one reply."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.support.client import Forms, Person
from tests.support.meeting import Meeting, Member, assert_refused, dump, ledger
from tests.support.server import Server
from tests.support.socket import Payload, Socket

pytestmark = pytest.mark.server


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event in `support`."""
    meeting = Meeting(server)
    meeting.phase("support")
    yield meeting
    meeting.close()


def op() -> str:
    return str(uuid.uuid4())


def in_parallel(sockets: list[Socket], command: str, payload: Payload, times: int) -> list[Payload]:
    """Send the same at once over several connections, and return all acks."""
    acks: list[Payload] = []
    all_here = threading.Event()

    def take(ack: Payload) -> None:
        acks.append(ack)
        if len(acks) == times:
            all_here.set()

    for number in range(times):
        sockets[number % len(sockets)].emit_later(command, payload, take)
    assert all_here.wait(15), f"only {len(acks)} acks"
    return acks


def tabs(meeting: Meeting, member: Member, count: int) -> list[Socket]:
    """Return more connections of somebody's browser."""
    return [meeting.keep(member.person.connect(meeting.event)) for _ in range(count)]


def test_an_op_sent_fifty_times_over_five_connections_has_one_effect(meeting: Meeting) -> None:
    ann = meeting.participant()
    sockets = [ann.socket, *tabs(meeting, ann, 4)]
    acks = in_parallel(sockets, "question.ask", {"op": op(), "text": "Once?"}, 50)
    assert acks[0]["ok"]
    assert all(ack == acks[0] for ack in acks)
    assert [entry[1] for entry in ledger(meeting.server, meeting.event, "participant:%")] == [
        "question.ask"
    ]
    own = ann.socket.fresh("me").of_type("question")
    assert [question["id"] for question in own] == [acks[0]["question"]]


def test_an_op_is_known_again_after_the_power_was_cut(own_server: Server) -> None:
    meeting = Meeting(own_server)
    meeting.phase("support")
    ann = meeting.participant()
    ask, vote = {"op": op(), "text": "Once?"}, {"op": op(), "on": False}
    asked = ann.socket.emit("question.ask", ask)
    voted = ann.socket.emit("vote.set", {**vote, "question": asked["question"]})
    assert voted["ok"]
    own_server.restart()
    before = dump(own_server)
    sockets = tabs(meeting, ann, 3)
    again = in_parallel(sockets, "question.ask", ask, 30)
    again += in_parallel(sockets, "vote.set", {**vote, "question": asked["question"]}, 30)
    assert all(ack == asked for ack in again[:30])
    assert all(ack == voted for ack in again[30:])
    other = sockets[0].emit("question.ask", {**ask, "text": "Twice?"})
    assert_refused(other, "op_reused")
    assert dump(own_server) == before
    meeting.close()


def test_an_op_that_comes_back_with_anything_else_is_refused(meeting: Meeting) -> None:
    ann = meeting.participant()
    first, second = ann.ask("First"), ann.ask("Second")
    vote = {"op": op(), "question": first, "on": False}
    assert ann.socket.emit("vote.set", vote)["ok"]
    before = dump(meeting.server)
    for other in ({"on": True}, {"question": second}):
        assert_refused(ann.socket.emit("vote.set", {**vote, **other}), "op_reused")
    edit = {"op": vote["op"], "question": first, "text": "Third"}
    assert_refused(ann.socket.emit("question.edit", edit), "op_reused")
    withdraw = {"op": vote["op"], "question": first}
    assert_refused(ann.socket.emit("question.withdraw", withdraw), "op_reused")
    assert dump(meeting.server) == before


def test_an_op_is_the_same_in_any_spelling_and_whatever_the_order_of_keys(meeting: Meeting) -> None:
    ann = meeting.participant()
    number = uuid.uuid4()
    text = "Once?"
    ack = ann.socket.emit("question.ask", {"op": str(number), "text": text})
    for spelling in (str(number).upper(), number.hex, f"{{{number}}}", number.urn):
        assert ann.socket.emit("question.ask", {"text": text, "op": spelling}) == ack


def test_a_refusal_is_not_remembered_so_that_the_same_op_may_succeed_later(
    meeting: Meeting,
) -> None:
    ann = meeting.participant()
    ask = {"op": op(), "text": "When?"}
    meeting.phase("lobby")
    assert_refused(ann.socket.emit("question.ask", ask), "wrong_phase")
    assert_refused(ann.socket.emit("question.ask", {**ask, "text": " "}), "empty", "text")
    meeting.phase("write")
    assert ann.socket.emit("question.ask", ask)["ok"]


def test_two_people_may_use_the_same_op(meeting: Meeting) -> None:
    same = op()
    people = [meeting.participant(), meeting.participant(), meeting.organiser()]
    room = meeting.rooms["A"]
    acks = [
        person.socket.emit("question.ask", {"op": same, "text": "Why?"}) for person in people[:2]
    ]
    acks.append(people[2].socket.emit("question.ask", {"op": same, "text": "Why?", "room": room}))
    acks.append(meeting.lead.socket.emit("phase.set", {"op": same, "phase": "discuss"}))
    assert all(ack["ok"] for ack in acks)
    assert len({ack["revision"] for ack in acks}) == 4
    assert len({ack.get("question") for ack in acks[:3]}) == 3


def test_what_was_accepted_before_a_person_was_removed_keeps_its_reply(meeting: Meeting) -> None:
    ann = meeting.participant()
    ask = {"op": op(), "text": "Once?"}
    ack = ann.socket.emit("question.ask", ask)
    meeting.lead.done("participant.remove", participant=ann.id, reason="")
    assert ann.socket.emit("question.ask", ask) == ack
    assert_refused(ann.socket.emit("question.ask", {**ask, "op": op()}), "forbidden")


def form_of(person: Person, link: str) -> dict[str, Any]:
    page = person.get(link)
    return {"url": page.url, **Forms(page.text).with_field("op")[1]}


def send(person: Person, fields: dict[str, Any], **more: str) -> int:
    values = {key: value for key, value in {**fields, **more}.items() if key != "url"}
    return person.post(urljoin(person.url, str(fields["url"])), values).status


def test_a_form_sent_again_gives_the_same_seat_and_with_other_words_none(meeting: Meeting) -> None:
    person = Person(meeting.server.url)
    fields = form_of(person, meeting.links["join"])
    empty = person.cookie()
    assert send(person, fields, name="Ann", room="A") == 303
    seat = me(meeting, person)
    before = dump(meeting.server)
    # A browser that never got the answer still has the cookie from before.
    for cookie_jar, more, status in ((empty, {"name": "Ann"}, 303), (empty, {"name": "Bob"}, 409)):
        again = Person(meeting.server.url)
        values = {key: value for key, value in fields.items() if key != "url"}
        reply = again.post(fields["url"], {**values, "room": "A", **more}, Cookie=cookie_jar)
        assert reply.status == status
        if status == 303:
            assert me(meeting, again) == seat
        else:
            assert 'role="alert"' in reply.text
            assert fields["op"] not in reply.text  # the next try is a new one
    assert dump(meeting.server) == before


def test_a_form_of_one_event_cannot_take_a_seat_of_another(meeting: Meeting) -> None:
    other = Meeting(meeting.server)
    person = Person(meeting.server.url)
    fields = form_of(person, meeting.links["join"])
    assert send(person, fields, name="Ann", room="A") == 303
    before = dump(meeting.server)
    elsewhere = {**fields, "url": other.links["join"]}
    assert send(person, elsewhere, name="Ann", room="A") == 409
    assert dump(meeting.server) == before
    other.close()


def me(meeting: Meeting, person: Person) -> str:
    """Return the participant's id behind a browser's cookie."""
    with person.connect(meeting.event) as socket:
        socket.subscribe("me")
        return str(socket.streams["me"].of_type("me")[0]["id"])


def test_the_ledger_has_each_accepted_command_once_as_it_was_sent(meeting: Meeting) -> None:
    ann = meeting.participant()
    question = ann.ask(" Miksi? ")
    ann.done("vote.set", question=question, on=False)
    entries = ledger(meeting.server, meeting.event, f"participant:{ann.id}")
    assert [(command, json.loads(payload)) for _, command, payload in entries] == [
        ("question.ask", {"text": " Miksi? "}),
        ("vote.set", {"question": question, "on": False}),
    ]
