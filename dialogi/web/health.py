"""For whoever watches over the server."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .lookup import services

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """That the server answers, and how it was started."""
    settings = services().settings
    return {"status": "ok", "demo": settings.demo, "async_mode": settings.async_mode}
