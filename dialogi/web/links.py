"""Secret links: traded once for a grant in the cookie, and gone from the address at once."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from .. import identity
from ..errors import N_, Refusal

pages = Blueprint("links", __name__)


@pages.get("/facilitate/<token>")
@pages.get("/organise/<token>")
def trade(token: str) -> Response:
    """To the page that the link opens. Which of the two addresses it was does not matter."""
    traded = identity.trade(token)
    if traded is None:
        raise Refusal(
            "not_found",
            N_(
                "This link does not work, or not any more. Check that you copied all of it, or ask "
                "the organiser for a new one."
            ),
        )
    raise NotImplementedError
