"""Pages and forms over HTTP: a small module for each part of the address space."""

from typing import Any

from flask import Flask, request

from ..languages import LANGUAGES
from . import about, errors, health, home, joining, language, links, present, results, rooms
from .lookup import services
from .times import moment

_PARTS = (home, joining, rooms, links, results, present, about, health)


def register(app: Flask) -> None:
    """Give `app` its pages, languages and error pages; `security.configure` does the rest."""
    language.register(app)
    errors.register(app)
    for part in _PARTS:
        app.register_blueprint(part.pages)
    app.context_processor(_frame)
    app.add_template_filter(moment)


def _frame() -> dict[str, Any]:
    """What base.html needs on every page. `event_code` only where the address has it already."""
    return {
        "lang": language.current(),
        "languages": LANGUAGES.items(),
        "language_names": LANGUAGES,
        "here": language.here(),
        "demonstration": services().settings.demo,
        "event_code": (request.view_args or {}).get("code") or request.args.get("event"),
    }
