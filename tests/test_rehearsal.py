"""Whole rehearsals against a real server, and the ways in."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dialogi.model.recording import read_recording
from dialogi.rehearsal import RehearsalError, rehearse
from dialogi.rehearsal.entrance import join_form, seat_at
from dialogi.rehearsal.invented import invented
from tests.support.server import Server

Line = dict[str, Any]

PEOPLE: list[Line] = [
    {"dialogi_recording": 1, "event": {}, "rooms": ["A"], "affiliations": []},
    {"participant": "p1", "room": "A"},
    {"participant": "p2", "room": "A"},
    {"facilitator": "f1", "room": ""},
]


def by(person: str, command: str, at: float = 0.0, **payload: Any) -> Line:
    return {"at": at, "by": person, "command": command, **payload}


def test_the_join_form_is_the_one_with_an_op() -> None:
    form = join_form(
        '<form action="/language"><input type="hidden" name="csrf_token" value="a"></form>'
        '<form method="post" action="/join/X"><input type="hidden" name="csrf_token" value="b">'
        '<input type="hidden" name="op" value="o"><input type="radio" name="affiliation" value="x">'
        '<select name="room"><option value="">any</option><option>Huone 1</option></select></form>'
    )
    assert form is not None
    assert form.action == "/join/X"
    assert form.hidden == {"csrf_token": "b", "op": "o"}
    assert form.offers == {"affiliation": ["x"], "room": ["", "Huone 1"]}


def test_the_address_after_entering_tells_the_seat() -> None:
    seats = {
        "http://h/room/ABC": {"event": "ABC", "role": "participant"},
        "http://h/lead/ABC": {"event": "ABC", "role": "lead"},
        "http://h/facilitator/ABC/7": {"event": "ABC", "role": "facilitator", "room": "7"},
    }
    for address, auth in seats.items():
        seat = seat_at(address)
        assert seat is not None
        assert seat.auth() == auth
    assert seat_at("http://h/join/ABC") is None


def without_names(text: str) -> str:
    """Names are for the player; a recording has none."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        line.pop("name", None)
    return "".join(json.dumps(line) + "\n" for line in lines)


def without_a_server(**wrong: Any) -> dict[str, object]:
    where = {"url": None, "join_url": "http://127.0.0.1:9/join/X", "facilitate_url": None}
    return rehearse(PEOPLE[:3], **{**where, "speed": 1.0, "progress": None, **wrong})


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(RehearsalError, match="speed"):
        without_a_server(speed=0.0)


def test_facilitators_need_a_link() -> None:
    lines = [*PEOPLE, by("f1", "phase.set", phase="write")]
    with pytest.raises(RehearsalError, match="--facilitate"):
        rehearse(
            lines, url=None, join_url="http://127.0.0.1:9/", facilitate_url=None,
            speed=1.0, progress=None,
        )  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A recording of a minute, without names, that a server of its own can take."""
    lines = invented(24, 1, rooms=["Huone 1", "Huone 2", "Huone 3"], affiliations=["x", "y"])
    path = tmp_path / "small.jsonl"
    path.write_text(without_names("".join(json.dumps(line) + "\n" for line in lines)), "utf-8")
    return path


def play(server: Server, recording: Path, speed: float) -> tuple[dict[str, Any], str]:
    """Plays a recording in an event of its own → the result, and the event's code."""
    links = server.event_from(recording)
    result = rehearse(
        read_recording(recording.read_text("utf-8")),
        url=server.url,
        join_url=links["join"],
        facilitate_url=links["facilitate"],
        speed=speed,
        progress=None,
    )
    return result, links["event"]


@pytest.mark.server
def test_an_undisturbed_play_acks_everything_and_converges(server: Server, small: Path) -> None:
    result, event = play(server, small, 12)
    lines = [json.loads(line) for line in small.read_text("utf-8").splitlines()]
    commands = sum("command" in line for line in lines)
    assert result["people"] == 24
    assert result["lines"] == len(lines)
    assert (result["commands"], result["acked"]) == (commands, commands)
    assert (result["refused"], result["lost"], result["resyncs"]) == (0, 0, 0)
    assert result["converged"] is True
    assert result["deltas"] > 100
    assert 0 < result["ack_ms"]["p50"] <= result["ack_ms"]["p99"]
    assert 0 < result["seen_ms"]["p50"] <= result["seen_ms"]["p99"]
    asked = [line["text"] for line in lines if line.get("command") == "question.ask"]
    assert len(server.exported(event)["questions"]) == len(asked)


@pytest.mark.server
def test_what_the_server_refuses_is_counted_and_the_play_goes_on(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = {
        "dialogi_recording": 1,
        "event": {"title": "t", "question": "q"},
        "rooms": ["A"],
        "affiliations": [],
    }
    lines = [
        header,
        *PEOPLE[1:],
        by("f1", "phase.set", phase="lobby"),
        by("p1", "question.ask", question="q1", text="Too early?"),
        by("f1", "phase.set", phase="discuss"),
        by("p2", "vote.set", question="q1", on=True),
        by("p2", "question.ask", question="q2", text="In time?"),
    ]
    path = tmp_path / "refused.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    result, event = play(server, path, 10)
    assert (result["acked"], result["refused"], result["lost"]) == (3, 2, 0)
    assert result["converged"] is True
    assert [each["text"] for each in server.exported(event)["questions"]] == ["In time?"]


@pytest.mark.server
def test_a_play_survives_a_killed_server_without_losing_anything(
    own_server: Server, small: Path
) -> None:
    def kill_and_restart() -> None:
        time.sleep(4)
        own_server.restart()

    killer = threading.Thread(target=kill_and_restart)
    killer.start()
    result, _ = play(own_server, small, 6)
    killer.join()
    assert result["acked"] == result["commands"]
    assert (result["refused"], result["lost"]) == (0, 0)
    assert result["converged"] is True
