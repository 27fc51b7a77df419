"""Exports as files that a browser saves."""

from flask import Response

from ..exports import FORMATS, export
from ..model.state import EventState
from .lookup import services

_ENDINGS = {"recording": "jsonl"}


def download(state: EventState, fmt: str, *, audience: str, name: str) -> Response:
    """The event in `fmt`, as `audience` may see it; raises Refusal for an unknown format."""
    event_id = state.event.id
    text = services().events.read(lambda db: export(fmt, db, event_id, audience=audience))
    answer = Response(text, content_type=f"{FORMATS[fmt]}; charset=utf-8")
    # The name is plain ASCII, which every system can save.
    filename = f"dialogi-{name}.{_ENDINGS.get(fmt, fmt)}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
