"""An event with anybody in any role, each on a socket of their own; and the database beside it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite3

from dialogi.commands import Command, perform
from dialogi.creating import create_event
from dialogi.model.event_file import check_event
from dialogi.store import immediate, open_database, reading
from dialogi.writer import write_alone
from tests.support.client import Person, do
from tests.support.server import Server
from tests.support.socket import Payload, Socket

SLOW = "slow_down"
CODES = {
    "not_found", "forbidden", "wrong_phase", "invalid", "too_long", "empty", "unknown_command",
    "conflict", "op_reused", "quota_full", "hidden", "room_full", "slow_down", "unavailable",
    "internal",
}  # fmt: skip


@dataclass
class Member:
    """Somebody in the event. `id` is the participant's, or the grant's of staff."""

    person: Person
    socket: Socket
    id: str

    def do(self, command: str, **payload: Any) -> Payload:
        """Send a command with a new `op` and return its ack; wait where a client would."""
        while (ack := do(self.socket, command, **payload)).get("error", {}).get("code") == SLOW:
            time.sleep(0.1)
        return ack

    def done(self, command: str, **payload: Any) -> Payload:
        """Send a command with a new `op`; it must be accepted."""
        ack = self.do(command, **payload)
        assert ack["ok"], f"{command} {payload}: {ack}"
        return ack

    def ask(self, text: str = "Why?", **payload: Any) -> str:
        """Ask a question and return its id."""
        return str(self.done("question.ask", text=text, **payload)["question"])


class Meeting:
    """An event of its own on a server. The lead is there from the start."""

    def __init__(self, server: Server, rooms: Sequence[str] = ("A", "B"), **settings: Any) -> None:
        self.server = server
        self._sockets: list[Socket] = []
        made = new_event(server, {"rooms": [{"name": name} for name in rooms], **settings})
        self.event: str = made["event"]
        self.links: dict[str, Any] = made["links"]
        self.lead = self.staff(self.links["facilitate"], "lead")
        self.lead.socket.subscribe("event")
        event = self.lead.socket.streams["event"]
        self.rooms = {room["name"]: str(room["id"]) for room in event.of_type("room")}

    def participant(self, room: str = "A", affiliation: str = "", name: str = "") -> Member:
        """Seat somebody new by the join form."""
        person = Person(self.server.url)
        reply = person.join(self.links["join"], name, affiliation, room)
        assert reply.status == 303, reply.text
        return self._member(person, person.connect(self.event))

    def facilitator(self, room: str) -> Member:
        """Let a new browser in by a room's secret link."""
        link = self.links["rooms"][room]["facilitate"]
        return self.staff(link, "facilitator", room=self.rooms[room])

    def organiser(self) -> Member:
        """Let a new browser in by the organiser's secret link."""
        return self.staff(self.links["organise"], "organiser")

    def staff(self, link: str, role: str, **auth: str) -> Member:
        """Let a new browser in by a secret link."""
        person = Person(self.server.url)
        assert person.get(link).status == 302
        return self._member(person, person.connect(self.event, role, **auth))

    def page(self, role: str) -> Socket:
        """Connect as the `public` results page or the `projector`, without a cookie."""
        link = self.links["results" if role == "public" else "present"]
        return self.keep(Socket(self.server.url, {"event": link.rpartition("/")[2], "role": role}))

    def phase(self, phase: str, room: str = "", **more: Any) -> Payload:
        """Let the lead set a phase, of the event or of the room of this name."""
        where = {"room": self.rooms[room]} if room else {}
        return self.lead.done("phase.set", phase=phase, **where, **more)

    def keep(self, socket: Socket) -> Socket:
        """Close this socket with the meeting."""
        self._sockets.append(socket)
        return socket

    def close(self) -> None:
        """Close all sockets."""
        for socket in self._sockets:
            socket.close()

    def _member(self, person: Person, socket: Socket) -> Member:
        self.keep(socket)
        socket.subscribe("me")
        [me] = socket.streams["me"].of_type("me")
        return Member(person, socket, str(me["id"]))


def new_event(server: Server, settings: dict[str, Any]) -> dict[str, Any]:
    """Create an event as the command line does, but in this process; its code and links."""
    file = check_event({"title": "T", "question": "Q?", **settings})
    db = open_database(database(server))
    try:
        with immediate(db):
            return create_event(
                lambda command: perform(db, command, time.time()),
                lambda code: event_id(server, code) or _find(db, code),
                server.url,
                file,
            )
    finally:
        db.close()


def console(server: Server, event: str, command: str, **payload: Any) -> Payload:
    """Write a command from outside the server, as the command line would."""
    it = Command(event_id(server, event), "console", command, payload, str(uuid.uuid4()))
    [reply] = write_alone(database(server), [it])
    return reply


def database(server: Server) -> Path:
    """Return where a server's database is."""
    return Path(server.environment["DIALOGI_DATABASE"])


def dump(server: Server) -> str:
    """Return everything in the database as text, a line a row, the ledger included."""
    with closing(_opened(server)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return "\n".join(
            f"{table}: {row}"
            for [table] in tables.fetchall()
            for row in connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608
        )


def ledger(server: Server, event: str, actor: str = "%") -> list[tuple[str, str, str]]:
    """Return (actor, command, payload as JSON) of the event's accepted commands, in order."""
    with closing(_opened(server)) as connection:
        return list(
            connection.execute(
                "SELECT actor, command, payload FROM ledger JOIN event ON event.id = ledger.event"
                " WHERE code = ? AND actor LIKE ? ORDER BY ledger.revision",
                (event, actor),
            )
        )


def event_id(server: Server, code: str) -> int:
    """Return the database's id of an event, 0 where there is none."""
    with closing(_opened(server)) as connection:
        found = connection.execute("SELECT id FROM event WHERE code = ?", (code,)).fetchone()
        return int(found[0]) if found else 0


def _find(db: Any, code: str) -> int:
    found = reading.find_event(db, code)
    assert found is not None
    return found


def _opened(server: Server) -> Any:
    return sqlite3.connect(f"file:{database(server)}?mode=ro", uri=True)


def assert_refused(ack: Payload, code: str, field: str | None = None) -> None:
    """Assert that an ack refuses with this code, the field at fault and a sentence."""
    assert ack.get("ok") is False, f"{code} expected, got {ack}"
    error = ack["error"]
    assert (error["code"], error.get("field")) == (code, field), error
    assert code in CODES
    message = error["message"]
    assert isinstance(message, str)
    assert message.endswith((".", "?"))
    assert "%(" not in message
    assert message[0] == message[0].upper()
