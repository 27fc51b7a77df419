"""Secret links: traded once for a grant in the cookie, and gone from the address at once."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from .. import identity
from ..errors import N_, Refusal
from .lookup import services

pages = Blueprint("links", __name__)


@pages.get("/facilitate/<token>")
@pages.get("/organise/<token>")
def trade(token: str) -> Response:
    """On to the page that the link opens. Which of the two addresses it was does not matter."""
    traded = identity.trade(services().events, token)
    if traded is None:
        raise Refusal(
            "not_found",
            N_(
                "This link does not work, or not any more. Check that you copied all of it, or ask "
                "the organiser for a new one."
            ),
        )
    state, grant = traded
    code = state.event.code
    if grant.role == "facilitator":
        return redirect(url_for("rooms.facilitator", code=code, room_id=grant.room))
    return redirect(url_for(f"rooms.{grant.role}", code=code))
