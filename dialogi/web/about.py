"""Pages about the service itself: privacy, ground rules, accessibility, a check of the device."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .lookup import event_by_code

pages = Blueprint("about", __name__)


@pages.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is stored and who sees it."""
    return _about("privacy.html")


@pages.get("/ground-rules")
def ground_rules() -> ResponseReturnValue:
    """The event's own ground rules, else those of a good conversation."""
    return _about("ground_rules.html")


@pages.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """What works for whom, and what does not yet."""
    return _about("accessibility.html")


@pages.get("/check")
def check() -> ResponseReturnValue:
    """Tries out this browser before the day."""
    return _about("check.html")


def _about(template: str) -> ResponseReturnValue:
    state = event_by_code(request.args.get("event", ""))
    return render_template(template, event=state.event if state else None)
