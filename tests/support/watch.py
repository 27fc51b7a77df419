"""Somebody who follows every stream of one event for every audience, and knows what may be on it.

After each batch, what was held and folded must equal what a newcomer gets; what a newcomer gets is
compared with the rows of the database, read apart from the product.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from dialogi.model.state import EventState
from dialogi.snapshot import Stream, changes
from dialogi.store import read_transaction, reading
from tests.support.hall import Hall
from tests.support.world import SHOWN_IN

Entity = dict[str, Any]
Held = dict[tuple[str, str], Entity]
Row = dict[str, Any]

#: How tests write texts that can be told apart: question texts, and the leads' wordings.
TOKEN = re.compile(r"\bq\d+q\b")
PERSON = re.compile(r"(?<![\d.])70\d{5}(?!\d)")


def fold(held: Held, found: list[Entity]) -> Held:
    """Return what one holds after a delta: whole entities, by type and id."""
    held = dict(held)
    for change in found:
        if change.get("gone"):
            held.pop((change["type"], change["id"]), None)
        else:
            held[change["type"], change["id"]] = change
    return held


@dataclass
class Bookmark:
    """What was held of a stream at an earlier revision."""

    revision: int
    held: Held


class Watcher:
    """Follows an event: its state by rows changed since, its streams by changes since."""

    def __init__(self, hall: Hall, event: int) -> None:
        self.hall, self.event = hall, event
        self.state = hall.state(event)
        self.held: dict[Stream, Held] = {}
        self.bookmarks: dict[Stream, Bookmark] = {}
        self.numbers: dict[int, int] = {}
        self.public: set[str] = set()
        for stream in self.streams():
            self.held[stream] = fold({}, changes(self.state, stream))
        self.bookmark()

    def streams(self) -> list[Stream]:
        """Return every stream for every audience."""
        rooms, people = self.state.rooms, self.state.participants
        grants = self.hall.rows("SELECT id FROM staff WHERE event = ?", self.event)
        return [
            Stream("event"),
            Stream("public"),
            Stream("lead"),
            *(Stream(kind, room) for room in rooms for kind in ("room", "facilitators")),
            *(Stream("me", person) for person in people),
            *(Stream("staff", grant) for (grant,) in grants),
        ]

    def bookmark(self) -> None:
        """Put aside what is held now, to catch up from later."""
        self.bookmarks = {
            stream: Bookmark(self.state.revision, held) for stream, held in self.held.items()
        }

    def advance(self) -> None:
        """Take in what was committed, and check everything that must hold."""
        before = self.state
        since = before.revision
        seats = {person.id: (person.room, person.removed) for person in seated(before)}
        with read_transaction(self.hall.db):
            rows = reading.fetch(self.hall.db, self.event, since)
        advance = reading.apply(self.state, rows)
        assert advance.unseated == {
            person.id
            for person in seated(self.state)
            if person.id in seats and seats[person.id] != (person.room, person.removed)
        }
        assert_same_state(self.state, self.hall.state(self.event))
        truth = Truth(self.hall, self.event)
        truth.check(self.numbers, self.public)
        for stream in self.streams():
            fresh = fold({}, changes(self.state, stream))
            self._caught_up(stream, fresh, since, advance.persons)
            truth.check_stream(stream, fresh, self.public)
            self.held[stream] = fresh

    def _caught_up(self, stream: Stream, fresh: Held, since: int, persons: set[int]) -> None:
        if stream in self.held:
            delta = changes(self.state, stream, since)
            keys = [(change["type"], change["id"]) for change in delta]
            assert len(keys) == len(set(keys)), f"{stream}: an entity twice in a delta"
            if stream.kind == "me" and delta:
                assert stream.id in persons, f"{stream}: nobody is told"
            assert_same_sight(stream, fold(self.held[stream], delta), fresh, since)
        if stream in self.bookmarks:
            mark = self.bookmarks[stream]
            caught_up = fold(mark.held, changes(self.state, stream, mark.revision))
            assert_same_sight(stream, caught_up, fresh, mark.revision)


def seated(state: EventState) -> list[Any]:
    """Return everybody who has or had a seat."""
    return list(state.participants.values())


def assert_same_state(ours: EventState, loaded: EventState) -> None:
    """Check that an advanced state is the one that a newcomer loads, but for empty sets."""
    assert _without_empty(ours) == _without_empty(loaded)


def _without_empty(state: EventState) -> dict[str, Any]:
    return {
        name: {key: each for key, each in value.items() if each != set()}
        if isinstance(value, dict)
        else value
        for name, value in vars(state).items()
    }


def assert_same_sight(stream: Stream, folded: Held, fresh: Held, since: int) -> None:
    """Check that what was folded is what a newcomer gets."""
    if folded != fresh:
        differing = [
            f"{key}: folded {folded.get(key)} | fresh {fresh.get(key)}"
            for key in sorted({*folded, *fresh})
            if folded.get(key) != fresh.get(key)
        ]
        raise AssertionError("\n".join([f"{stream} since {since}:", *differing]))


class Truth:
    """One event's rows, and what the contract says of them, worked out slowly."""

    def __init__(self, hall: Hall, event: int) -> None:
        def table(sql: str) -> list[Row]:
            return [dict(row) for row in hall.db.execute(sql, (event,))]

        self.event = table("SELECT * FROM event WHERE id = ?")[0]
        self.rooms = {row["id"]: row for row in table("SELECT * FROM room WHERE event = ?")}
        self.people = {row["id"]: row for row in table("SELECT * FROM participant WHERE event = ?")}
        self.questions = {row["id"]: row for row in table("SELECT * FROM question WHERE event = ?")}
        votes = table("SELECT question, participant FROM vote WHERE event = ? AND active")
        self.votes = {(row["question"], row["participant"]) for row in votes}
        ledger = table("SELECT revision FROM ledger WHERE event = ? ORDER BY revision")
        self.ledger = [row["revision"] for row in ledger]

    # What must hold of the rows.

    def check(self, numbers: dict[int, int], public: set[str]) -> None:
        """Check the rows; `numbers` and `public` are what was known before, and grow."""
        assert self.ledger == list(range(1, self.event["revision"] + 1))
        for question in self.questions:
            self.above(question)
        given = [row["number"] for row in self.questions.values() if row["number"] is not None]
        assert len(given) == len(set(given))
        for question, number in numbers.items():
            assert self.questions[question]["number"] == number
        for question, row in self.questions.items():
            shown = self.visible(question) and self.phase(row["room"]) in SHOWN_IN
            assert row["number"] is not None or not shown, "shown, and has no number"
            assert row["merged_into"] is None or row["merged_into"] in self.questions
            if row["number"] is not None:
                numbers[question] = row["number"]
                public.update(TOKEN.findall(row["text"] + " " + row["original_text"]))
        for entry in json.loads(self.event["published"] or "{}").get("entries", []):
            seen = [wording for wording in entry["wordings"] if wording["number"] is not None]
            public.update(TOKEN.findall(json.dumps(seen)))
        for question, person in self.votes:
            assert question in self.questions
            assert person in self.people

    def above(self, question: int) -> list[int]:
        """Return what a question was merged into, up to the root; circles fail."""
        found: list[int] = []
        into = self.questions[question]["merged_into"]
        while into is not None:
            assert into not in found, f"a circle of merges: {found}"
            assert into != question, f"a circle of merges: {found}"
            found.append(into)
            into = self.questions[into]["merged_into"]
        return found

    def visible(self, question: int) -> bool:
        """Tell if a question is neither hidden nor withdrawn."""
        return not (self.questions[question]["hidden"] or self.questions[question]["withdrawn"])

    def parts(self, root: int) -> list[int]:
        """Return a question and its visible parts."""
        parts = [each for each in self.questions if root in self.above(each) and self.visible(each)]
        return [root, *parts]

    def behind(self, question: int) -> int:
        """Return how many counted people stand behind a question."""
        parts = self.parts(question)
        people = {person for each, person in self.votes if each in parts}
        return sum(self.counts(person) for person in people)

    def counts(self, person: int) -> bool:
        """Tell if somebody is one of the event's people."""
        return bool(self.people[person]["kept"] or not self.people[person]["removed"])

    def phase(self, room: int) -> str:
        """Return the phase that holds in a room."""
        return str(self.rooms[room]["phase"] or self.event["phase"])

    # What may and must be on a stream.

    def check_stream(self, stream: Stream, seen: Held, public: set[str]) -> None:
        """Check one stream's sight for the texts, people and counts that belong there."""
        questions = {int(key) for kind, key in seen if kind == "question"}
        supports = {int(key) for kind, key in seen if kind == "support"}
        shown, supported = self._expected(stream)
        assert questions == shown, stream
        assert supports == supported, stream
        for (kind, key), entity in seen.items():
            if kind == "support":
                assert entity["people"] == self.behind(int(key)), stream
            if kind == "room":
                self._check_room(entity)
        self._check_secrets(stream, seen, public)

    def _expected(self, stream: Stream) -> tuple[set[int], set[int]]:
        if stream.kind == "event":
            shown = self._shortlist() if self._in_plenary() else set()
            return shown, shown
        if stream.kind == "me":
            own = {q for q, row in self.questions.items() if row["author"] == stream.id}
            return own, set()
        numbered = {q for q, row in self.questions.items() if row["number"] is not None}
        if stream.kind == "room":
            listed = {
                q for q in numbered if self.questions[q]["room"] == stream.id and self.visible(q)
            }
            phase = self.phase(stream.id)
            return (
                listed if phase in {"discuss", "support"} else set(),
                listed if phase == "support" else set(),
            )
        if stream.kind in {"facilitators", "lead"}:
            moderated = {
                q
                for q in numbered
                if not self.questions[q]["withdrawn"]
                and (stream.kind == "lead" or self.questions[q]["room"] == stream.id)
            }
            return moderated, moderated
        return set(), set()

    def _in_plenary(self) -> bool:
        return "plenary" in {self.event["phase"], *(room["phase"] for room in self.rooms.values())}

    def _shortlist(self) -> set[int]:
        shown: set[int] = set()
        for question, row in self.questions.items():
            if row["merged_into"] is None and self.visible(question):
                parts = self.parts(question)
                if any(self.questions[part]["shortlisted"] for part in parts):
                    shown.update(parts)
        return {question for question in shown if self.questions[question]["number"] is not None}

    def _check_room(self, entity: Entity) -> None:
        room = int(entity["id"])
        assert entity["phase"] == self.phase(room)
        here = [p for p, row in self.people.items() if row["room"] == room and not row["removed"]]
        assert entity.get("people", len(here)) == len(here)
        if "unshown" not in entity:
            return
        questions = [row for row in self.questions.values() if row["room"] == room]
        visible = [row for row in questions if not (row["hidden"] or row["withdrawn"])]
        writers = {row["author"] for row in self.questions.values() if not row["withdrawn"]}
        assert entity["unshown"] == sum(row["number"] is None for row in visible)
        assert entity["silent"] == len(set(here) - writers)
        assert entity["starred"] == sum(
            row["shortlisted"] and row["starred_by"] == "facilitator" for row in visible
        )

    def _check_secrets(self, stream: Stream, seen: Held, public: set[str]) -> None:
        """No author, no supporter, and no text that nobody was shown but its author."""
        readable = public
        if stream.kind == "me":
            own = (row for row in self.questions.values() if row["author"] == stream.id)
            readable = public.union(
                *(TOKEN.findall(row["text"] + " " + row["original_text"]) for row in own)
            )
        for (kind, key), entity in seen.items():
            text = json.dumps(entity)
            named = set(PERSON.findall(text))
            assert named <= ({key} if kind in {"me", "participant"} else set()), (stream, entity)
            assert set(TOKEN.findall(text)) <= readable, (stream, entity)
        kinds = {kind for kind, _ in seen}
        assert "participant" not in kinds or stream.kind in {"facilitators", "lead"}
        assert "me" not in kinds or stream == Stream("me", stream.id)
