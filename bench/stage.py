"""Events to measure on: database files made by commands, and seats with their cookies."""

from __future__ import annotations

import csv
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from dialogi.commands import Command
from dialogi.creating import create_event
from dialogi.model.event_file import check_event
from dialogi.store import open_database, reading
from dialogi.writer import write_alone

SECRET = "a key for measuring only, long enough"
SIDES = ("ministry", "society")
CODE = "BENCHM"
ROOMS = 20
QUESTIONS_A_ROOM = 20
#: How many questions everybody stands behind when measuring begins.
SUPPORTED = 5
_BATCH = 2000


@dataclass(frozen=True)
class Stage:
    """An event in a database file; `seats` is the generator's file of cookies."""

    database: Path
    seats: Path
    people: int
    shortlist: list[str]
    revision: int
    behind: int

    def copy(self, folder: Path) -> Stage:
        """The same event in a database file of its own, for one run."""
        folder.mkdir(parents=True, exist_ok=True)
        database = folder / "dialogi.sqlite"
        shutil.copyfile(self.database, database)
        return Stage(database, self.seats, self.people, self.shortlist, self.revision, self.behind)


def build(folder: Path, people: int, phase: str) -> Stage:
    """An event with `people` in 20 rooms and 400 questions, one a room on the shortlist."""
    folder.mkdir(parents=True, exist_ok=True)
    made = _Making(folder / "dialogi.sqlite", [f"Room {n + 1}" for n in range(ROOMS)])
    questions = made.ask([f"Room {n + 1}" for n in range(ROOMS)], QUESTIONS_A_ROOM)
    shortlist = [of_room[0] for of_room in questions]
    for question in shortlist:
        made.command("console", "shortlist.set", question=question, on=True)
    seats = made.seat(people)
    # Everybody already stands behind some, as people do by then.
    made.command("console", "phase.set", phase=phase)
    for place, (participant, room, _) in enumerate(seats):
        for k in range(SUPPORTED):
            choice = shortlist if phase == "plenary" else questions[room]
            question = choice[(place + k * 4) % len(choice)]
            made.command(f"participant:{participant}", "vote.set", question=question, on=True)
    made.flush()
    path = folder / "seats"
    with path.open("w") as file:
        for participant, room, resume in seats:
            ballot = shortlist if phase == "plenary" else questions[room]
            print(_cookie(participant, resume), made.rooms[room], ",".join(ballot), file=file)
    behind = people * SUPPORTED // len(shortlist)
    return Stage(made.database, path, people, shortlist, made.revision(), behind)


def build_polis(folder: Path, conversations: Path, questions: int, people: int) -> Stage:
    """An event with one room that has so many real questions, in the support phase."""
    folder.mkdir(parents=True, exist_ok=True)
    made = _Making(folder / "dialogi.sqlite", ["Room 1"])
    texts = _texts(conversations)[:questions]
    asked = made.ask(["Room 1"], len(texts), texts)[0]
    seats = made.seat(people)
    made.command("console", "phase.set", phase="support")
    for place, (participant, _, _) in enumerate(seats):
        for question in asked[place % 7 :: 7]:
            made.command(f"participant:{participant}", "vote.set", question=question, on=True)
    made.flush()
    path = folder / "seats"
    with path.open("w") as file:
        for participant, room, resume in seats:
            print(_cookie(participant, resume), made.rooms[room], ",".join(asked[:60]), file=file)
    return Stage(made.database, path, people, asked, made.revision(), people // 7)


class _Making:
    """Commands for one event, written by the thousand."""

    def __init__(self, database: Path, rooms: list[str]) -> None:
        self.database = database
        file = check_event(
            {
                "title": "The hall that is measured",
                "question": "Which ten questions matter most between us?",
                "language": "en",
                "affiliations": list(SIDES),
                "rooms": [{"name": name} for name in rooms],
            }
        )
        db = open_database(database)
        create_event(
            lambda command: write_alone(database, [command])[0],
            lambda code: reading.find_event(db, code) or 0,
            "http://127.0.0.1",
            file,
            code=CODE,
        )
        self.event = reading.find_event(db, CODE)
        if self.event is None:
            raise RuntimeError("the event was not made")
        state = reading.load(db, self.event)
        self.rooms = list(state.rooms)
        db.close()
        self._waiting: list[Command] = []
        self.replies: list[dict[str, Any]] = []

    def command(self, actor: str, name: str, /, **payload: Any) -> None:
        """Add a command; a batch is written when it is large enough."""
        self._waiting.append(Command(self.event, actor, name, payload, str(uuid.uuid4())))
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self.replies += write_alone(self.database, self._waiting)
        self._waiting = []

    def ask(self, rooms: list[str], each: int, texts: list[str] | None = None) -> list[list[str]]:
        """Questions shown in each room: their ids, by room."""
        self.command("console", "phase.set", phase="discuss")
        self.flush()
        begin = len(self.replies)
        for place, name in enumerate(rooms):
            for n in range(each):
                text = texts[n] if texts else f"What does {name} need to know first, part {n + 1}?"
                self.command(
                    "console", "question.ask", text=text, room=str(self.rooms[place]), **{"for": ""}
                )
        self.flush()
        ids = [reply["question"] for reply in self.replies[begin:]]
        return [ids[place * each : (place + 1) * each] for place in range(len(rooms))]

    def seat(self, people: int) -> list[tuple[str, int, str]]:
        """Seats in all rooms in turn: (participant, place of the room, resume code)."""
        self.flush()
        begin = len(self.replies)
        for n in range(people):
            self.command(
                "door",
                "participant.join",
                name="",
                affiliation=[*SIDES, ""][n % 3],
                room=f"Room {n % len(self.rooms) + 1}",
                resume_hash=f"none-{n}",
            )
        self.flush()
        return [
            (reply["participant"], n % len(self.rooms), f"CODE{n:04}")
            for n, reply in enumerate(self.replies[begin:])
        ]

    def revision(self) -> int:
        """The event's ledger number."""
        return int(self.replies[-1]["revision"])


def _cookie(participant: str, resume: str) -> str:
    seat = {"e": CODE, "r": "participant", "i": int(participant), "c": resume}
    return f"dialogi={_serializer().dumps({'_permanent': True, 'who': [seat]})}"


def _serializer() -> Any:
    app = Flask("bench")
    app.secret_key = SECRET
    return SecureCookieSessionInterface().get_signing_serializer(app)


def _texts(conversations: Path) -> list[str]:
    found: list[str] = []
    for comments in sorted(conversations.glob("*/comments.csv")):
        with comments.open(encoding="utf-8", newline="") as file:
            found += [row["comment-body"] for row in csv.DictReader(file)]
    fitting = [text for text in map(str.strip, found) if 0 < len(text) <= 500]
    return list(dict.fromkeys(fitting))
