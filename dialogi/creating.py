"""New events and new secret links: tokens are made here, handed out once, and stored as hashes."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from .commands import Command

Execute = Callable[[Command], dict[str, Any]]

#: No letters or digits that are easily taken for another when read aloud or off a screen.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 6


def hash_token(token: str) -> str:
    """What is stored of a secret."""
    return sha256(token.encode()).hexdigest()


def new_code(length: int = CODE_LENGTH) -> str:
    """A code that can be read aloud."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def create_event(
    execute: Execute,
    event_id_of: Callable[[str], int],
    public_url: str,
    file: dict[str, Any],
    *,
    demo: bool = False,
    code: str | None = None,
) -> dict[str, Any]:
    """Create the event of a checked event file; its code and links, which are shown only now.

    `execute` carries out one command; `event_id_of` finds the event's id by its code afterwards.
    """
    settings = {key: value for key, value in file.items() if key != "rooms"}
    code = code or new_code()
    results_id, present_id = secrets.token_urlsafe(9), secrets.token_urlsafe(9)
    rooms = [
        {"name": room["name"], "slug": new_code(8), "video_url": room.get("video_url")}
        for room in file["rooms"]
    ]
    execute(
        _console(
            None,
            "event.create",
            {
                "code": code,
                "results_id": results_id,
                "present_id": present_id,
                "settings": settings,
                "rooms": rooms,
                "demo": demo,
            },
        )
    )
    return {
        "event": code,
        "links": fresh_links(
            execute,
            event_id_of(code),
            public_url,
            Addresses(
                code, results_id, present_id, [(room["name"], room["slug"]) for room in rooms]
            ),
        ),
    }


@dataclass(frozen=True)
class Addresses:
    """What an event's links are made of; `rooms` are (name, slug)."""

    code: str
    results_id: str
    present_id: str
    rooms: list[tuple[str, str]]


def fresh_links(
    execute: Execute, event_id: int, public_url: str, parts: Addresses
) -> dict[str, Any]:
    """The event's links, the secret ones new."""
    return {
        "join": f"{public_url}/join/{parts.code}",
        "results": f"{public_url}/results/{parts.results_id}",
        "present": f"{public_url}/present/{parts.present_id}",
        "facilitate": new_link(execute, event_id, public_url, "lead"),
        "organise": new_link(execute, event_id, public_url, "organiser"),
        "rooms": {
            name: {
                "join": f"{public_url}/join/{parts.code}/{slug}",
                "facilitate": new_link(execute, event_id, public_url, "facilitator", slug),
            }
            for name, slug in parts.rooms
        },
    }


def new_link(
    execute: Execute, event_id: int, public_url: str, role: str, room_slug: str | None = None
) -> str:
    """A new secret link: `role` is lead, organiser, or facilitator of the room with this slug."""
    token = secrets.token_urlsafe(24)
    execute(
        _console(
            event_id,
            "grant.add",
            {"role": role, "token_hash": hash_token(token), "room": room_slug},
        )
    )
    way = "organise" if role == "organiser" else "facilitate"
    return f"{public_url}/{way}/{token}"


def _console(event: int | None, name: str, payload: dict[str, Any]) -> Command:
    return Command(event, "console", name, payload, str(uuid.uuid4()))
