"""An event in a database file, changed by the product's own commands: no server, nothing faked.

Rooms, people, questions and grants have ids of millions of their own, so that a mix-up never passes
by chance. A second event, `elsewhere`, holds one of each.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialogi.commands import Command
from dialogi.errors import Refusal
from dialogi.model.event_file import check_event
from dialogi.model.state import EventState
from dialogi.store import Database, open_database, read_transaction, reading
from dialogi.writer import Outcome, Reply, write

GRANTS, ROOMS, PEOPLE, QUESTIONS = 3_000_000, 5_000_000, 7_000_000, 9_000_000

Dump = dict[str, list[tuple[Any, ...]]]


@dataclass
class Place:
    """An event: its id, the ids of its rooms by name, and the actors that its grants stand for."""

    event: int
    rooms: dict[str, str]
    lead: str = ""
    organiser: str = ""
    facilitators: dict[str, str] = field(default_factory=dict)


class Hall:
    """Two events, `here` and `elsewhere`, in a database of their own."""

    def __init__(
        self,
        folder: Path,
        *,
        rooms: Sequence[str] = ("A", "B"),
        affiliations: Sequence[str] = ("x", "y"),
        places: int = 5,
    ) -> None:
        self.path = folder / "hall.sqlite"
        self.db: Database = open_database(self.path)
        self._ops = itertools.count(1)
        self.elsewhere = self._elsewhere()
        self.here = self.open_event("HERE", rooms, affiliations, places)

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    # Doing.

    def op(self) -> str:
        """Return a new op; the same in every run."""
        return str(uuid.UUID(int=next(self._ops), version=4))

    def command(self, actor: str, name: str, payload: dict[str, Any] | None = None) -> Command:
        """Return a command in the event here, with a new op."""
        return Command(self.here.event, actor, name, payload or {}, self.op())

    def write(self, commands: list[Command]) -> list[Outcome]:
        """Send commands as one batch; none may break."""
        outcomes, trouble = write(self.db, commands)
        assert trouble == [], trouble[0]
        return outcomes

    def send(self, actor: str, name: str, **payload: Any) -> Outcome:
        """Send one command; `for_` stands for the key `for`."""
        return self.write([self.command(actor, name, _named(payload))])[0]

    def do(self, actor: str, name: str, **payload: Any) -> Reply:
        """Send one command that is accepted; return its reply."""
        outcome = self.send(actor, name, **payload)
        assert isinstance(outcome, dict), f"{name} was refused: {outcome!r}"
        return outcome

    def refused(self, actor: str, name: str, **payload: Any) -> Refusal:
        """Send one command that is refused and leaves everything as it was; return why."""
        before = self.dump()
        outcome = self.send(actor, name, **payload)
        assert isinstance(outcome, Refusal), f"{name} was accepted: {outcome!r}"
        assert self.dump() == before
        return outcome

    def join(self, room: str = "A", affiliation: str = "x", name: str = "") -> str:
        """Seat a new person; return them as an actor."""
        outcome = self.write([self.joining(self.here.event, room, affiliation, name)])[0]
        assert isinstance(outcome, dict), f"joining was refused: {outcome!r}"
        return f"participant:{outcome['participant']}"

    def joining(self, event: int, room: str, affiliation: str, name: str = "") -> Command:
        """Return the command by which somebody joins."""
        op = self.op()
        payload = {"name": name, "affiliation": affiliation, "room": room, "resume_hash": op}
        return Command(event, "door", "participant.join", payload, op)

    def phase(self, phase: str, room: str = "") -> None:
        """Begin a phase, of the event or of a room by its name."""
        self.do(self.here.lead, "phase.set", phase=phase, room=self.here.rooms.get(room, ""))

    def ask(self, actor: str, text: str = "Why?") -> str:
        """Ask a question; return its id."""
        return str(self.do(actor, "question.ask", text=text)["question"])

    # Looking.

    def state(self, event: int | None = None) -> EventState:
        """Return an event as the database has it."""
        with read_transaction(self.db):
            return reading.load(self.db, event or self.here.event)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self.db.execute(sql, values)]

    def one(self, sql: str, *values: object) -> Any:
        """Return the only value of a query."""
        return self.rows(sql, *values)[0][0]

    def dump(self) -> Dump:
        """Return everything that is stored."""
        return dump(self.db)

    # Setting up.

    def open_event(
        self, code: str, rooms: Iterable[str], affiliations: Sequence[str], places: int
    ) -> Place:
        """Make an event with a lead, an organiser and a facilitator for each room."""
        place = self._create(code, rooms, affiliations, places)
        self._grant(place, code)
        return place

    def _elsewhere(self) -> Place:
        """Make the other event; what is made later counts on from its ids."""
        place = self._create("ELSEWHERE", ["A"], ["x"], 3)
        self.db.execute("UPDATE room SET id = ?", (ROOMS,))
        place.rooms["A"] = str(ROOMS)
        place.lead = self._add_grant(place, "ELSEWHERE", "lead", "")
        self.db.execute("UPDATE staff SET id = ?", (GRANTS,))
        place.lead = f"grant:{GRANTS}"
        self._grant(place, "ELSEWHERE")
        self.write([self.joining(place.event, "A", "x")])
        self.db.execute("UPDATE participant SET id = ?", (PEOPLE,))
        ask = {"text": "Elsewhere?", "room": place.rooms["A"]}
        self.write([Command(place.event, place.lead, "question.ask", ask, self.op())])
        self.db.execute("UPDATE question SET id = ?", (QUESTIONS,))
        return place

    def _create(
        self, code: str, rooms: Iterable[str], affiliations: Sequence[str], places: int
    ) -> Place:
        file = check_event(
            {
                "title": code,
                "question": "Which?",
                "places": places,
                "affiliations": list(affiliations),
                "rooms": [{"name": name} for name in rooms],
            }
        )
        payload = {
            "code": code,
            "results_id": f"results-{code}",
            "present_id": f"present-{code}",
            "settings": {key: value for key, value in file.items() if key != "rooms"},
            "rooms": [{"name": name, "slug": slug(code, name)} for name in rooms],
        }
        outcome = self.write([Command(None, "console", "event.create", payload, self.op())])[0]
        assert isinstance(outcome, dict)
        event = reading.find_event(self.db, code)
        assert event is not None
        found = self.rows("SELECT name, id FROM room WHERE event = ? ORDER BY position", event)
        return Place(event, {name: str(room) for name, room in found})

    def _grant(self, place: Place, code: str) -> None:
        place.lead = place.lead or self._add_grant(place, code, "lead", "")
        place.organiser = self._add_grant(place, code, "organiser", "")
        for name in place.rooms:
            place.facilitators[name] = self._add_grant(place, code, "facilitator", name)

    def _add_grant(self, place: Place, code: str, role: str, room: str) -> str:
        payload = {"role": role, "token_hash": f"{code} {role} {room}"}
        if room:
            payload["room"] = slug(code, room)
        outcome = self.write([Command(place.event, "console", "grant.add", payload, self.op())])[0]
        assert isinstance(outcome, dict)
        return f"grant:{outcome['grant']}"


def slug(code: str, room: str) -> str:
    """Return what a room is called in its link."""
    return f"{code}-{room}".lower()


def dump(db: Database) -> Dump:
    """Return every row of every table."""
    tables = ("event", "room", "participant", "staff", "question", "vote", "ledger")
    return {
        table: [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
        for table in tables
    }


def number(actor: str) -> int:
    """Return the id in `participant:ID` or `grant:ID`."""
    return int(actor.partition(":")[2])


def _named(payload: dict[str, Any]) -> dict[str, Any]:
    return {key.rstrip("_"): value for key, value in payload.items()}
