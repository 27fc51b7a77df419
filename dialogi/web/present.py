"""The projector's page: how to join, and what the hall looks at together."""

import segno
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .lookup import event_by_present_id, services

pages = Blueprint("present", __name__)


@pages.get("/present/<present_id>")
def present(present_id: str) -> ResponseReturnValue:
    """The page, with the code and its QR picture in the first HTML."""
    state = event_by_present_id(present_id)
    join_url = f"{services().settings.public_url}/join/{state.event.code}"
    return render_template(
        "present.html",
        event=state.event,
        state=state,
        present_id=present_id,
        join_code=state.event.code,
        join_url=join_url,
        join_address=join_url.split("://", 1)[1],
        qr=qr_picture(join_url),
    )


def qr_picture(text: str) -> str:
    """A data: address of an SVG, dark on white in every theme, as scanners want it."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(scale=8, border=3, dark="#000", light="#fff", xmldecl=False)
