"""The demonstration: an event that shows life at once, made by ordinary commands alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialogi import demo
from dialogi.creating import create_event
from dialogi.model.event_file import check_event
from dialogi.model.language import guess_language
from dialogi.model.limits import star_quota
from dialogi.model.state import EventState
from dialogi.store import Database, open_database, reading
from dialogi.writer import write_alone

Open = Callable[[], EventState]


@pytest.fixture
def open_demo(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens one more demonstration and gives it as it then stands."""
    database = tmp_path / "demo.sqlite"
    db = open_database(database)

    def open_one() -> EventState:
        made = create_event(
            lambda command: write_alone(database, [command])[0],
            lambda code: found(db, code),
            "http://localhost",
            check_event(demo.EVENT),
            demo=True,
        )
        event = found(db, made["event"])
        demo.fill(lambda commands: write_alone(database, commands), reading.load(db, event))
        return reading.load(db, event)

    yield open_one
    db.close()


def found(db: Database, code: str) -> int:
    event = reading.find_event(db, code)
    assert event is not None
    return event


def test_the_demonstrations_event_is_a_good_event_file() -> None:
    event = check_event(demo.EVENT)
    assert [room["name"] for room in event["rooms"]] == [f"Huone {at}" for at in range(1, 6)]
    assert event["help_phone"] == "+358 9 000 0000"


def test_the_language_of_every_question_of_the_demonstration_is_recognised() -> None:
    assert [
        question.text
        for question in demo.questions()
        if guess_language(question.text, "fi") != question.language
    ] == []


def test_a_newcomer_sees_questions_with_support_in_every_room(open_demo: Open) -> None:
    state = open_demo()
    assert state.event.phase == "support"
    assert len(state.questions) == 40
    assert all(question.number for question in state.questions.values())
    for room in state.rooms:
        behind = [len(state.behind(q)) for q in state.room_questions[room]]
        assert len(behind) == 8
        assert max(behind) >= 5
        assert min(behind) >= 1
        assert len(set(behind)) >= 3


def test_the_sides_are_large_enough_to_be_shown(open_demo: Open) -> None:
    state = open_demo()
    sides = Counter(person.affiliation for person in state.participants.values())
    assert min(sides.values()) >= 5
    assert state.may_split()


def test_the_shortlist_waits_for_the_plenary_within_the_rooms_quota(open_demo: Open) -> None:
    state = open_demo()
    starred = Counter(q.room for q in state.questions.values() if q.shortlisted)
    assert set(starred) == set(state.rooms)
    assert max(starred.values()) <= star_quota(len(state.rooms))
    assert sum(starred.values()) > state.event.places


def test_every_demonstration_is_the_same_and_two_fit_into_one_database(open_demo: Open) -> None:
    first, second = open_demo(), open_demo()
    assert picture(first) == picture(second)


def picture(state: EventState) -> list[tuple[str, int, bool]]:
    return [
        (question.text, len(state.behind(question.id)), question.shortlisted)
        for question in state.questions.values()
    ]
