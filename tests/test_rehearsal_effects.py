"""What the rehearsal player sends, and which acked effects it misses in the final state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from dialogi.rehearsal.effects import FinalState, missing
from dialogi.rehearsal.memory import Memory, Names, Unknown
from dialogi.rehearsal.script import Step

Line = dict[str, Any]


def question(key: str, **fields: Any) -> Line:
    return {"type": "question", "id": key, **fields}


def memory() -> Memory:
    names = Names(questions={"q1": "11", "q2": "12"}, people={"p1": "21"}, rooms={"A": "31"})
    return Memory(names)


def step(by: str, command: str, **payload: Any) -> Step:
    return Step(0, 1, 0.0, by, command, payload)


def test_ids_become_the_servers_and_what_players_leave_out_is_left_out() -> None:
    sent = memory().payload
    assert sent(step("p1", "question.ask", question="q9", text="?")) == {"text": "?"}
    assert sent(step("f1", "phase.set", phase="write", room="A", minutes=5)) == {
        "phase": "write",
        "room": "31",
    }
    assert sent(step("f1", "timer.set", room="", ends_at=1)) == {}
    assert sent(step("f1", "question.merge", into="q1", questions=["q2"])) == {
        "into": "11",
        "questions": ["12"],
    }
    entries = [{"questions": ["q2"], "text": "?"}]
    assert sent(step("f1", "toplist.set", rule="votes", entries=entries)) == {
        "rule": "votes",
        "entries": [{"questions": ["12"], "text": "?"}],
    }
    asked = step("f1", "question.ask", question="q9", text="?", room="A", **{"for": None})
    assert sent(asked) == {"text": "?", "room": "31"}


def test_what_depends_on_a_refused_or_lost_question_shares_its_fate() -> None:
    mind = memory()
    mind.fail(step("p1", "question.ask", question="q7", text="?"), "lost")
    for key, verdict in (("q7", "lost"), ("q8", "refused")):
        with pytest.raises(Unknown) as unknown:
            mind.payload(step("p1", "vote.set", question=key, on=True))
        assert unknown.value.verdict == verdict


def test_only_what_others_see_at_once_is_timed() -> None:
    mind = Memory()
    mind.learn(
        [
            {"type": "event", "id": "1", "phase": "support"},
            {"type": "room", "id": "31", "name": "A", "own_phase": None},
            {"type": "room", "id": "32", "name": "B", "own_phase": "write"},
        ]
    )
    vote = step("p1", "vote.set", question="q1", on=True)
    assert mind.audience(vote, "31") == "room:31"
    assert mind.audience(step("p1", "question.ask", question="q2", text="?"), "31") == "room:31"
    assert mind.audience(step("p1", "question.ask", question="q2", text="?"), "32") == ""
    mind.take(vote, {})
    assert mind.audience(vote, "31") == "", "supporting twice shows nobody anything"
    mind.take(step("f1", "phase.set", phase="plenary"), {})
    assert mind.audience(step("p2", "vote.set", question="q1", on=True), "32") == "event"
    assert mind.audience(step("f1", "shortlist.set", question="q1", on=True), "") == ""


def final(lead: Iterable[Line], me: Iterable[Line] = (), event: Iterable[Line] = ()) -> FinalState:
    names = Names(
        questions={"q1": "11", "q2": "12"},
        authors={"q1": "p1", "q2": "p1"},
        people={"p1": "21"},
        rooms={"A": "31"},
    )
    views = [
        {(entity["type"], entity["id"]): entity for entity in view} for view in (event, lead, me)
    ]
    return FinalState(names, views[0], views[1], {"p1": views[2]})


ASKED = step("p1", "question.ask", question="q1", text="Why?")
SHOWN = question("11", text="Why?", state="shown", merged_into=None, shortlisted=False)
SEAT = {"type": "me", "id": "21", "supports": ["11"]}


def test_an_acked_question_that_nobody_has_is_lost() -> None:
    assert missing([ASKED], final([], [SEAT])) == [ASKED]
    assert missing([ASKED], final([SHOWN], [SEAT])) == []
    assert missing([ASKED], final([], [SEAT, SHOWN])) == []


def test_an_acked_vote_that_is_absent_is_lost_unless_it_was_taken_back() -> None:
    vote = step("p1", "vote.set", question="q2", on=True)
    back = step("p1", "vote.set", question="q2", on=False)
    assert missing([vote], final([SHOWN], [SEAT])) == [vote]
    assert missing([vote, back], final([SHOWN], [SEAT])) == []
    assert missing([back, vote], final([SHOWN], [{**SEAT, "supports": ["12"]}])) == []


@pytest.mark.parametrize(
    ("done", "undone", "changed"),
    [
        (
            step("f1", "question.hide", question="q1"),
            step("f1", "question.restore", question="q1"),
            {"state": "hidden"},
        ),
        (
            step("f1", "question.reword", question="q1", text="How?"),
            step("p1", "question.edit", question="q1", text="Why?"),
            {"text": "How?"},
        ),
        (
            step("f1", "question.merge", into="q2", questions=["q1"]),
            step("f1", "question.split", question="q1"),
            {"merged_into": "12", "state": "merged"},
        ),
        (
            step("f1", "shortlist.set", question="q1", on=True),
            step("f1", "shortlist.set", question="q1", on=False),
            {"shortlisted": True},
        ),
        (
            step("p1", "question.edit", question="q1", text="Ho w?"),
            step("p1", "question.withdraw", question="q1"),
            {"text": "Ho w?"},
        ),
    ],
)
def test_an_acked_change_is_found_in_the_final_state(
    done: Step, undone: Step, changed: Line
) -> None:
    assert missing([ASKED, done], final([{**SHOWN, **changed}], [SEAT])) == []
    assert missing([ASKED, done], final([SHOWN], [SEAT])) == [done]
    if undone.command != "question.withdraw":
        assert missing([ASKED, done, undone], final([SHOWN], [SEAT])) == []
    else:
        withdrawn = {**SHOWN, "state": "withdrawn"}
        assert missing([ASKED, done, undone], final([], [SEAT, withdrawn])) == []


def test_a_phase_of_the_event_ends_those_of_the_rooms() -> None:
    room = step("f1", "phase.set", phase="write", room="A")
    everywhere = step("f1", "phase.set", phase="support")
    event: list[Line] = [
        {"type": "event", "id": "1", "phase": "support"},
        {"type": "room", "id": "31", "own_phase": None},
    ]
    assert missing([room, everywhere], final([], event=event)) == []
    assert missing([everywhere, room], final([], event=event)) == [room]


def test_moved_and_removed_people_are_looked_for_among_the_people() -> None:
    move = step("f1", "participant.move", participant="p1", room="A")
    remove = step("f1", "participant.remove", participant="p1", keep=False)
    person = {"type": "participant", "id": "21", "room": "31", "removed": True}
    assert missing([move, remove], final([person])) == []
    assert missing([move], final([{**person, "room": "32"}])) == [move]
    assert missing([remove], final([{**person, "removed": False}])) == [remove]
