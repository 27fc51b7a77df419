"""What an event leaves behind as files: snapshot and ledger → text, a module a format."""

from ..errors import N_, Refusal
from ..store import Database, reading
from .document import ORGANISER, PUBLIC, STAFF, as_json, document
from .recording import as_recording
from .table import as_csv
from .text import as_markdown

__all__ = ["FORMATS", "ORGANISER", "PUBLIC", "STAFF", "export"]

#: Each format's media type.
FORMATS = {
    "json": "application/json",
    "csv": "text/csv",
    "md": "text/markdown",
    "recording": "application/x-ndjson",
}


def export(fmt: str, db: Database, event_id: int, *, audience: str = ORGANISER) -> str:
    """The event as a text in `fmt`, to be written as UTF-8 without changing its line ends.

    `audience` is `organiser` (everything), `staff` (without what nobody else sees yet; no
    recording) or `public` (the published list only; no recording).
    Call inside `read_transaction`. Raises Refusal for an unknown format.
    """
    if fmt not in FORMATS or (fmt == "recording" and audience != ORGANISER):
        raise Refusal(
            "not_found",
            N_("There is no export %(format)s. Choose one of %(known)s."),
            field="format",
            format=fmt[:20],
            known=", ".join(FORMATS),
        )
    state = reading.load(db, event_id)
    if fmt == "recording":
        return as_recording(state, reading.grants(db, event_id), reading.ledger(db, event_id))
    made = document(state, audience)
    if fmt == "csv":
        return as_csv(made)
    if fmt == "md":
        return as_markdown(made, state.event.language)
    return as_json(made)
