"""The phases of an event and its rooms: what participants see and may do in each (section 4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.meeting import Meeting, Member, assert_refused
from tests.support.server import Server

pytestmark = pytest.mark.server

PHASES = ("lobby", "write", "discuss", "support", "plenary", "results")
ASKING = ("write", "discuss", "support")


class House:
    """An event with three people; Ann and Bob are in room A, Eve in room B."""

    def __init__(self, server: Server) -> None:
        self.meeting = Meeting(server)
        self.ann, self.bob = self.meeting.participant(), self.meeting.participant()
        self.eve = self.meeting.participant("B")
        for member in (self.ann, self.bob, self.eve):
            member.socket.subscribe("event")
        for member in (self.ann, self.bob):
            member.socket.subscribe(f"room:{self.meeting.rooms['A']}")
        self.meeting.phase("discuss")
        self.own = self.ann.ask("Ann's")
        self.theirs = self.bob.ask("Bob's")
        self.starred = self.bob.ask("Bob's on the shortlist")
        self.part = self.bob.ask("Bob's in a cluster on the shortlist")
        self.far = self.eve.ask("Eve's")
        self.far_starred = self.eve.ask("Eve's on the shortlist")
        self.meeting.phase("write")
        self.unseen = self.bob.ask("Bob's that nobody has read")
        lead = self.meeting.lead
        lead.done("question.merge", into=self.starred, questions=[self.part])
        for question in (self.starred, self.far_starred):
            lead.done("shortlist.set", question=question, on=True)

    def sees(self, member: Member, stream: str) -> tuple[set[str], set[str]]:
        """Return the questions, and those with support, that a stream shows somebody now."""
        name = f"room:{self.meeting.rooms['A']}" if stream == "room" else stream
        member.socket.assert_converged(name)
        folded = member.socket.streams[name]
        return (
            {question["id"] for question in folded.of_type("question")},
            {support["id"] for support in folded.of_type("support")},
        )


@pytest.fixture(scope="module")
def house(server: Server) -> Iterator[House]:
    """Return the house that this module's tests share."""
    house = House(server)
    yield house
    house.meeting.close()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("of", ["event", "room"])
def test_participants_see_what_the_phase_shows(house: House, of: str, phase: str) -> None:
    set_phase(house, of, phase)
    seen = {question["id"] for question in house.bob.socket.fresh("me").of_type("question")}
    assert {house.theirs, house.starred, house.part, house.unseen} == seen, "always one's own"
    nothing: set[str] = set()
    in_room = {house.own, house.theirs, house.starred, house.part, house.unseen}
    starred = {house.starred, house.part, house.far_starred}
    listed = in_room if phase in {"discuss", "support"} else nothing
    supported = in_room if phase == "support" else nothing
    assert house.sees(house.ann, "room") == (listed, supported)
    shown = starred if phase == "plenary" else nothing
    for member in (house.ann, house.eve):
        assert house.sees(member, "event") == (shown, shown)


def set_phase(house: House, of: str, phase: str) -> None:
    """Set the event's phase, or room A's alone while the event is in the lobby."""
    house.meeting.phase("lobby" if of == "room" else phase)
    if of == "room":
        house.meeting.phase(phase, "A")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("of", ["event", "room"])
def test_participants_write_while_the_phase_lets_them(house: House, of: str, phase: str) -> None:
    set_phase(house, of, phase)
    ann = house.ann
    if phase in ASKING:
        question = ann.ask("Now?")
        ann.done("question.edit", question=question, text="Now or never?")
        ann.done("question.withdraw", question=question)
    else:
        assert_refused(ann.do("question.ask", text="Now?"), "wrong_phase")
        edit = ann.do("question.edit", question=house.own, text="Now?")
        assert_refused(edit, "wrong_phase")
        assert_refused(ann.do("question.withdraw", question=house.own), "wrong_phase")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("of", ["event", "room"])
def test_participants_support_what_the_phase_lets_them(house: House, of: str, phase: str) -> None:
    set_phase(house, of, phase)
    expected: dict[str, dict[str, str | None]] = {
        "lobby": dict.fromkeys(("own", "theirs", "starred", "part", "far", "far_starred")),
        "write": {"own": "", "theirs": None, "starred": None, "part": None, "far": "forbidden",
                  "far_starred": "forbidden"},
        "discuss": {"own": "", "theirs": None, "starred": None, "part": None, "far": "forbidden",
                    "far_starred": "forbidden"},
        "support": {"own": "", "theirs": "", "starred": "", "part": "", "far": "forbidden",
                    "far_starred": "forbidden"},
        "plenary": {"own": None, "theirs": None, "starred": "", "part": "", "far": None,
                    "far_starred": ""},
        "results": dict.fromkeys(("own", "theirs", "starred", "part", "far", "far_starred")),
    }  # fmt: skip
    for name, code in expected[phase].items():
        for on in (True, False) if code == "" else (True,):
            ack = house.ann.do("vote.set", question=getattr(house, name), on=on)
            if code == "":
                assert ack["ok"], f"{name}: {ack}"
            else:
                assert_refused(ack, code or "wrong_phase")


def test_facilitators_command_in_every_phase_and_the_voters_own_room_decides(house: House) -> None:
    lead, room = house.meeting.lead, house.meeting.rooms["A"]
    for phase in PHASES:
        house.meeting.phase(phase)
        question = lead.ask("By phone", room=room, **{"for": house.ann.id})
        lead.done("question.reword", question=question, text="By telephone")
        lead.done("question.hide", question=question, reason="x")
    house.meeting.phase("support")
    house.meeting.phase("lobby", "A")
    assert_refused(house.ann.do("vote.set", question=house.theirs, on=True), "wrong_phase")
    house.eve.done("vote.set", question=house.far, on=True)
    house.meeting.phase("plenary", "A")
    house.ann.done("vote.set", question=house.far_starred, on=True)
    assert_refused(house.eve.do("vote.set", question=house.starred, on=True), "forbidden")


def test_setting_the_events_phase_takes_the_rooms_along(house: House) -> None:
    house.meeting.phase("write")
    house.meeting.phase("lobby", "A", minutes=10)
    event = house.ann.socket.fresh("event")
    rooms = {room["name"]: room for room in event.of_type("room")}
    assert (rooms["A"]["phase"], rooms["A"]["own_phase"]) == ("lobby", "lobby")
    assert (rooms["B"]["phase"], rooms["B"]["own_phase"]) == ("write", None)
    assert rooms["A"]["ends_at"]
    assert rooms["B"]["ends_at"] is None
    house.meeting.phase("discuss")
    house.ann.socket.assert_converged("event")
    for room in house.ann.socket.streams["event"].of_type("room"):
        assert (room["phase"], room["own_phase"], room["ends_at"]) == ("discuss", None, None)


def test_numbers_follow_the_order_of_asking_are_given_once_and_stay(server: Server) -> None:
    meeting = Meeting(server)
    ann, eve = meeting.participant(), meeting.participant("B")
    meeting.phase("write")
    first, second, third, fourth = ann.ask("1"), eve.ask("2"), ann.ask("3"), eve.ask("4")
    ann.done("question.withdraw", question=third)

    def numbers() -> dict[str, int | None]:
        own = [*ann.socket.fresh("me").of_type("question")]
        own += eve.socket.fresh("me").of_type("question")
        return {question["id"]: question["number"] for question in own}

    assert {*numbers().values()} == {None}
    meeting.phase("discuss", "B")
    assert numbers() == {first: None, second: 1, third: None, fourth: 2}
    fifth = eve.ask("5")
    sixth = ann.ask("6")
    meeting.phase("discuss")
    after = {first: 4, second: 1, third: None, fourth: 2, fifth: 3, sixth: 5}
    assert numbers() == after
    meeting.lead.done("question.merge", into=first, questions=[second, sixth])
    meeting.lead.done("question.hide", question=fourth, reason="x")
    meeting.lead.done("participant.move", participant=eve.id, room=meeting.rooms["A"])
    for phase in ("lobby", "write", "support", "plenary", "results", "discuss"):
        meeting.phase(phase)
    meeting.lead.done("question.split", question=sixth)
    meeting.lead.done("question.restore", question=fourth)
    assert numbers() == after
    seventh = ann.ask("7")
    assert numbers()[seventh] == 6
    meeting.close()
