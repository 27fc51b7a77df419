"""Which language a page speaks, and the switch in its header."""

from urllib.parse import urlsplit

from babel.support import NullTranslations
from flask import Blueprint, Flask, g, redirect, request, url_for
from flask_babel import Babel, Domain, get_locale, refresh
from werkzeug.wrappers import Response

from .. import identity, languages
from ..model.state import EventState
from .security import without_token_check

pages = Blueprint("language", __name__)


class _Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel comes without types
    """Flask-Babel's texts from our own catalogues, which need no compiled files."""

    def get_translations(self) -> NullTranslations:
        return languages.catalogue(current())


_catalogues = _Catalogues()


def register(app: Flask) -> None:
    """Let templates and views speak the person's language."""
    Babel(app, default_locale=languages.SOURCE, locale_selector=_choose_locale)
    # First of all, since the check of a form's token may already have something to say.
    app.before_request_funcs.setdefault(None, []).insert(0, _catalogues.as_default)
    app.register_blueprint(pages)


def speak_for(state: EventState) -> None:
    """From now on this page is about the event; its language is what is left if no other fits."""
    g.event_language = state.event.language
    refresh()


def current() -> str:
    """The language of this page: fi, sv or en."""
    return str(get_locale())


@pages.post("/language")
@without_token_check  # all it changes is this cookie, and public pages should set none for it
def choose() -> Response:
    """Keep the chosen language and go back to the page."""
    language = request.form.get("language", "")
    if language in languages.LANGUAGES:
        identity.choose_language(language)
    return redirect(_local(request.form.get("next", "")) or url_for("home.home"), 303)


def here() -> str:
    """The path of this page, to come back to; the first page's where this one cannot be read."""
    if request.url_rule is not None and "GET" not in (request.url_rule.methods or ()):
        return url_for("home.home")
    return request.full_path if request.query_string else request.path


def _choose_locale() -> str:
    return identity.language(g.get("event_language"))


def _local(path: str) -> str | None:
    """`path` if it leads to this server."""
    if not path.startswith("/") or path[1:2] in {"/", "\\"} or not path.isprintable():
        return None
    parts = urlsplit(path)
    return None if parts.scheme or parts.netloc else path
