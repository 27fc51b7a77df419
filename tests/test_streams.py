"""Streams as a raw client sees them: chains of deltas, catching up, and who stops hearing what."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.support.folding import Folded, differences
from tests.support.meeting import Meeting, Member, assert_refused, console
from tests.support.server import Server
from tests.support.socket import Payload, Socket

pytestmark = pytest.mark.server


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event of two sides in `support`."""
    meeting = Meeting(server, affiliations=["x", "y"])
    meeting.phase("support")
    yield meeting
    meeting.close()


def deltas(socket: Socket, stream: str) -> list[Payload]:
    """Return the deltas of a stream that have come so far."""
    return [it for event, it in socket.events if event == "delta" and it["stream"] == stream]


def presences(socket: Socket, room: str) -> list[list[str]]:
    """Return who was connected in a room, as it was told one time after the other."""
    return [
        it["connected"] for event, it in socket.events if event == "presence" and it["room"] == room
    ]


def steps(meeting: Meeting, ann: Member, bob: Member) -> Iterator[None]:
    """Do one thing after the other that changes what somebody sees."""
    lead, rooms = meeting.lead, meeting.rooms
    question = ann.ask("One")
    yield
    other = bob.ask("Two")
    yield
    ann.done("vote.set", question=other, on=True)
    yield
    lead.done("question.reword", question=question, text="Uno")
    yield
    lead.done("question.merge", into=question, questions=[other])
    yield
    lead.done("shortlist.set", question=other, on=True)
    yield
    for phase in ("plenary", "write", "discuss"):
        meeting.phase(phase)
        yield
    meeting.phase("support", "A", minutes=5)
    yield
    lead.done("question.split", question=other)
    yield
    lead.done("question.hide", question=other, reason="x")
    yield
    lead.done("participant.move", participant=bob.id, room=rooms["B"])
    yield
    lead.done("participant.remove", participant=bob.id, reason="x", keep=False)
    yield
    lead.done("participant.return", participant=bob.id)
    yield
    entry = {"questions": [question], "text": "Eins"}
    lead.done("toplist.set", rule="votes", entries=[entry])
    yield
    lead.done("toplist.publish", stage="preliminary")
    meeting.phase("results")
    yield


def followers(meeting: Meeting) -> tuple[Member, Member, list[tuple[Socket, str]]]:
    """Return two people of room A, and connections with the streams that they follow."""
    ann, bob = meeting.participant(affiliation="x"), meeting.participant(affiliation="y")
    room = meeting.rooms["A"]
    helper, page = meeting.facilitator("A").socket, meeting.page("public")
    followed = [(ann.socket, stream) for stream in ("event", f"room:{room}", "me")]
    followed += [(helper, f"facilitators:{room}"), (meeting.lead.socket, "lead"), (page, "event")]
    for socket, stream in followed:
        assert socket.subscribe(stream)["ok"]
    return ann, bob, followed


def test_each_delta_says_after_which_it_comes(meeting: Meeting) -> None:
    ann, bob, followed = followers(meeting)
    subscribed = [socket.streams[stream].revision for socket, stream in followed]
    for _ in steps(meeting, ann, bob):
        time.sleep(0.12)
    for (socket, stream), begun in zip(followed, subscribed, strict=True):
        socket.assert_converged(stream)
        before = None
        for delta in deltas(socket, stream):
            assert delta["changes"]
            if before is None:
                # One that was due when the stream began tells nothing new, and is ignored.
                assert delta["after"] <= min(begun, delta["revision"])
            else:
                assert delta["after"] == before < delta["revision"]
            before = delta["revision"]
        assert before is not None, f"no delta of {stream}"
        folded = socket.streams[stream]
        assert (folded.gaps, folded.resyncs) == (0, 0)


def test_catching_up_from_any_revision_gives_what_is_there_now(meeting: Meeting) -> None:
    ann, bob, followed = followers(meeting)
    kept: list[tuple[Socket, Folded]] = []
    for _ in steps(meeting, ann, bob):
        kept += [(socket, socket.fresh(stream)) for socket, stream in followed]
    fresh = {(socket, stream): socket.fresh(stream) for socket, stream in followed}
    for socket, old in kept:
        now = fresh[socket, old.stream]
        with again(socket) as other:
            # The last deltas may be still to come.
            other.streams[old.stream] = Folded(old.stream)
            ack = patiently(other, {"stream": old.stream, "revision": old.revision})
        assert ack["ok"]
        caught_up = copy.deepcopy(old)
        caught_up.waiting()
        assert not caught_up.acked(ack)
        assert differences(caught_up, now) == [], f"{old.stream} from {old.revision}"
        assert ack["whole"] is False


def again(socket: Socket) -> Socket:
    """Return another connection with the same rights."""
    return Socket(socket.url, socket.auth, socket.cookie)


def patiently(socket: Socket, wish: Payload) -> Payload:
    while (ack := socket.emit("subscribe", wish)).get("error", {}).get("code") == "slow_down":
        time.sleep(0.1)
    return ack


@pytest.mark.parametrize("revision", [10**6, 2**60, -1, -(2**60)])
def test_a_revision_that_never_was_gets_everything(meeting: Meeting, revision: int) -> None:
    ann, _, followed = followers(meeting)
    ann.ask("One")
    for socket, stream in followed:
        ack = socket.emit("subscribe", {"stream": stream, "revision": revision})
        assert ack["whole"] is True
        whole = socket.emit("subscribe", {"stream": stream})
        assert ack["changes"] == whole["changes"]
        assert ack["revision"] == whole["revision"] < 10**6


def test_who_was_moved_hears_no_more_of_the_old_room_and_may_follow_the_new_at_once(
    meeting: Meeting,
) -> None:
    old, new = (f"room:{meeting.rooms[name]}" for name in ("A", "B"))
    ann, bob, eve = meeting.participant(), meeting.participant(), meeting.participant("B")
    tab = meeting.keep(ann.person.connect(meeting.event))
    for socket in (ann.socket, tab, bob.socket):
        socket.subscribe(old)
    bob.ask("Before")
    revision = meeting.lead.done("participant.move", participant=ann.id, room=meeting.rooms["B"])[
        "revision"
    ]
    assert ann.socket.subscribe(new)["ok"]
    assert_refused(ann.socket.emit("subscribe", {"stream": old}), "forbidden")
    assert_refused(ann.socket.emit("subscribe", {"stream": old, "revision": 1}), "forbidden")
    last = bob.ask("After")
    theirs = eve.ask("In the new room")
    wait_for(bob.socket, old, lambda it: it.get("question", last) is not None)
    wait_for(ann.socket, new, lambda it: it.get("question", theirs) is not None)
    for socket in (ann.socket, tab):
        assert all(delta["revision"] < revision for delta in deltas(socket, old))
    wait_for(ann.socket, "me", lambda it: it.of_type("me")[0]["room"] == meeting.rooms["B"])
    assert ann.socket.streams[new].gaps == 0


def test_who_was_removed_hears_only_that_and_comes_back_after_a_return(meeting: Meeting) -> None:
    room = f"room:{meeting.rooms['A']}"
    ann, bob = meeting.participant(), meeting.participant()
    for member in (ann, bob):
        member.socket.subscribe("event")
        member.socket.subscribe(room)
    away = meeting.lead.done("participant.remove", participant=ann.id, reason="Later")["revision"]
    last = bob.ask("After")
    meeting.phase("discuss")
    wait_for(bob.socket, "event", lambda it: it.of_type("event")[0]["phase"] == "discuss")
    wait_for(bob.socket, room, lambda it: it.get("question", last) is not None)
    for stream in ("event", room):
        assert all(delta["revision"] < away for delta in deltas(ann.socket, stream))
        assert_refused(ann.socket.emit("subscribe", {"stream": stream}), "forbidden")
    wait_for(ann.socket, "me", lambda it: it.of_type("me")[0]["removed"])
    assert ann.socket.streams["me"].of_type("me")[0]["reason"] == "Later"
    meeting.lead.done("participant.return", participant=ann.id)
    assert ann.socket.subscribe(room)["ok"]
    assert ann.socket.streams[room].get("question", last)


def wait_for(socket: Socket, stream: str, fact: Callable[[Folded], Any]) -> None:
    """Wait until something holds of a stream as it was folded."""
    socket.wait_for(lambda: bool(fact(socket.streams[stream])), f"something on {stream}")


def has_reached(revision: int, folded: Folded) -> bool:
    return folded.revision >= revision


def test_facilitators_are_told_who_is_connected(meeting: Meeting) -> None:
    here, there = meeting.rooms["A"], meeting.rooms["B"]
    helper = meeting.facilitator("A").socket
    helper.subscribe(f"facilitators:{here}")
    meeting.lead.socket.subscribe("lead")

    def told(socket: Socket, room: str, people: list[str]) -> None:
        socket.wait_for(
            lambda: presences(socket, room)[-1:] == [sorted(people, key=int)],
            f"{people} in room {room}, not {presences(socket, room)[-1:]}",
        )

    ann, bob = meeting.participant(), meeting.participant()
    told(helper, here, [ann.id, bob.id])
    told(meeting.lead.socket, here, [ann.id, bob.id])
    second = meeting.keep(ann.person.connect(meeting.event))
    ann.socket.close()
    bob.socket.close()
    told(helper, here, [ann.id])
    meeting.lead.done("participant.move", participant=ann.id, room=there)
    told(helper, here, [])
    told(meeting.lead.socket, there, [ann.id])
    assert presences(helper, there) == []
    second.close()
    told(meeting.lead.socket, there, [])


def test_what_the_command_line_writes_reaches_people_within_a_second(meeting: Meeting) -> None:
    ann = meeting.participant()
    ann.socket.subscribe("event")
    room = f"room:{meeting.rooms['A']}"
    ann.socket.subscribe(room)
    for command, payload, stream in (
        ("phase.set", {"phase": "discuss"}, "event"),
        ("question.ask", {"text": "From outside", "room": meeting.rooms["A"]}, room),
        ("participant.move", {"participant": ann.id, "room": meeting.rooms["B"]}, "me"),
    ):
        reply = console(meeting.server, meeting.event, command, **payload)
        written = time.monotonic()
        wait_for(ann.socket, stream, partial(has_reached, reply["revision"]))
        assert time.monotonic() - written < 1
    assert_refused(ann.socket.emit("subscribe", {"stream": room}), "forbidden")
    assert ann.do("question.ask", text="So?")["ok"], "and what follows goes on from there"


def test_a_burst_of_votes_makes_ten_deltas_a_second_without_a_text(meeting: Meeting) -> None:
    room = f"room:{meeting.rooms['A']}"
    ann, *people = [meeting.participant() for _ in range(5)]
    questions = [ann.ask(f"Number {number}") for number in range(4)]
    meeting.lead.done("question.merge", into=questions[2], questions=[questions[3]])
    ann.socket.subscribe(room)
    meeting.lead.socket.subscribe("lead")
    time.sleep(0.3)
    before = {socket: len(socket.events) for socket in (ann.socket, meeting.lead.socket)}
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        for number, person in enumerate(people):
            on = int((time.monotonic() - began) * 10 + number) % 2 == 0
            person.do("vote.set", question=questions[number], on=on)
    took = time.monotonic() - began
    for socket, stream in ((ann.socket, room), (meeting.lead.socket, "lead")):
        socket.assert_converged(stream)
        new = [it for event, it in socket.events[before[socket] :] if event == "delta"]
        assert 3 < len(new) <= (took + 1) * 10 + 1
        assert {change["type"] for delta in new for change in delta["changes"]} == {"support"}
        assert all(
            {*change} <= {"type", "id", "people"} for delta in new for change in delta["changes"]
        )


def test_sides_are_told_for_the_whole_event_from_plenary_on_while_no_side_is_small(
    meeting: Meeting,
) -> None:
    people = [meeting.participant("AB"[number % 2], "xy"[number // 5]) for number in range(10)]
    ann, lead, room = people[0], meeting.lead, f"room:{meeting.rooms['A']}"
    question = ann.ask("Which?")
    for member in people[2:7:2]:
        member.done("vote.set", question=question, on=True)
    lead.done("shortlist.set", question=question, on=True)
    page = meeting.page("projector")
    for socket, stream in ((ann.socket, room), (ann.socket, "event"), (page, "event")):
        socket.subscribe(stream)
    lead.socket.subscribe("lead")

    def sides(socket: Socket, stream: str) -> Any:
        socket.assert_converged(stream)
        support = socket.streams[stream].get("support", question)
        return support and support.get("by_affiliation")

    def everywhere() -> list[Any]:
        streams = [(ann.socket, "event"), (page, "event"), (lead.socket, "lead")]
        return [sides(socket, stream) for socket, stream in streams]

    assert sides(ann.socket, room) is None
    assert everywhere() == [None, None, None]
    meeting.phase("plenary")
    split = {"x": 3, "y": 1}
    assert everywhere() == [split, split, split]
    meeting.phase("support", "A")
    assert sides(ann.socket, room) is None
    assert ann.socket.streams[room].get("support", question), "support, but no sides in a room"
    meeting.phase("plenary")
    lead.done("participant.remove", participant=people[9].id, reason="", keep=False)
    assert everywhere() == [None, None, split]
    lead.done("participant.return", participant=people[9].id)
    assert everywhere() == [split, split, split]
    meeting.participant("A", "")
    assert everywhere() == [None, None, split], "who is left over could be subtracted"


def test_subscribing_again_and_again_while_much_happens_holds_nobody_up(meeting: Meeting) -> None:
    question = meeting.participant("A").ask("One")
    staff = [meeting.staff(meeting.links["facilitate"], "lead") for _ in range(6)]
    times = range(200)

    def keep_on(member: Member, command: str, payload: Payload) -> None:
        acks: list[Payload] = []
        for count in times:
            extra = {"op": str(uuid.uuid4()), "on": count % 2 == 0} if "question" in payload else {}
            member.socket.emit_later(command, payload | extra, acks.append)
            answered = partial(_longer_than, acks, count)
            member.socket.wait_for(answered, f"the ack of {command}")

    for subscriber in staff[:3]:
        subscriber.socket.subscribe("lead")
    wishes = [("subscribe", {"stream": "lead"})] * 3 + [
        ("shortlist.set", {"question": question})
    ] * 3
    with ThreadPoolExecutor(len(staff)) as pool:
        for it in [
            pool.submit(keep_on, who, *wish) for who, wish in zip(staff, wishes, strict=True)
        ]:
            it.result()


def _longer_than(found: list[Payload], count: int) -> bool:
    return len(found) > count
