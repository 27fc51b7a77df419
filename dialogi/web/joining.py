"""Taking a seat: the join form, links of rooms, and coming back with a resume code."""

import uuid
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import identity
from ..commands import Command
from ..errors import N_, Refusal
from ..model.state import EventState, Room
from .errors import spoken
from .home import LONGEST_CODE, unknown_code
from .lookup import event_by_code, seat_in, services
from .security import token_is_valid, without_token_check

pages = Blueprint("joining", __name__)

_FIELDS = ("name", "affiliation", "room")
_EXPIRED = N_(
    "The page had been open for so long that we did not recognise it any more, or your browser "
    "keeps no cookies. What you wrote is still here: press the button once more."
)


@dataclass
class _Form:
    """What the person typed, kept through every answer. `affiliation` is None if none chosen."""

    op: str
    name: str = ""
    affiliation: str | None = None
    room: str = ""


@pages.get("/join/<code>")
@pages.get("/join/<code>/<slug>")
def join(code: str, slug: str | None = None) -> ResponseReturnValue:
    """The form; whoever has a seat goes on to it, by a room's link to a seat in that room."""
    state = event_by_code(code)
    if state is None:
        return unknown_code(code)
    room = _room(state, slug)
    return _seated(state, room) or _page(state, room, _Form(op=_new_op()), {})


@pages.post("/join/<code>")
@pages.post("/join/<code>/<slug>")
@without_token_check  # looks at it itself, so that a refusal keeps what was typed
def take_seat(code: str, slug: str | None = None) -> ResponseReturnValue:
    """Seat the person and go to the room; at an error the form comes back as it was sent."""
    state = event_by_code(code)
    if state is None:
        return unknown_code(code)
    room = _room(state, slug)
    form = _Form(
        op=request.form.get("op", ""),
        name=request.form.get("name", ""),
        affiliation=request.form.get("affiliation"),
        room=room.name if room else request.form.get("room", ""),
    )
    if not token_is_valid(request.form.get("csrf_token")):
        return _page(state, room, form, {"": _(_EXPIRED)})
    seated = _seated(state, room)
    if seated is not None:
        return seated
    try:
        _sit_down(state, form)
    except Refusal as refusal:
        if refusal.code in {"op_reused", "slow_down"} or refusal.field == "op":
            form.op = _new_op()
        field = refusal.field if refusal.field in _FIELDS else ""
        if refusal.code == "room_full":
            field = "room"
        return _page(state, room, form, {field or "": spoken(refusal)}, refusal.status)
    return redirect(url_for("rooms.room", code=state.event.code), 303)


@pages.route("/resume", methods=["GET", "POST"])
@without_token_check  # looks at it itself, so that a refusal keeps what was typed
def resume() -> ResponseReturnValue:
    """Bring a seat into this browser by its own code."""
    if request.method == "GET":
        return render_template("resume.html", errors={}, code="")
    typed = request.form.get("code", "")[:LONGEST_CODE]
    if not token_is_valid(request.form.get("csrf_token")):
        return render_template("resume.html", errors={"code": _(_EXPIRED)}, code=typed), 400
    state = identity.resume(services().events, typed)
    if state is None:
        sentence = _(
            "No seat belongs to this code. Check each letter and number. If you cannot find it, "
            "join with the code of the event and tell your facilitator."
        )
        return render_template("resume.html", errors={"code": sentence}, code=typed), 400
    return redirect(url_for("rooms.room", code=state.event.code), 303)


def _sit_down(state: EventState, form: _Form) -> None:
    if not _is_uuid(form.op):
        raise Refusal("invalid", _EXPIRED, field="op")
    resume_code, resume_hash = identity.make_resume_code(form.op)
    reply = services().writer.execute(
        Command(
            event=state.event.id,
            actor="door",
            name="participant.join",
            payload={
                "name": form.name,
                "affiliation": form.affiliation or "",
                "room": form.room,
                "resume_hash": resume_hash,
            },
            op=form.op,
        )
    )
    identity.remember_seat(state.event.code, int(reply["participant"]), resume_code)


def _seated(state: EventState, room: Room | None) -> ResponseReturnValue | None:
    """Where a person with a seat goes; through a room's link the seat moves there first."""
    person = seat_in(state)
    if person is None:
        return None
    if room is not None and person.room != room.id and not person.removed:
        services().writer.execute(
            Command(
                event=state.event.id,
                actor=f"participant:{person.id}",
                name="seat.take",
                payload={"room": str(room.id)},
                op=_new_op(),
            )
        )
    return redirect(url_for("rooms.room", code=state.event.code), 303)


def _page(
    state: EventState, room: Room | None, form: _Form, errors: dict[str, str], status: int = 400
) -> ResponseReturnValue:
    page = render_template(
        "join.html",
        event=state.event,
        rooms=sorted(state.rooms.values(), key=lambda r: r.position),
        fixed_room=room,
        kept=form,
        op=form.op,
        errors=errors,
    )
    return page, status if errors else 200


def _room(state: EventState, slug: str | None) -> Room | None:
    """The room of a room link. A link that no longer fits leads to the event's own form."""
    if slug is None:
        return None
    wanted = slug.casefold()
    return next((room for room in state.rooms.values() if room.slug.casefold() == wanted), None)


def _new_op() -> str:
    return str(uuid.uuid4())


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
