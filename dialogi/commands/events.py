"""Creating events, and the grants that secret links stand for."""

from typing import Any

import msgspec

from ..errors import Refusal, not_found
from .context import Context, Fields, Reply, command


class Create(Fields):
    """`settings`: a checked event file without its rooms. Tokens come as hashes only."""

    code: str
    results_id: str
    present_id: str
    settings: dict[str, Any]
    rooms: list["NewRoom"]
    demo: bool = False


class NewRoom(Fields):
    name: str
    slug: str
    video_url: str | None = None


class NewGrant(Fields):
    """`room`: the slug of a facilitator's room."""

    role: str
    token_hash: str
    room: str | None = None


@command("event.create", (("console",), Create), public=False)
def create(context: Context, payload: Create) -> Reply:
    """A new event in the lobby, with its rooms."""
    taken = context.rows("SELECT 1 FROM event WHERE code = ?", payload.code)
    if taken:
        raise Refusal("conflict", "This code is taken already. Try again.")
    context.event = context.rows(
        "INSERT INTO event (code, results_id, present_id, settings, places, demo, created,"
        " changed, context) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1) RETURNING id",
        payload.code,
        payload.results_id,
        payload.present_id,
        msgspec.json.encode(payload.settings).decode(),
        payload.settings["places"],
        int(payload.demo),
        context.now,
    )[0][0]
    for position, room in enumerate(payload.rooms):
        context.run(
            "INSERT INTO room (event, position, name, slug, video_url, touched, changed, context,"
            " people_changed, staff_changed) VALUES (?, ?, ?, ?, ?, 1, 1, 1, 1, 1)",
            context.event,
            position,
            room.name,
            room.slug,
            room.video_url,
        )
    return {"event": payload.code}


@command("grant.add", (("console",), NewGrant), public=False)
def add_grant(context: Context, payload: NewGrant) -> Reply:
    """A new secret link: a facilitator's for one room, a lead's or an organiser's."""
    found = context.rows(
        "SELECT id FROM room WHERE event = ? AND slug = ?", context.event, payload.room
    )
    if payload.role == "facilitator" and not found:
        raise not_found()
    room = found[0][0] if found else None
    grant = context.rows(
        "INSERT INTO staff (event, role, room, token_hash) VALUES (?, ?, ?, ?) RETURNING id",
        context.event,
        payload.role,
        room,
        payload.token_hash,
    )[0][0]
    return {"grant": str(grant)}
