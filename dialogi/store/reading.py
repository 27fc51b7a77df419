"""Rows → `EventState`: loading one whole, and bringing it up by what changed since its revision.

Call `load` and `fetch` inside `read_transaction`, so that all rows are of one revision. `fetch` may
run in a thread of its own; `apply` belongs to whoever reads the state.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlite_utils import Database

from ..model.state import Event, EventState, Participant, Question, Room

_decode = msgspec.json.decode


@dataclass(frozen=True)
class Grant:
    """What a secret link gives: `role` is facilitator (of `room`), lead or organiser."""

    id: int
    event: int
    role: str
    room: int | None


@dataclass(frozen=True)
class Deadline:
    """When a phase ends by itself: of the event, or of `room`. Seconds since the epoch."""

    event: int
    room: int | None
    phase: str
    ends_at: float


@dataclass(frozen=True)
class Entry:
    """One accepted command. `at` in seconds since the epoch; payload without its `op`."""

    revision: int
    actor: str
    op: str
    at: float
    command: str
    payload: dict[str, Any]
    reply: dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """What changed in one event after a revision, as one read transaction found it."""

    event: Event
    rooms: list[Any]
    participants: list[Any]
    questions: list[Any]
    votes: list[Any]


@dataclass
class Advance:
    """What applying rows changed beyond the state itself: who moved or was removed, and whose
    own stream (seat, questions, supports) differs.
    """

    unseated: set[int] = field(default_factory=set)
    persons: set[int] = field(default_factory=set)


def find_event(db: Database, code: str) -> int | None:
    """The event with this join code, in any letter case."""
    return _first(db, "SELECT id FROM event WHERE code = ?", code.strip().upper())


def find_by_results_id(db: Database, results_id: str) -> int | None:
    """The event whose results page has this public id."""
    return _first(db, "SELECT id FROM event WHERE results_id = ?", results_id)


def find_by_present_id(db: Database, present_id: str) -> int | None:
    """The event whose projector page has this public id."""
    return _first(db, "SELECT id FROM event WHERE present_id = ?", present_id)


def find_grant(db: Database, token_hash: str) -> Grant | None:
    """The grant of the secret link whose token hashes to this."""
    row = db.execute(
        "SELECT id, event, role, room FROM staff WHERE token_hash = ? AND NOT revoked",
        (token_hash,),
    ).fetchone()
    return Grant(*row) if row else None


def find_seat(db: Database, resume_hash: str) -> tuple[int, int] | None:
    """(event, participant) of the resume code that hashes to this."""
    row = db.execute(
        "SELECT event, id FROM participant WHERE resume_hash = ? AND NOT removed", (resume_hash,)
    ).fetchone()
    return (row[0], row[1]) if row else None


def all_events(db: Database) -> list[int]:
    """The ids of all events, oldest first."""
    return [row[0] for row in db.execute("SELECT id FROM event ORDER BY id")]


def revisions(db: Database) -> dict[int, int]:
    """The ledger number of every event."""
    return {row[0]: row[1] for row in db.execute("SELECT id, revision FROM event")}


def grants(db: Database, event_id: int) -> dict[int, Grant]:
    """The event's grants that hold, by id."""
    rows = db.execute(
        "SELECT id, event, role, room FROM staff WHERE event = ? AND NOT revoked", (event_id,)
    )
    return {row[0]: Grant(*row) for row in rows}


def ledger(db: Database, event_id: int) -> Iterator[Entry]:
    """The event's accepted commands, in order."""
    rows = db.execute(
        "SELECT revision, actor, op, at, command, payload, reply FROM ledger"
        " WHERE event = ? ORDER BY revision",
        (event_id,),
    )
    for row in rows:
        yield Entry(*[*row[:5], _decode(row[5]), _decode(row[6])])


def deadlines(db: Database) -> list[Deadline]:
    """Every running timer."""
    rows = db.execute(
        "SELECT id, NULL, phase, ends_at FROM event WHERE ends_at IS NOT NULL"
        " UNION ALL SELECT r.event, r.id, COALESCE(r.phase, e.phase), r.ends_at"
        " FROM room r JOIN event e ON e.id = r.event WHERE r.ends_at IS NOT NULL"
    )
    return [Deadline(*row) for row in rows]


def kept_secret(db: Database, name: str, make: Callable[[], str]) -> str:
    """The secret that is kept in the database under `name`, made on first use."""
    db.execute(
        "INSERT INTO kept_secret (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (name, make()),
    )
    return str(db.execute("SELECT value FROM kept_secret WHERE name = ?", (name,)).fetchone()[0])


def load(db: Database, event_id: int) -> EventState:
    """The event as the database has it now. KeyError where there is none."""
    return begin(fetch(db, event_id, -1))


def fetch(db: Database, event_id: int, since: int) -> Rows:
    """The rows that changed after revision `since` (-1 for all). KeyError for no such event."""
    changed = (event_id, since)
    return Rows(
        _event(db, event_id),
        db.execute(
            "SELECT id, name, slug, position, video_url, phase, ends_at, changed, context,"
            " people_changed, staff_changed FROM room WHERE event = ? AND touched > ?"
            " ORDER BY position",
            changed,
        ).fetchall(),
        db.execute(
            "SELECT id, number, name, affiliation, room, removed, kept, reason, changed,"
            " supports_changed, moved FROM participant WHERE event = ? AND touched > ?",
            changed,
        ).fetchall(),
        db.execute(
            "SELECT id, number, room, author, text, original_text, lang, hidden, reason,"
            " withdrawn, merged_into, shortlisted, starred_by = 'facilitator', starred_once,"
            " opened, changed, support_changed FROM question WHERE event = ? AND touched > ?"
            " ORDER BY id",
            changed,
        ).fetchall(),
        db.execute(
            "SELECT question, participant, active FROM vote WHERE event = ? AND revision > ?",
            changed,
        ).fetchall(),
    )


def begin(rows: Rows) -> EventState:
    """A new state from all rows of an event."""
    state = EventState(rows.event)
    apply(state, rows)
    return state


def apply(state: EventState, rows: Rows) -> Advance:
    """Bring `state` up to `rows`, in place, unless it is as new already."""
    advance = Advance()
    if rows.event.revision < state.revision:
        return advance
    state.event = rows.event
    for row in rows.rooms:
        state.rooms[row[0]] = Room(*row)
        state.room_questions.setdefault(row[0], set())
        state.room_people.setdefault(row[0], set())
    for row in rows.participants:
        _put_participant(state, row, advance)
    for row in rows.questions:
        _put_question(state, row, advance)
    for question, participant, active in rows.votes:
        supporters = state.supporters.setdefault(question, set())
        supports = state.supports.setdefault(participant, set())
        if active:
            supporters.add(participant)
            supports.add(question)
        else:
            supporters.discard(participant)
            supports.discard(question)
        state.crowds.vote(question, state.participants[participant], on=bool(active))
    return advance


def _put_participant(state: EventState, row: Any, advance: Advance) -> None:
    person = Participant(*_flags(row, 5, 6))
    before = state.participants.get(person.id)
    if before is not None:
        state.room_people[before.room].discard(person.id)
        if (before.room, before.removed) != (person.room, person.removed):
            advance.unseated.add(person.id)
    if not person.removed:
        state.room_people[person.room].add(person.id)
    state.participants[person.id] = person
    state.crowds.seat(person)
    advance.persons.add(person.id)


def _put_question(state: EventState, row: Any, advance: Advance) -> None:
    question = Question(*_flags(row, 7, 9, 11, 12, 13, 14))
    before = state.questions.get(question.id)
    if before is not None and before.merged_into is not None:
        state.parts[before.merged_into].discard(question.id)
    if question.merged_into is not None:
        state.parts.setdefault(question.merged_into, set()).add(question.id)
    state.questions[question.id] = question
    state.room_questions[question.room].add(question.id)
    if question.author is not None:
        state.authored.setdefault(question.author, set()).add(question.id)
        advance.persons.add(question.author)


def _flags(row: Any, *places: int) -> list[Any]:
    """The row's values, with SQLite's 0 and 1 at `places` as booleans."""
    values = list(row)
    for place in places:
        values[place] = bool(values[place])
    return values


def _event(db: Database, event_id: int) -> Event:
    row = db.execute(
        "SELECT id, code, results_id, present_id, settings, places, demo, phase, ends_at, draft,"
        " published, revision, changed, context, list_changed FROM event WHERE id = ?",
        (event_id,),
    ).fetchone()
    if row is None:
        raise KeyError(event_id)
    settings = _decode(row["settings"])
    return Event(
        id=row["id"],
        code=row["code"],
        results_id=row["results_id"],
        present_id=row["present_id"],
        title=settings["title"],
        question=settings["question"],
        language=settings["language"],
        starts=settings["starts"],
        places=row["places"],
        affiliations=tuple(settings["affiliations"]),
        series=settings["series"],
        organiser=settings["organiser"],
        video_url=settings["video_url"],
        highlights=tuple(settings["highlights"]),
        programme=tuple(settings["programme"]),
        guiding_questions=tuple(settings["guiding_questions"]),
        ground_rules=tuple(settings["ground_rules"]),
        help_phone=settings["help_phone"],
        help_email=settings["help_email"],
        demo=bool(row["demo"]),
        phase=row["phase"],
        ends_at=row["ends_at"],
        draft=_decode(row["draft"]) if row["draft"] else None,
        published=_decode(row["published"]) if row["published"] else None,
        revision=row["revision"],
        changed=row["changed"],
        context=row["context"],
        list_changed=row["list_changed"],
    )


def _first(db: Database, sql: str, value: str) -> int | None:
    row = db.execute(sql, (value,)).fetchone()
    return int(row[0]) if row else None
