"""For whoever watches over the server."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..store import sqlite_version
from .lookup import services

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """That the server answers, with the pieces it runs on."""
    settings = services().settings
    return {"status": "ok", "demo": settings.demo, "async_mode": settings.async_mode}
