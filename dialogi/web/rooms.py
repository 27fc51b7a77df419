"""The shells of the live pages; what moves on them comes over the socket."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from .. import identity
from ..errors import N_, Refusal, not_found
from ..exports import ORGANISER, STAFF
from ..model.state import EventState, Room
from .downloads import download
from .lookup import event_or_404, grant_in, seat_in

pages = Blueprint("rooms", __name__)


@pages.get("/room/<code>")
def room(code: str) -> ResponseReturnValue:
    """A participant's room; who has no seat yet gets the join form."""
    state = event_or_404(code)
    person = seat_in(state)
    if person is None:
        return redirect(url_for("joining.join", code=state.event.code))
    return _live(
        "room.html",
        state,
        state.rooms[person.room],
        role="participant",
        seat=person,
        person=person,
        resume_code=identity.resume_code(state.event.code),
    )


@pages.get("/facilitator/<code>/<int:room_id>")
def facilitator(code: str, room_id: int) -> ResponseReturnValue:
    """The page of a room's facilitator, or of a lead who looks after the room."""
    state = event_or_404(code)
    if room_id not in state.rooms:
        raise not_found()
    grant = grant_in(state, role="facilitator", room=room_id)
    return _live("facilitator.html", state, state.rooms[room_id], role="facilitator", grant=grant)


@pages.get("/lead/<code>")
def lead(code: str) -> ResponseReturnValue:
    """The board of all rooms and the list."""
    state = event_or_404(code)
    return _live("lead.html", state, None, role="lead", grant=grant_in(state, role="lead"))


@pages.get("/organiser/<code>")
def organiser(code: str) -> ResponseReturnValue:
    """The organiser's page: the lead's powers and the event's settings."""
    state = event_or_404(code)
    grant = grant_in(state, role="organiser")
    return _live("organiser.html", state, None, role="organiser", grant=grant)


@pages.get("/lead/<code>/export.<fmt>")
def export(code: str, fmt: str) -> Response:
    """The event as a file. A recording tells who supported what: for organisers only.

    What participants were promised that nobody else sees yet is in none of them.
    """
    state = event_or_404(code)
    if fmt != "recording":
        grant_in(state, role="lead")
        return download(state, fmt, audience=STAFF, name=state.event.code)
    grant_in(state, role="organiser")
    if any(q.number is None and q.visible for q in state.questions.values()):
        raise Refusal(
            "conflict",
            N_(
                "Some questions are not shown to anybody yet, and a recording would tell them. "
                "Download it when the discussion has begun."
            ),
        )
    return download(state, fmt, audience=ORGANISER, name=state.event.code)


def _live(
    template: str, state: EventState, room: Room | None, *, role: str, **context: Any
) -> ResponseReturnValue:
    video_url = (room.video_url if room else None) or state.event.video_url
    return render_template(
        template,
        event=state.event,
        state=state,
        room=room,
        role=role,
        video_url=video_url,
        **context,
    )
