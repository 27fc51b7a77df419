"""Timers: a phase ends by itself, once, whatever happens to the server meanwhile."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dialogi.store import immediate, open_database
from tests.support.meeting import Meeting, database, ledger
from tests.support.server import Server

pytestmark = pytest.mark.server

#: Seconds by which a phase may end late: a look of the clock, a tick, and a slow machine.
LATE = 2.0


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event in `write`."""
    meeting = Meeting(server)
    meeting.phase("write")
    yield meeting
    meeting.close()


def event(meeting: Meeting) -> dict[str, Any]:
    return meeting.lead.socket.streams["event"].of_type("event")[0]


def room(meeting: Meeting, name: str) -> dict[str, Any]:
    found = meeting.lead.socket.streams["event"].get("room", meeting.rooms[name])
    assert found is not None
    return found


def wait_for_phase(meeting: Meeting, phase: str, within: float = 5.0) -> None:
    """Wait until the event's stream says that a phase has begun."""
    meeting.lead.socket.wait_for(
        lambda: event(meeting)["phase"] == phase, f"the phase {phase}", within
    )


@contextmanager
def writing(server: Server) -> Iterator[None]:
    """Hold up everybody else's writing, as another program would."""
    db = open_database(database(server))
    try:
        with immediate(db):
            yield
    finally:
        db.close()


def by_the_clock(meeting: Meeting) -> list[dict[str, Any]]:
    """Return the payloads of what the clock did."""
    entries = ledger(meeting.server, meeting.event, "clock")
    assert all(command in {"phase.set", "timer.set"} for _, command, _ in entries)
    return [json.loads(payload) for _, _, payload in entries]


def test_a_phase_with_minutes_ends_by_itself_once(meeting: Meeting) -> None:
    began = time.time()
    meeting.phase("write", minutes=0.02)
    meeting.lead.socket.wait_for(lambda: bool(event(meeting)["ends_at"]), "the timer")
    assert began + 1.2 <= event(meeting)["ends_at"] <= time.time() + 1.2
    wait_for_phase(meeting, "discuss")
    assert began + 1.2 <= time.time() < began + 1.2 + LATE
    assert event(meeting)["ends_at"] is None
    time.sleep(0.5)
    assert [payload["phase"] for payload in by_the_clock(meeting)] == ["discuss"]
    recording = meeting.server.export(meeting.event, "recording").read_text("utf-8")
    assert '"by": "clock", "command": "phase.set", "phase": "discuss"' in recording


@pytest.mark.parametrize("how", ["number", "zone", "utc", "bare"])
def test_a_timer_may_be_set_as_a_number_or_in_words(meeting: Meeting, how: str) -> None:
    ends = time.time() + 1.5
    moment = dt.datetime.fromtimestamp(ends, dt.UTC)
    helsinki = dt.timezone(dt.timedelta(hours=2))
    ends_at: object = {
        "number": ends,
        "zone": moment.astimezone(helsinki).isoformat(),
        "utc": moment.isoformat().replace("+00:00", "Z"),
        "bare": moment.isoformat().replace("+00:00", ""),
    }[how]
    meeting.lead.done("timer.set", ends_at=ends_at)
    meeting.lead.socket.wait_for(lambda: bool(event(meeting)["ends_at"]), "the timer")
    assert event(meeting)["ends_at"] == pytest.approx(ends, abs=0.001)
    assert room(meeting, "A")["ends_at"] == event(meeting)["ends_at"]
    wait_for_phase(meeting, "discuss")
    assert ends <= time.time() < ends + LATE


def test_a_rooms_timer_ends_the_rooms_phase_alone(meeting: Meeting) -> None:
    helper = meeting.facilitator("A")
    where = meeting.rooms["A"]
    helper.done("timer.set", room=where, ends_at=time.time() + 0.6)
    meeting.lead.socket.wait_for(lambda: room(meeting, "A")["phase"] == "discuss", "the room")
    helper.done("phase.set", room=where, phase="support", minutes=0.01)
    meeting.lead.socket.wait_for(lambda: room(meeting, "A")["phase"] == "plenary", "the room")
    assert room(meeting, "A")["own_phase"] == "plenary"
    assert room(meeting, "B")["phase"] == event(meeting)["phase"] == "write"
    assert [(it["phase"], it["room"]) for it in by_the_clock(meeting)] == [
        ("discuss", where),
        ("plenary", where),
    ]


def test_a_timer_that_was_moved_or_taken_away_ends_nothing(meeting: Meeting) -> None:
    lead = meeting.lead
    lead.done("timer.set", ends_at=time.time() + 0.7)
    lead.done("timer.set")
    meeting.phase("write", "A", minutes=0.012)
    lead.done("timer.set", room=meeting.rooms["A"], ends_at=time.time() + 60)
    meeting.phase("write", "B", minutes=0.012)
    meeting.phase("support", "B")
    time.sleep(1.3)
    assert by_the_clock(meeting) == []
    assert event(meeting)["phase"] == "write"
    assert (room(meeting, "A")["phase"], room(meeting, "B")["phase"]) == ("write", "support")


def test_setting_the_events_phase_takes_the_rooms_timers_away(meeting: Meeting) -> None:
    meeting.phase("write", "A", minutes=0.012)
    meeting.phase("support")
    time.sleep(1.2)
    assert by_the_clock(meeting) == []


def test_the_last_phase_has_no_next(meeting: Meeting) -> None:
    meeting.phase("results", minutes=0.01)
    meeting.phase("support", "A")
    meeting.lead.socket.wait_for(lambda: bool(event(meeting)["ends_at"]), "the timer")
    meeting.lead.socket.wait_for(lambda: event(meeting)["ends_at"] is None, "the timer's end")
    time.sleep(0.6)
    assert event(meeting)["phase"] == "results"
    assert room(meeting, "A")["phase"] == "support", "only the timer goes"
    assert len(by_the_clock(meeting)) == 1


def test_a_phase_ends_once_though_the_database_was_held_up_at_that_moment(
    meeting: Meeting,
) -> None:
    meeting.phase("write", minutes=0.01)
    with writing(meeting.server):
        time.sleep(1.6)  # the clock looks several times meanwhile
    wait_for_phase(meeting, "discuss")
    time.sleep(0.5)
    assert [payload["phase"] for payload in by_the_clock(meeting)] == ["discuss"]
    assert event(meeting)["phase"] == "discuss"


def test_the_same_moment_may_be_set_again(meeting: Meeting) -> None:
    past = time.time() - 60
    for _ in range(2):
        meeting.phase("write")
        wait_for_phase(meeting, "write")
        meeting.lead.done("timer.set", ends_at=past)
        wait_for_phase(meeting, "discuss")
    for phase in ("support", "plenary"):
        meeting.lead.done("timer.set", ends_at=past)
        wait_for_phase(meeting, phase)
    assert len(by_the_clock(meeting)) == 4


def test_a_phase_whose_time_came_while_the_power_was_out_ends_at_once_and_once(
    own_server: Server,
) -> None:
    meetings = [Meeting(own_server) for _ in range(3)]
    due, later, without = meetings
    due.phase("write", minutes=0.02)
    due.phase("write", "A", minutes=0.02)
    due.phase("support", minutes=0.02)
    later.phase("write", minutes=5)
    without.phase("write", minutes=0.02)
    without.lead.done("timer.set")
    own_server.kill()
    time.sleep(1.3)
    own_server.start()
    ready = time.time()
    while not by_the_clock(due):
        assert time.time() < ready + LATE
        time.sleep(0.05)
    for _ in range(2):
        assert [payload["phase"] for payload in by_the_clock(due)] == ["plenary"]
        assert by_the_clock(later) == by_the_clock(without) == []
        own_server.restart()
        time.sleep(0.5)
    with due.lead.person.connect(due.event, "lead") as socket:
        changes = socket.subscribe("event")["changes"]
        assert {it["phase"] for it in changes if it["type"] in {"event", "room"}} == {"plenary"}
    for meeting in meetings:
        meeting.close()
