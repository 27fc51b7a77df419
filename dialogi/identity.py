"""Cookie or link → who acts. The only reader of the session; nothing else decides who somebody is.

The cookie is signed by the server. It lists seats and grants, the latest last; what each may do is
read from the database whenever it is used.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import current_app, request, session

from .creating import ALPHABET, hash_token
from .errors import N_, Refusal
from .events import Events
from .languages import DEFAULT, LANGUAGES
from .model.state import EventState
from .store import reading
from .store.reading import Grant

_Entry = dict[str, Any]

#: Entries a cookie holds: more than anybody needs, few enough for 4 KB.
MOST_ENTRIES = 20
RESUME_LENGTH = 8


@dataclass(frozen=True)
class Identity:
    """Who a connection speaks for. `actor` as commands name it; `id` of the seat or the grant."""

    event: str
    role: str
    id: int
    room: int | None

    @property
    def actor(self) -> str:
        """The name under which the ledger knows them."""
        return f"participant:{self.id}" if self.role == "participant" else f"grant:{self.id}"

    @property
    def leads(self) -> bool:
        """Whether this is a lead's or an organiser's."""
        return self.role in {"lead", "organiser"}


def seat(event_code: str) -> int | None:
    """This cookie's seat in the event: the participant's id."""
    entry = _entry(event_code, "participant")
    return entry["i"] if entry else None


def resume_code(event_code: str) -> str | None:
    """The short code that brings this person back in another browser."""
    entry = _entry(event_code, "participant")
    return entry["c"] if entry else None


def remember_seat(event_code: str, participant: int, code: str) -> None:
    """Write the seat into the cookie."""
    _remember({"e": event_code, "r": "participant", "i": participant, "c": code})


def remember_grant(event_code: str, grant: Grant) -> None:
    """Write what a secret link gave into the cookie."""
    _remember({"e": event_code, "r": grant.role, "i": grant.id, "m": grant.room})


def grant(event_code: str, *, role: str, room: int | None = None) -> Identity | None:
    """The cookie's grant for `role` in the event, of `room` for facilitators.

    An organiser's counts as a lead's, and a lead's as any room's facilitator's.
    """
    enough = {
        "organiser": ("organiser",),
        "lead": ("lead", "organiser"),
        "facilitator": ("facilitator", "lead", "organiser"),
    }.get(role, ())
    for wanted in enough:
        for entry in reversed(_entries()):
            if entry["e"] != event_code or entry["r"] != wanted:
                continue
            if wanted == "facilitator" and room is not None and entry.get("m") != room:
                continue
            return _identity(entry)
    return None


def connecting(event_code: str | None, role: str | None, room: int | None) -> Identity | None:
    """Whom a new connection speaks for: the cookie's entry that it asks for, else the latest."""
    if event_code is not None and role is not None and role != "participant":
        return grant(event_code, role=role, room=room)
    for entry in reversed(_entries()):
        if event_code is not None and entry["e"] != event_code:
            continue
        if role is not None and entry["r"] != role:
            continue
        return _identity(entry)
    return None


def trade(events: Events, token: str) -> tuple[EventState, Grant] | None:
    """What a secret link's token gives, now in the cookie; None for a link that does not hold."""
    found = events.read(lambda db: reading.find_grant(db, hash_token(token)))
    if found is None:
        return None
    state = events.now(found.event)
    remember_grant(state.event.code, found)
    return state, found


def resume(events: Events, typed: str) -> EventState | None:
    """The event in which the typed resume code has a seat, now in the cookie."""
    code = _tidy(typed)
    found = events.read(lambda db: reading.find_seat(db, hash_token(code)))
    if found is None:
        return None
    state = events.now(found[0])
    remember_seat(state.event.code, found[1], code)
    return state


def language(event_language: str | None = None) -> str:
    """The language to speak: the chosen, else the best of Accept-Language, else the event's."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or event_language or DEFAULT


def choose_language(code: str) -> None:
    """Keep the person's choice."""
    session["language"] = code
    session.permanent = True


def make_resume_code(op: str) -> tuple[str, str]:
    """(code, hash) for the seat that the joining form with this `op` gives: the same each time."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.new(key, f"resume:{op}".encode(), sha256).digest()
    code = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:RESUME_LENGTH])
    return code, hash_token(code)


def no_identity() -> Refusal:
    """For whoever has neither a seat nor a grant here."""
    return Refusal("forbidden", N_("You are not in this event yet. Join it with its code first."))


def _tidy(typed: str) -> str:
    """A code as it was made, from what somebody typed in any case, with spaces or hyphens."""
    return "".join(typed.upper().replace("-", " ").split())


def _identity(entry: _Entry) -> Identity:
    return Identity(entry["e"], entry["r"], entry["i"], entry.get("m"))


def _entry(event_code: str, role: str) -> _Entry | None:
    for entry in reversed(_entries()):
        if entry["e"] == event_code and entry["r"] == role:
            return entry
    return None


def _entries() -> list[_Entry]:
    entries: list[_Entry] = session.get("who", [])
    return entries


def _remember(entry: _Entry) -> None:
    def same(other: _Entry) -> bool:
        # One seat an event; as many grants as there are links.
        if entry["r"] == "participant":
            return bool(other["e"] == entry["e"] and other["r"] == "participant")
        return all(bool(other.get(key) == entry[key]) for key in ("e", "r", "i"))

    kept = [other for other in _entries() if not same(other)]
    session["who"] = [*kept, entry][-MOST_ENTRIES:]
    session.permanent = True
