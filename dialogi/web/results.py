"""The published list for everybody: the page and its downloads. What is not on it stays unknown."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ..errors import N_, Refusal
from ..exports import PUBLIC
from ..model.state import EventState
from ..snapshot.entities import published
from .downloads import download
from .language import current
from .lookup import event_by_results_id
from .times import moment_of

pages = Blueprint("results", __name__)


@dataclass(frozen=True)
class _Side:
    """An affiliation's support."""

    name: str
    people: int
    eligible: int


@dataclass(frozen=True)
class _Wording:
    """A question as its author and, if `reworded`, a facilitator worded it."""

    number: int
    room: str
    lang: str
    original: str
    reworded: str | None
    merged: bool


@dataclass(frozen=True)
class _Place:
    """One of the list, in the words of the page's language where the leads gave some."""

    place: int
    text: str
    lang: str | None
    note: str
    people: int
    eligible: int
    sides: list[_Side]
    rooms: list[str]
    tied: list[str]
    wordings: list[_Wording]


@pages.get("/results/<results_id>")
def results(results_id: str) -> ResponseReturnValue:
    """The list with where each question comes from, or that it is not ready yet."""
    state = event_by_results_id(results_id)
    shown = published(state)
    page = render_template(
        "results.html",
        event=state.event,
        results_id=results_id,
        list=_list(state, shown) if shown else None,
    )
    return page, 200, {"Cache-Control": "private, no-cache"}


@pages.get("/results/<results_id>.<any(json, csv, md):fmt>")
def file(results_id: str, fmt: str) -> Response:
    """The published list as a file."""
    state = event_by_results_id(results_id)
    if state.event.published is None:
        raise Refusal("not_found", N_("The list is not published yet. Come back a little later."))
    return download(state, fmt, audience=PUBLIC, name="results")


def _list(state: EventState, shown: dict[str, Any]) -> dict[str, Any]:
    numbers = {
        wording["id"]: wording["number"]
        for entry in shown["entries"]
        for wording in entry["wordings"]
    }
    least = shown["audit"]["represented_by_at_least"]
    return {
        "stage": shown["stage"],
        "published": shown["published"],
        "moment": moment_of(shown["published"], state.event.starts),
        "rule": shown["rule"],
        "entries": [_place(entry, numbers) for entry in shown["entries"]],
        "audit": {
            "people": shown["audit"]["people"],
            "one": least["1"],
            "two": least["2"],
            "three": least["3"],
        },
    }


def _place(entry: dict[str, Any], numbers: dict[str, int]) -> _Place:
    wordings = [_wording(wording, at) for at, wording in enumerate(entry["wordings"])]
    translated = entry["texts"].get(current())
    lang = wordings[0].lang if wordings else None
    support = entry["support"]
    return _Place(
        place=entry["place"],
        text=translated or entry["text"],
        lang=current() if translated else lang,
        note=entry["note"],
        people=support["people"],
        eligible=support["eligible"],
        sides=_sides(support),
        rooms=entry["rooms"],
        tied=_tied(entry["tied_with"], numbers),
        wordings=wordings,
    )


def _sides(support: dict[str, Any]) -> list[_Side]:
    return [_Side(name, **counts) for name, counts in support.get("by_affiliation", {}).items()]


def _wording(wording: dict[str, Any], at: int) -> _Wording:
    original, text = wording["original_text"], wording["text"]
    return _Wording(
        number=wording["number"],
        room=wording["room"],
        lang=wording["lang"],
        original=original,
        reworded=None if text == original else text,
        merged=at > 0,
    )


def _tied(questions: list[str], numbers: dict[str, int]) -> list[str]:
    """Those on the list by number; how many others there were, but not which."""
    known = sorted(numbers[question] for question in questions if question in numbers)
    named = [_("number %(number)s", number=number) for number in known]
    others = len(questions) - len(known)
    if others:
        named.append(
            ngettext("one that is not on the list", "%(num)s that are not on the list", others)
        )
    return named
