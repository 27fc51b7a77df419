"""The first page: one field for the code of an event."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

pages = Blueprint("home", __name__)

LONGEST_CODE = 40


@pages.get("/")
def home() -> ResponseReturnValue:
    """The form, or on to the event of `?code=`."""
    typed = request.args.get("code", "")
    code = tidy(typed)
    if code and code.isalnum() and len(code) <= LONGEST_CODE:
        return redirect(url_for("joining.join", code=code))
    if code:
        return unknown_code(typed)
    return render_template("home.html", errors={}, code="")


def tidy(typed: str) -> str:
    """A code as people type it: in any letter case, with spaces or hyphens between."""
    return "".join(typed.split()).replace("-", "").replace("–", "").upper()


def unknown_code(typed: str) -> ResponseReturnValue:
    """The form again. It does not say whether there is such an event, or ever was."""
    sentence = _(
        "This code does not lead anywhere just now. Check each letter and number, or ask the "
        "person who invited you."
    )
    return render_template("home.html", errors={"code": sentence}, code=typed[:LONGEST_CODE]), 404
