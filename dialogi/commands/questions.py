"""Asking, editing and withdrawing; hiding, restoring and rewording."""

import msgspec

from ..errors import N_, Refusal, forbidden
from ..model import phases
from ..model.language import guess_language
from ..model.limits import EVENT_QUESTIONS, QUESTION_LENGTH, REASON_LENGTH, clean
from .clusters import people_behind, touch
from .context import PARTICIPANT, STAFF, Context, Fields, Reply, command, missing


class Ask(Fields):
    text: str


class AskFor(Fields):
    text: str
    room: str = ""
    participant: str = msgspec.field(name="for", default="")


class One(Fields):
    question: str


class Text(Fields):
    question: str
    text: str


class Hide(Fields):
    question: str
    reason: str = ""


@command("question.ask", (PARTICIPANT, Ask), (STAFF, AskFor))
def ask(context: Context, payload: Ask | AskFor) -> Reply:
    """A new question; whoever asks it supports it."""
    text = clean(payload.text, "text", QUESTION_LENGTH)
    if isinstance(payload, Ask):
        seat = context.the_seat()
        in_phase(seat.phase, phases.ASKING)
        author: int | None = seat.id
        room, phase = seat.room, seat.phase
    else:
        if not payload.room and context.own_room is None:
            raise Refusal("invalid", N_("Say which room the question is for."), field="room")
        row = context.room(payload.room or str(context.own_room))
        room, phase = row["id"], row["phase"] or context.event_phase
        context.leads(room)
        author = _on_behalf_of(context, payload.participant, room)
    asked = context.rows("SELECT COUNT(*) FROM question WHERE event = ?", context.event)[0][0]
    if asked >= EVENT_QUESTIONS:
        raise Refusal(
            "quota_full",
            N_("The event is full: it has %(most)s questions. Support one of them instead."),
            most=EVENT_QUESTIONS,
        )
    question = context.db.execute(
        "INSERT INTO question (event, room, author, asked_by, text, original_text, lang, touched,"
        " changed, support_changed) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?7, ?7) RETURNING id",
        (context.event, room, author, context.actor, text, _lang(context, text), context.revision),
    ).fetchone()[0]
    if author is not None:
        context.run(
            "INSERT INTO vote (question, participant, event, active, revision)"
            " VALUES (?, ?, ?, 1, ?)",
            question,
            author,
            context.event,
            context.revision,
        )
        touch_supports(context, author)
    if phase in phases.SHOWING:
        number_unseen(context, room)
    _staff_hears(context, room)
    return {"question": str(question)}


@command("question.edit", (PARTICIPANT, Text))
def edit(context: Context, payload: Text) -> Reply:
    """The author's new wording, while nobody else stands behind the question."""
    text = clean(payload.text, "text", QUESTION_LENGTH)
    question = _own(context, payload.question)
    context.run(
        "UPDATE question SET text = ?1, original_text = ?1, lang = ?2 WHERE id = ?3",
        text,
        _lang(context, text),
        question,
    )
    touch(context, question)
    return {"question": payload.question}


@command("question.withdraw", (PARTICIPANT, One))
def withdraw(context: Context, payload: One) -> Reply:
    """The author takes the question back, while nobody else stands behind it."""
    question = _own(context, payload.question)
    context.run("UPDATE question SET withdrawn = 1 WHERE id = ?", question)
    touch(context, question)
    seat = context.the_seat()
    touch_supports(context, seat.id)
    # Where they sit now they may count as silent again, although they asked elsewhere.
    for room in {seat.room, context.question(payload.question)["room"]}:
        _staff_hears(context, room)
    return {"question": payload.question}


@command("question.hide", (STAFF, Hide))
def hide(context: Context, payload: Hide) -> Reply:
    """Take a question off the screens, with a reason that its author is told."""
    reason = clean(payload.reason, "reason", REASON_LENGTH, may_be_empty=True)
    question = context.moderated(payload.question)
    context.run(
        "UPDATE question SET hidden = 1, hidden_by = 'staff', reason = ? WHERE id = ?",
        reason,
        question["id"],
    )
    touch(context, question["id"])
    _staff_hears(context, question["room"])
    return {"question": payload.question}


@command("question.restore", (STAFF, One))
def restore(context: Context, payload: One) -> Reply:
    """Show a hidden question again."""
    question = context.moderated(payload.question)
    context.run(
        "UPDATE question SET hidden = 0, hidden_by = NULL, reason = '' WHERE id = ?", question["id"]
    )
    # What was hidden before anybody saw it is shown for the first time now.
    number_unseen(context, question["room"])
    touch(context, question["id"])
    _staff_hears(context, question["room"])
    return {"question": payload.question}


@command("question.reword", (STAFF, Text))
def reword(context: Context, payload: Text) -> Reply:
    """A clearer wording by the facilitator; the author's own stays beside it."""
    text = clean(payload.text, "text", QUESTION_LENGTH)
    question = context.moderated(payload.question)
    if question["withdrawn"]:
        raise Refusal("conflict", N_("The author has withdrawn this question. Reload the list."))
    context.run(
        "UPDATE question SET text = ?, lang = ? WHERE id = ?",
        text,
        _lang(context, text),
        question["id"],
    )
    touch(context, question["id"])
    return {"question": payload.question}


def number_unseen(context: Context, room: int | None = None) -> None:
    """Give numbers, in the order of asking, to what is shown now for the first time.

    In `room`, or in every room of the event whose phase shows questions.
    """
    unseen = context.rows(
        "SELECT q.id, COALESCE(r.phase, ?2) FROM question q JOIN room r ON r.id = q.room"
        " WHERE q.event = ?1 AND q.number IS NULL AND NOT q.hidden AND NOT q.withdrawn"
        " AND (?3 IS NULL OR q.room = ?3) ORDER BY q.id",
        context.event,
        context.event_phase,
        room,
    )
    shown = [row for row in unseen if row[1] in phases.SHOWING]
    if not shown:
        return
    first = context.rows("SELECT next_question FROM event WHERE id = ?", context.event)[0][0]
    for number, row in enumerate(shown, start=first):
        context.run(
            "UPDATE question SET number = ?1, changed = ?2, support_changed = ?2, touched = ?2"
            " WHERE id = ?3",
            number,
            context.revision,
            row[0],
        )
    context.run(
        "UPDATE event SET next_question = ? WHERE id = ?", first + len(shown), context.event
    )


def touch_supports(context: Context, participant: int) -> None:
    """Mark what this person supports as changed."""
    context.run(
        "UPDATE participant SET supports_changed = ?1, touched = ?1 WHERE id = ?2",
        context.revision,
        participant,
    )


def in_phase(phase: str, allowed: frozenset[str]) -> None:
    """Raises Refusal `wrong_phase` unless `phase` is one of the allowed."""
    if phase not in allowed:
        raise Refusal(
            "wrong_phase",
            N_("This is not possible in the present phase. The top of the page says what is."),
        )


def _on_behalf_of(context: Context, participant: str, room: int) -> int | None:
    if not participant:
        return None
    person = context.participant(participant, "for")
    if person["room"] != room or person["removed"]:
        raise Refusal(
            "invalid", N_("This person is not in the room. Choose one who is."), field="for"
        )
    return int(person["id"])


def _own(context: Context, text: str) -> int:
    """One's own question that may still be changed."""
    seat = context.the_seat()
    in_phase(seat.phase, phases.ASKING)
    question = context.question(text)
    if question["author"] != seat.id:
        # What nobody else has seen must not be told apart from what does not exist.
        if question["number"] is None:
            raise missing("question")
        raise forbidden()
    if question["withdrawn"]:
        raise Refusal("conflict", N_("You have withdrawn this question already."))
    if people_behind(context, question["id"]) - {seat.id}:
        raise Refusal(
            "conflict",
            N_("Others stand behind this question now, so it stays as it is. Ask a new one."),
        )
    return int(question["id"])


def _lang(context: Context, text: str) -> str:
    usual = context.rows("SELECT settings ->> '$.language' FROM event WHERE id = ?", context.event)[
        0
    ][0]
    return guess_language(text, usual)


def _staff_hears(context: Context, room: int) -> None:
    """The counts on the facilitator's page (unseen questions, people who wrote) may differ now."""
    context.run(
        "UPDATE room SET staff_changed = ?1, touched = ?1 WHERE id = ?2", context.revision, room
    )
