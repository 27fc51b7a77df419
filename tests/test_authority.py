"""Who may do what, who may follow what: every command and stream with every role (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.client import do
from tests.support.meeting import Meeting, Member, assert_refused, dump
from tests.support.server import Server
from tests.support.socket import Payload, Socket

pytestmark = pytest.mark.server

ROLES = (
    "participant", "neighbour", "removed", "helper", "other helper", "lead", "organiser",
    "projector", "public",
)  # fmt: skip
ROOM = {"helper", "lead", "organiser"}
EVENT = {"lead", "organiser"}
NOBODY: set[str] = set()


class Cast:
    """Somebody in every role of one event: the helper is the facilitator of room A."""

    def __init__(self, server: Server) -> None:
        self.server = server
        meeting = self.meeting = Meeting(server)
        meeting.phase("support")
        self.lead = meeting.lead
        self.room, self.other_room = meeting.rooms["A"], meeting.rooms["B"]
        self.members: dict[str, Member] = {
            "participant": meeting.participant("A"),
            "neighbour": meeting.participant("B"),
            "removed": meeting.participant("A"),
            "helper": meeting.facilitator("A"),
            "other helper": meeting.facilitator("B"),
            "lead": meeting.staff(meeting.links["facilitate"], "lead"),
            "organiser": meeting.organiser(),
        }
        self.sockets: dict[str, Socket] = {role: it.socket for role, it in self.members.items()}
        self.sockets |= {role: meeting.page(role) for role in ("projector", "public")}
        self.target = meeting.participant("A").id
        self.lead.done("participant.remove", participant=self.members["removed"].id)

    def question(self) -> str:
        """Return a new question of room A."""
        return self.lead.ask(room=self.room)

    def own(self, role: str) -> str:
        """Return a new question of a participant's own, or somebody's."""
        mine = role in {"participant", "neighbour"}
        return self.members[role].ask() if mine else self.question()


@pytest.fixture(scope="module")
def cast(server: Server) -> Iterator[Cast]:
    """Return the cast that this module's tests share."""
    cast = Cast(server)
    yield cast
    cast.meeting.close()


def entry(question: str) -> Payload:
    return {"questions": [question], "text": "Why?"}


def a_merged_one(cast: Cast) -> str:
    root, part = cast.question(), cast.question()
    cast.lead.done("question.merge", into=root, questions=[part])
    return part


def a_hidden_one(cast: Cast) -> str:
    question = cast.question()
    cast.lead.done("question.hide", question=question)
    return question


def back(cast: Cast) -> str:
    """Return somebody of room A who sits there and is not removed."""
    cast.lead.done("participant.return", participant=cast.target)
    cast.lead.done("participant.move", participant=cast.target, room=cast.room)
    return cast.target


Prepare = Callable[[Cast, str], Payload]

#: (command, what it is about, who may, the payload made anew for each role).
CASES: list[tuple[str, str, set[str], Prepare]] = [
    ("question.edit", "", {"participant", "neighbour"},
     lambda c, role: {"question": c.own(role), "text": "Why not?"}),
    ("question.withdraw", "", {"participant", "neighbour"},
     lambda c, role: {"question": c.own(role)}),
    ("vote.set", "own", {"participant", "neighbour"},
     lambda c, role: {"question": c.own(role), "on": False}),
    ("vote.set", "the room's", {"participant"},
     lambda c, role: {"question": c.question(), "on": True}),
    ("question.hide", "", ROOM, lambda c, role: {"question": c.question(), "reason": "x"}),
    ("question.restore", "", ROOM, lambda c, role: {"question": a_hidden_one(c)}),
    ("question.reword", "", ROOM, lambda c, role: {"question": c.question(), "text": "So?"}),
    ("question.merge", "", ROOM,
     lambda c, role: {"into": c.question(), "questions": [c.question()]}),
    ("question.split", "", ROOM, lambda c, role: {"question": a_merged_one(c)}),
    ("shortlist.set", "", ROOM, lambda c, role: {"question": c.question(), "on": True}),
    ("phase.set", "of a room", ROOM, lambda c, role: {"phase": "support", "room": c.room}),
    ("phase.set", "of the event", EVENT, lambda c, role: {"phase": "support"}),
    ("phase.set", "of the event, with an empty room", EVENT,
     lambda c, role: {"phase": "support", "room": ""}),
    ("timer.set", "of a room", ROOM, lambda c, role: {"room": c.room}),
    ("timer.set", "of the event", EVENT, lambda c, role: {}),
    ("participant.remove", "", ROOM, lambda c, role: {"participant": back(c), "reason": ""}),
    ("participant.return", "", ROOM, lambda c, role: {"participant": back(c)}),
    ("participant.move", "", EVENT,
     lambda c, role: {"participant": back(c), "room": c.other_room}),
    ("toplist.set", "", EVENT,
     lambda c, role: {"rule": "votes", "entries": [entry(c.question())]}),
    ("toplist.publish", "", EVENT, lambda c, role: {"stage": "preliminary"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "about", "allowed", "prepare"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_a_command_is_done_for_those_who_may_and_changes_nothing_for_others(
    cast: Cast, command: str, about: str, allowed: set[str], prepare: Prepare
) -> None:
    for role in ROLES:
        payload = prepare(cast, role)
        before = dump(cast.server)
        ack = do(cast.sockets[role], command, **payload)
        if role in allowed:
            assert ack["ok"], f"{role}: {ack}"
        else:
            assert_refused(ack, "forbidden")
            assert dump(cast.server) == before, role


def test_everybody_asks_only_where_they_may(cast: Cast) -> None:
    expected = {
        "participant": (None, "invalid", "invalid"),
        "neighbour": (None, "invalid", "invalid"),
        "removed": ("forbidden", "invalid", "invalid"),
        "helper": (None, None, "forbidden"),
        "other helper": (None, "forbidden", None),
        "lead": ("invalid", None, None),
        "organiser": ("invalid", None, None),
        "projector": ("forbidden",) * 3,
        "public": ("forbidden",) * 3,
    }
    rooms: list[Payload] = [{}, {"room": cast.room}, {"room": cast.other_room}]
    for role, codes in expected.items():
        for more, code in zip(rooms, codes, strict=True):
            ack = do(cast.sockets[role], "question.ask", text="Why?", **more)
            assert ack.get("error", {}).get("code") == code, f"{role} {more}: {ack}"


def test_only_leads_are_told_a_proposal(cast: Cast) -> None:
    for role in ROLES:
        ack = cast.sockets[role].emit("toplist.propose", {"rule": "votes"})
        assert ack["ok"] if role in EVENT else ack["error"]["code"] == "forbidden", role


STREAMS: dict[str, set[str]] = {
    "event": {*ROLES} - {"removed"},
    "me": {*ROLES} - {"projector", "public"},
    "lead": EVENT,
    "room:A": {"participant", *ROOM},
    "room:B": {"neighbour", "other helper", *EVENT},
    "facilitators:A": ROOM,
    "facilitators:B": {"other helper", *EVENT},
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_is_shown_to_those_who_may_follow_it(cast: Cast, stream: str) -> None:
    kind, _, room = stream.partition(":")
    name = f"{kind}:{cast.meeting.rooms[room]}" if room else kind
    for role in ROLES:
        ack = cast.sockets[role].subscribe(name)
        if role in STREAMS[stream]:
            assert ack["ok"], f"{role}: {ack}"
            assert ack["stream"] == name
        else:
            assert_refused(ack, "forbidden")


def test_streams_of_other_events_are_no_streams(cast: Cast) -> None:
    other = Meeting(cast.server)
    for role in ROLES[:-2]:
        if role != "removed":
            for kind in ("room", "facilitators"):
                answers = [
                    cast.sockets[role].emit("subscribe", {"stream": f"{kind}:{room}"})
                    for room in (other.rooms["A"], "999999")
                ]
                assert_refused(answers[0], "not_found")
                assert answers[0] == answers[1]
    other.close()


@pytest.mark.parametrize("rooms", [2, 11, 20])
def test_a_room_has_its_share_of_the_shortlist_and_a_lead_any_number(
    server: Server, rooms: int
) -> None:
    meeting = Meeting(server, rooms=[f"R{number}" for number in range(rooms)])
    meeting.phase("discuss")
    helper = meeting.facilitator("R0")
    quota = 30 // rooms

    def star(member: Member, question: str, on: bool = True) -> Payload:
        return member.do("shortlist.set", question=question, on=on)

    questions = [helper.ask() for _ in range(quota + 2)]
    for question in questions[:quota]:
        assert star(helper, question)["ok"]
    refused = star(helper, questions[quota])
    assert_refused(refused, "quota_full")
    assert str(quota) in refused["error"]["message"]
    assert star(helper, questions[0])["ok"], "one that is on it already"
    assert star(meeting.lead, questions[quota + 1])["ok"]
    assert star(helper, questions[0], on=False)["ok"]
    assert star(helper, questions[quota])["ok"]
    assert_refused(star(helper, questions[0]), "quota_full")
    meeting.close()


#: What a participant may read of each type of entity; never who asked or supported what.
READABLE: dict[str, set[str]] = {
    "event": {
        "code", "title", "question", "language", "starts", "places", "affiliations", "series",
        "organiser", "video_url", "highlights", "programme", "guiding_questions", "ground_rules",
        "help_phone", "help_email", "demo", "phase", "ends_at", "stage",
    },
    "room": {"name", "position", "phase", "own_phase", "ends_at", "video_url", "people"},
    "question": {
        "number", "room", "text", "original_text", "lang", "state", "merged_into", "shortlisted",
        "revision", "mine", "reason",
    },
    "support": {"people"},
    "me": {"number", "name", "affiliation", "room", "removed", "reason", "supports"},
    "toplist": {"stage", "published", "rule", "entries", "audit"},
}  # fmt: skip


def test_nobody_reads_who_asked_or_supported_what(server: Server) -> None:
    meeting = Meeting(server, affiliations=["x", "y"])
    names = [f"Secretname{number}" for number in range(3)]
    ann, bob, eve = (meeting.participant(name=name, affiliation="x") for name in names)
    pages = [meeting.page(role) for role in ("public", "projector")]
    for socket in [ann.socket, *pages]:
        socket.subscribe("event")
    ann.socket.subscribe(f"room:{meeting.rooms['A']}")
    meeting.phase("write")
    questions = [bob.ask("Bob's"), eve.ask("Eve's"), ann.ask("Ann's")]
    for phase in ("discuss", "support", "plenary", "results"):
        meeting.phase(phase)
        if phase == "support":
            for question in questions[:2]:
                eve.done("vote.set", question=question, on=True)
            meeting.lead.done("question.merge", into=questions[0], questions=[questions[1]])
            meeting.lead.done("shortlist.set", question=questions[0], on=True)
            meeting.lead.done("participant.remove", participant=eve.id, reason="x", keep=True)
    meeting.lead.done("toplist.publish", stage="final")
    for socket in [ann.socket, *pages]:
        socket.assert_converged("event")
        seen = "\n".join(text for way, text in socket.frames if way == "<")
        assert "Bob's" in seen, "there was nothing to look at"
        assert not any(name in seen for name in names[1:])
        assert not any(word in seen for word in ('"author"', '"participant"', '"voter', "asked_by"))
        for changes in told(socket):
            for change in changes:
                known = READABLE[change["type"]] | {"type", "id", "gone"}
                assert {*change} <= known, change
                if change["type"] == "me":
                    assert (change["id"], change["name"]) == (ann.id, names[0])
                if change["type"] == "question" and change.get("mine"):
                    assert change["id"] == questions[2]
        assert all(event == "delta" for event, _ in socket.events), "presence is for facilitators"
    meeting.close()


def told(socket: Socket) -> Iterator[list[dict[str, Any]]]:
    """Return the changes of every delta and every subscribe's ack."""
    for event, payload in socket.events:
        if event == "delta":
            yield payload["changes"]
    for stream in list(socket.streams):
        yield socket.emit("subscribe", {"stream": stream})["changes"]
