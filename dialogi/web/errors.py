"""Errors as pages for people and as JSON for whoever asks for it."""

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ..errors import N_, Refusal
from ..languages import translate
from .language import current

_CODES = {403: "forbidden", 404: "not_found", 413: "too_long", 429: "slow_down", 503: "unavailable"}
_TITLES = {
    400: N_("That did not work"),
    403: N_("This page is not open to you"),
    404: N_("There is nothing here"),
    405: N_("That did not work"),
    413: N_("That was too much at once"),
    500: N_("Something went wrong on our side"),
}
_SENTENCES = {
    400: N_("The page was not understood. Go back, reload it and try once more."),
    403: N_(
        "Open the link that you were sent once more, in this browser. If it does not help, ask "
        "the organiser for a new one."
    ),
    404: N_(
        "Check the address for typing mistakes, or open the link from your invitation once more."
    ),
    405: N_("This address only works from a button. Go back and try from there."),
    413: N_("What you sent is longer than we can take. Shorten it and try once more."),
    500: N_(
        "What you had saved is safe. Wait a moment and reload the page. If it goes on, call the "
        "organiser."
    ),
}


def register(app: Flask) -> None:
    """Answer every error in the house's voice."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http_error)


def spoken(refusal: Refusal) -> str:
    """The refusal's sentence in the language of this page."""
    return translate(current(), refusal.message, **refusal.params)


def refused(refusal: Refusal) -> ResponseReturnValue:
    """A page or JSON for what Dialogi does not do."""
    return _answer(refusal.status, refusal.code, spoken(refusal))


def _expired(_error: CSRFError) -> ResponseReturnValue:
    sentence = _("This page had been open for too long. Go back, reload it and try once more.")
    return _answer(400, "invalid", sentence)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    sentence = _SENTENCES.get(status, _SENTENCES[500 if status >= 500 else 400])
    code = _CODES.get(status, "internal" if status >= 500 else "invalid")
    answer = _answer(status, code, _(sentence))
    allow = error.get_response().headers.get("Allow")
    if allow:
        answer.headers["Allow"] = allow
    return answer


def _answer(status: int, code: str, sentence: str) -> Response:
    if _wants_json():
        answer = jsonify(ok=False, error={"code": code, "message": sentence})
    else:
        title = _(_TITLES.get(status, _TITLES[500 if status >= 500 else 400]))
        answer = make_response(render_template("error.html", title=title, sentence=sentence))
    answer.status_code = status
    return answer


def _wants_json() -> bool:
    if request.path.endswith(".json"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
