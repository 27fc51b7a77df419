"""Exports as files that a browser saves."""

from flask import Response

from ..exports import export
from ..model.state import EventState
from .lookup import services

_TYPES = {
    "json": ("application/json", "json"),
    "csv": ("text/csv", "csv"),
    "md": ("text/markdown", "md"),
    "recording": ("application/jsonl", "jsonl"),
}


def download(state: EventState, fmt: str, *, audience: str, name: str | None = None) -> Response:
    """The event in `fmt`, as `audience` may see it. The file's name is ASCII, as all can save it."""
    text = services().exported(state, fmt, audience)
    kind, ending = _TYPES[fmt]
    answer = Response(text, content_type=f"{kind}; charset=utf-8")
    filename = f"dialogi-{name or state.event.code}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
