"""Phases and timers, of the event or of one room."""

from typing import Any

from ..errors import N_, Refusal, forbidden
from ..model import phases, times
from ..model.limits import MOST_MINUTES
from .clusters import open_shortlist
from .context import STAFF, Context, Fields, Reply, command
from .questions import number_unseen


class Phase(Fields):
    phase: str
    room: str | None = None
    minutes: float | None = None


class Deadline(Fields):
    """The clock's own: the phase to set because the timer that ended at `ended` ran out."""

    phase: str
    ended: float
    room: str | None = None


class Ended(Fields):
    """The clock's own: the last phase's timer, which ended at `ended`, is over."""

    ended: float
    room: str | None = None


class Timer(Fields):
    room: str | None = None
    ends_at: float | str | None = None


@command("phase.set", (STAFF, Phase), (("clock",), Deadline))
def set_phase(context: Context, payload: Phase | Deadline) -> Reply:
    """Begin a phase; with `minutes` it ends by itself.

    Set for the event it holds in every room: their own phases and timers are cleared.
    """
    if payload.phase not in phases.PHASES:
        raise Refusal(
            "invalid", N_("There is no such phase. Choose one of the list."), field="phase"
        )
    room = _target(context, payload.room)
    if isinstance(payload, Deadline):
        _still_due(context, room, payload.ended)
        ends_at = None
    else:
        ends_at = _deadline(context, payload.minutes)
    if room is not None:
        context.run(
            "UPDATE room SET phase = ?1, ends_at = ?2, changed = ?3, context = ?3,"
            " staff_changed = ?3, touched = ?3 WHERE id = ?4",
            payload.phase,
            ends_at,
            context.revision,
            room["id"],
        )
        if phases.PLENARY in {payload.phase, room["phase"]}:
            _show_anew(context)
        number_unseen(context, room["id"])
        return {}
    context.run(
        "UPDATE event SET phase = ?1, ends_at = ?2, changed = ?3, context = ?3 WHERE id = ?4",
        payload.phase,
        ends_at,
        context.revision,
        context.event,
    )
    context.run(
        "UPDATE room SET phase = NULL, ends_at = NULL, changed = ?1, context = ?1,"
        " staff_changed = ?1, touched = ?1 WHERE event = ?2",
        context.revision,
        context.event,
    )
    context.event_phase = payload.phase
    number_unseen(context)
    if payload.phase == phases.PLENARY:
        open_shortlist(context)
    return {}


@command("timer.set", (STAFF, Timer), (("clock",), Ended))
def set_timer(context: Context, payload: Timer | Ended) -> Reply:
    """Set when the present phase ends, or take the timer away."""
    room = _target(context, payload.room)
    if isinstance(payload, Ended):
        _still_due(context, room, payload.ended)
        ends_at = None
    else:
        ends_at = _moment(payload.ends_at)
    if ends_at is not None and ends_at > context.now + MOST_MINUTES * 60:
        raise _too_far("ends_at")
    if room is None:
        context.run(
            "UPDATE event SET ends_at = ?1, changed = ?2 WHERE id = ?3",
            ends_at,
            context.revision,
            context.event,
        )
        # Rooms without a phase of their own show the event's timer.
        context.run(
            "UPDATE room SET changed = ?1, staff_changed = ?1, touched = ?1 WHERE event = ?2",
            context.revision,
            context.event,
        )
    else:
        context.run(
            "UPDATE room SET ends_at = ?1, changed = ?2, staff_changed = ?2, touched = ?2"
            " WHERE id = ?3",
            ends_at,
            context.revision,
            room["id"],
        )
    return {}


def _target(context: Context, text: str | None) -> Any:
    """The room, or None for the event, which only leads may set."""
    if text:
        room = context.room(text)
        context.leads(room["id"])
        return room
    if context.own_room is not None:
        raise forbidden()
    return None


def _still_due(context: Context, room: Any, ended: float) -> None:
    """A timer may have been moved or taken away after the clock saw it run out."""
    now = (
        room["ends_at"]
        if room is not None
        else context.rows("SELECT ends_at FROM event WHERE id = ?", context.event)[0][0]
    )
    if now != ended or ended > context.now:
        raise Refusal("conflict", N_("The timer was changed meanwhile."))


def _deadline(context: Context, minutes: float | None) -> float | None:
    if minutes is None:
        return None
    if not 0 < minutes <= MOST_MINUTES:
        raise _too_far("minutes")
    return context.now + minutes * 60


def _moment(when: float | str | None) -> float | None:
    if when is None or when == "":
        return None
    try:
        return times.seconds(when)
    except ValueError as error:
        raise Refusal(
            "invalid",
            N_("The time must be seconds since 1970 or like 2021-03-25T10:30:00+02:00."),
            field="ends_at",
        ) from error


def _show_anew(context: Context) -> None:
    """The first room in plenary, or the last out of it, changes what the event's stream shows."""
    context.run(
        "UPDATE event SET context = ?1, changed = ?1 WHERE id = ?2", context.revision, context.event
    )


def _too_far(field: str) -> Refusal:
    return Refusal(
        "invalid",
        N_("A phase lasts more than 0 and at most %(most)s minutes."),
        field=field,
        most=MOST_MINUTES,
    )
