"""The JSON export (contract, section 6): what came out of an event, as plain values."""

import json
from datetime import UTC, datetime
from typing import Any

from ..model.state import EventState, Question
from ..snapshot import audit, export_list
from ..snapshot.entities import published

ORGANISER = "organiser"
#: Leads and organisers while the event goes on: what nobody else sees yet is not in it.
STAFF = "staff"
PUBLIC = "public"

Document = dict[str, Any]


def as_json(document: Document) -> str:
    """The document as it is written to a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def document(state: EventState, audience: str) -> Document:
    """Everything for the organisers; for the public the list as it was published, nothing else."""
    if audience == PUBLIC:
        return _public(state)
    return _complete(state, unseen_too=audience == ORGANISER)


def _complete(state: EventState, *, unseen_too: bool) -> Document:
    rule, entries = export_list(state, seen_only=not unseen_too)
    return {
        "event": {"code": state.event.code, **_event(state)},
        "rule": rule,
        "settled": state.event.draft is not None,
        "toplist": entries,
        "questions": [
            _question(state, question)
            for question in sorted(state.questions.values(), key=lambda question: question.id)
            if unseen_too or question.number is not None
        ],
        "audit": audit(state, entries),
    }


def _public(state: EventState) -> Document:
    """The join code stays out: who has the results may not walk into the rooms.

    `questions` are the wordings behind the list, as they were when it was published.
    """
    shown = published(state) or {"rule": None, "entries": [], "audit": None}
    wordings = [wording for entry in shown["entries"] for wording in entry["wordings"]]
    return {
        "event": _event(state),
        "rule": shown["rule"],
        "settled": state.event.published is not None,
        "toplist": [_without_wordings(entry) for entry in shown["entries"]],
        "questions": wordings,
        "audit": shown["audit"],
    }


def _event(state: EventState) -> Document:
    event = state.event
    shown = event.published or {"stage": None, "published": None}
    return {
        "title": event.title,
        "question": event.question,
        "places": event.places,
        "revision": state.revision,
        "stage": shown["stage"],
        "published": _iso(shown["published"]),
    }


def _question(state: EventState, question: Question) -> Document:
    people = state.behind(question.id)
    merged_into = question.merged_into
    return {
        "id": str(question.id),
        "number": question.number,
        "room": state.rooms[question.room].name,
        "text": question.text,
        "original_text": question.original_text,
        "lang": question.lang,
        "state": question.state,
        "merged_into": None if merged_into is None else str(merged_into),
        "shortlisted": question.shortlisted,
        "support": {"people": len(people), "by_affiliation": state.by_affiliation(people)},
    }


def _without_wordings(entry: Document) -> Document:
    return {key: value for key, value in entry.items() if key != "wordings"}


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()
