"""Which line of a recording the player sends after which, and recordings that it invents."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from dialogi.model.recording import read_recording
from dialogi.rehearsal import RehearsalError
from dialogi.rehearsal.invented import invented
from dialogi.rehearsal.script import JOIN, Script

Line = dict[str, Any]

PEOPLE: list[Line] = [
    {"dialogi_recording": 1, "event": {}, "rooms": ["A"], "affiliations": []},
    {"participant": "p1", "room": "A"},
    {"participant": "p2", "room": "A"},
    {"facilitator": "f1", "room": ""},
]


def script(*lines: Line) -> Script:
    return Script.of([*PEOPLE, *lines])


def by(person: str, command: str, at: float = 0.0, **payload: Any) -> Line:
    return {"at": at, "by": person, "command": command, **payload}


def waits(played: Script) -> dict[int, set[int]]:
    """Line → the lines that it waits for inside its segment."""
    steps = {step.index: step for segment in played.segments for step in segment.steps}
    return {step.line: {steps[index].line for index in step.waits} for step in steps.values()}


def test_a_question_waits_for_the_question_before_it() -> None:
    played = script(
        by("p1", "question.ask", question="q1", text="?"),
        by("p2", "question.ask", question="q2", text="?"),
    )
    assert waits(played) == {5: set(), 6: {5}}


def test_a_vote_waits_for_its_question_and_for_nothing_else() -> None:
    played = script(
        by("p1", "question.ask", question="q1", text="?"),
        by("p1", "question.ask", question="q2", text="?"),
        by("p2", "vote.set", question="q1", on=True),
        by("p1", "vote.set", question="q1", on=False),
    )
    assert waits(played)[7] == {5}
    assert waits(played)[8] == {5}


def test_an_edit_waits_for_all_that_touched_its_question_and_later_ones_wait_for_it() -> None:
    played = script(
        by("p1", "question.ask", question="q1", text="?"),
        by("p2", "vote.set", question="q1", on=True),
        by("p2", "vote.set", question="q1", on=False),
        by("p1", "question.edit", question="q1", text="!"),
        by("p2", "vote.set", question="q1", on=True),
    )
    assert waits(played)[8] == {5, 6, 7}
    assert waits(played)[9] == {8}


def test_an_edit_also_waits_for_votes_on_what_was_merged_with_its_question() -> None:
    played = script(
        by("p1", "question.ask", question="q1", text="?"),
        by("p2", "question.ask", question="q2", text="?"),
        by("f1", "question.merge", into="q1", questions=["q2"]),
        by("p2", "vote.set", question="q2", on=False),
        by("p1", "question.edit", question="q1", text="!"),
    )
    assert waits(played)[9] == {8}


def test_a_facilitators_line_stands_alone_between_two_segments() -> None:
    played = script(
        by("p1", "question.ask", question="q1", text="?"),
        by("f1", "phase.set", phase="support"),
        by("p2", "vote.set", question="q1", on=True),
        by("clock", "phase.set", phase="results"),
    )
    assert [[step.line for step in segment.steps] for segment in played.segments] == [[5], [7], []]
    barriers = [segment.barrier.line for segment in played.segments if segment.barrier]
    assert barriers == [6, 8]
    assert waits(played)[7] == set()
    assert played.commands == 4


def test_late_comers_join_in_their_place_in_order_and_everybody_else_at_the_start() -> None:
    played = Script.of(
        [
            *PEOPLE,
            {"participant": "late", "room": "A", "at": 8.0},
            {"participant": "first", "room": "A", "at": 0.0},
            by("p1", "question.ask", at=1.0, question="q1", text="?"),
            {"participant": "later", "room": "A", "at": 2.0},
            by("p1", "question.ask", at=9.0, question="q2", text="?"),
        ]
    )
    assert played.late == {"late", "later"}
    steps = played.segments[0].steps
    assert [(step.command, step.by) for step in steps] == [
        ("question.ask", "p1"),
        (JOIN, "late"),
        (JOIN, "later"),
        ("question.ask", "p1"),
    ]
    assert steps[2].waits == (1,)
    assert played.commands == 2


def test_a_line_of_somebody_unknown_is_named() -> None:
    with pytest.raises(RehearsalError, match="line 5: 'p9'"):
        script(by("p9", "question.ask", question="q1", text="?"))


def test_a_room_facilitators_question_says_its_room() -> None:
    played = Script.of(
        [
            *PEOPLE,
            {"facilitator": "r1", "room": "A"},
            by("r1", "question.ask", question="q1", text="?"),
        ]
    )
    barrier = played.segments[0].barrier
    assert barrier is not None
    assert barrier.payload["room"] == "A"


def test_a_script_may_be_a_recording_that_was_read() -> None:
    lines = invented(6, 2, rooms=["A", "B"], affiliations=["x"])
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    assert Script.of(read_recording(without_names(text))).lines == len(lines)


def without_names(text: str) -> str:
    """Names are for the player; a recording has none."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        line.pop("name", None)
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_an_invented_recording_is_a_recording() -> None:
    lines = invented(40, 10, rooms=["A", "B"], affiliations=["x", "y"])
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    recording = read_recording(without_names(text))
    assert len(recording.people) == 40
    assert recording.commands > 200
    times = [line["at"] for line in recording.lines]
    assert times == sorted(times)
    assert times[-1] < 600
    kinds = Counter(line.get("command") for line in recording.lines)
    assert kinds["vote.set"] > kinds["question.ask"] > 20
    assert kinds["phase.set"] == 5


def test_the_same_wish_invents_the_same_recording() -> None:
    assert invented(10, 3, rooms=["A"]) == invented(10, 3, rooms=["A"])


@pytest.mark.parametrize(("people", "minutes"), [(1, 0.1), (2, 0.5), (30, 1)])
def test_very_small_recordings_are_possible(people: int, minutes: float) -> None:
    lines = invented(people, minutes)
    assert sum("participant" in line for line in lines) == people


def test_nobody_and_no_time_cannot_be_invented() -> None:
    for people, minutes in ((0, 5.0), (5, 0.0)):
        with pytest.raises(RehearsalError):
            invented(people, minutes)
