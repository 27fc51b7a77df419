"""Seats: joining, moving, removing and returning people."""

from typing import Any

from ..errors import N_, Refusal
from ..model import phases
from ..model.limits import NAME_LENGTH, REASON_LENGTH, ROOM_SEATS, SMALLEST_SIDE, clean
from ..model.seating import Table, emptiest
from .clusters import touch, touch_support
from .context import LEADS, PARTICIPANT, STAFF, Context, Fields, Reply, command
from .questions import number_unseen

#: How "other / rather not say" may come: the form's empty answer, or the contract's word.
NO_SIDE = ("", "other")


class Join(Fields):
    """`room` is a name, or empty for a seat where people are fewest."""

    name: str
    affiliation: str
    room: str
    resume_hash: str


class Take(Fields):
    room: str


class Move(Fields):
    participant: str
    room: str


class Remove(Fields):
    participant: str
    reason: str = ""
    keep: bool = True


class Return(Fields):
    """`reason` is for the ledger; `keep` says nothing here, as all that was theirs comes back."""

    participant: str
    reason: str = ""
    keep: bool = True


@command("participant.join", (("door",), Join), public=False)
def join(context: Context, payload: Join) -> Reply:
    """A new seat."""
    name = clean(payload.name, "name", NAME_LENGTH, may_be_empty=True)
    sides = _affiliations(context)
    if payload.affiliation not in {*NO_SIDE, *sides}:
        raise Refusal(
            "invalid",
            N_("%(name)s is not one of the answers. Choose one of the list."),
            field="affiliation",
            name=payload.affiliation[:NAME_LENGTH],
        )
    affiliation = payload.affiliation if payload.affiliation in sides else None
    room = _room_to_sit_in(context, payload.room, affiliation)
    number = context.rows(
        "UPDATE event SET next_participant = next_participant + 1 WHERE id = ?"
        " RETURNING next_participant - 1",
        context.event,
    )[0][0]
    before = _sizes(context)
    participant = context.rows(
        "INSERT INTO participant (event, number, name, affiliation, room, resume_hash, touched,"
        " changed, supports_changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7) RETURNING id",
        context.event,
        number,
        name,
        affiliation,
        room,
        payload.resume_hash,
        context.revision,
    )[0][0]
    _seats_changed(context, room)
    _split_changed(context, before)
    return {"participant": str(participant), "room": str(room), "number": number}


@command("seat.take", (PARTICIPANT, Take), public=False)
def take(context: Context, payload: Take) -> Reply:
    """Move one's own seat, by opening another room's link."""
    seat = context.the_seat()
    return _move(context, seat.id, seat.room, context.room(payload.room))


@command("participant.move", (LEADS, Move))
def move(context: Context, payload: Move) -> Reply:
    """Seat somebody in another room; their questions stay where they were asked."""
    person = context.participant(payload.participant)
    return _move(context, person["id"], person["room"], context.room(payload.room))


@command("participant.remove", (STAFF, Remove))
def remove(context: Context, payload: Remove) -> Reply:
    """Take somebody out of the event; with `keep` their questions and support stay.

    Without it their questions are hidden until they return, and their support does not count.
    """
    reason = clean(payload.reason, "reason", REASON_LENGTH, may_be_empty=True)
    person = context.participant(payload.participant)
    context.leads(person["room"])
    before = _sizes(context)
    context.run(
        "UPDATE participant SET removed = 1, kept = ?1, reason = ?2, changed = ?3,"
        " supports_changed = ?3, touched = ?3 WHERE id = ?4",
        int(payload.keep),
        reason,
        context.revision,
        person["id"],
    )
    if payload.keep:
        _show_own(context, person["id"])
    else:
        context.run(
            "UPDATE question SET hidden = 1, hidden_by = 'removal', reason = ?"
            " WHERE author = ? AND NOT hidden",
            reason,
            person["id"],
        )
    _person_changed(context, person, before)
    return {"participant": payload.participant}


@command("participant.return", (STAFF, Return))
def give_back(context: Context, payload: Return) -> Reply:
    """Let a removed person in again, with everything that was theirs."""
    clean(payload.reason, "reason", REASON_LENGTH, may_be_empty=True)
    person = context.participant(payload.participant)
    context.leads(person["room"])
    if person["removed"]:
        _free_seat(context, person["room"])
    before = _sizes(context)
    context.run(
        "UPDATE participant SET removed = 0, kept = 0, reason = '', changed = ?1,"
        " supports_changed = ?1, touched = ?1 WHERE id = ?2",
        context.revision,
        person["id"],
    )
    _show_own(context, person["id"])
    _person_changed(context, person, before)
    return {"participant": payload.participant}


def _room_to_sit_in(context: Context, name: str, affiliation: str | None) -> int:
    if name:
        found = context.rows(
            "SELECT id FROM room WHERE event = ? AND name = ?", context.event, name
        )
        if not found:
            raise Refusal(
                "not_found",
                N_("There is no room %(name)s. Choose one of the list."),
                field="room",
                name=name[:NAME_LENGTH],
            )
        _free_seat(context, found[0][0])
        return int(found[0][0])
    tables = [
        Table(*row)
        for row in context.rows(
            "SELECT r.id, COUNT(p.id), COALESCE(SUM(p.affiliation IS ?), 0) FROM room r"
            " LEFT JOIN participant p ON p.room = r.id AND NOT p.removed"
            " WHERE r.event = ? GROUP BY r.id ORDER BY r.position",
            affiliation,
            context.event,
        )
    ]
    room = emptiest(tables, ROOM_SEATS)
    if room is None:
        raise _full()
    return room


def _free_seat(context: Context, room: int) -> None:
    seated = context.rows("SELECT COUNT(*) FROM participant WHERE room = ? AND NOT removed", room)[
        0
    ][0]
    if seated >= ROOM_SEATS:
        raise _full()


def _full() -> Refusal:
    return Refusal(
        "room_full", N_("The room is full. Choose another one or call the organiser."), field="room"
    )


def _move(context: Context, participant: int, origin: int, room: Any) -> Reply:
    if room["id"] != origin:
        _free_seat(context, room["id"])
        context.run(
            "UPDATE participant SET room = ?1, changed = ?2, moved = ?2, touched = ?2"
            " WHERE id = ?3",
            room["id"],
            context.revision,
            participant,
        )
        _seats_changed(context, origin)
        _seats_changed(context, room["id"])
    return {"participant": str(participant), "room": str(room["id"])}


def _show_own(context: Context, participant: int) -> None:
    """What was hidden only because its author was removed comes back."""
    context.run(
        "UPDATE question SET hidden = 0, hidden_by = NULL, reason = ''"
        " WHERE author = ? AND hidden_by = 'removal'",
        participant,
    )


def _person_changed(context: Context, person: Any, before: dict[str | None, int]) -> None:
    for row in context.rows("SELECT id, room FROM question WHERE author = ?", person["id"]):
        touch(context, row[0])
        _staff_changed(context, row[1])
    for row in context.rows(
        "SELECT question FROM vote WHERE participant = ? AND active", person["id"]
    ):
        touch_support(context, row[0])
    number_unseen(context)
    _seats_changed(context, person["room"])
    _split_changed(context, before)


def _staff_changed(context: Context, room: int) -> None:
    context.run(
        "UPDATE room SET staff_changed = ?1, touched = ?1 WHERE id = ?2", context.revision, room
    )


def _seats_changed(context: Context, room: int) -> None:
    context.run(
        "UPDATE room SET people_changed = ?1, touched = ?1 WHERE id = ?2", context.revision, room
    )


def _affiliations(context: Context) -> list[str]:
    return [
        row[0]
        for row in context.rows(
            "SELECT value FROM event, json_each(settings, '$.affiliations') WHERE event.id = ?",
            context.event,
        )
    ]


def _sizes(context: Context) -> dict[str | None, int]:
    if context.event_phase not in phases.SPLIT:
        return {}
    return dict(
        context.db.execute(
            "SELECT affiliation, COUNT(*) FROM participant WHERE event = ?"
            " AND (kept OR NOT removed) GROUP BY affiliation",
            (context.event,),
        ).fetchall()
    )


def _split_changed(context: Context, before: dict[str | None, int]) -> None:
    """Support by affiliation appears or disappears for everybody when a group crosses five."""
    after = _sizes(context)
    if any(
        _shows(before.get(side, 0), side) != _shows(after.get(side, 0), side)
        for side in before.keys() | after.keys()
    ):
        context.run("UPDATE event SET context = ? WHERE id = ?", context.revision, context.event)


def _shows(size: int, side: str | None) -> bool:
    return size >= SMALLEST_SIDE or (side is None and size == 0)
