"""What all commands share: who acts, with what authority, on which event, and the ledger's row.

Authority and phase are read here, inside the transaction, never from a caller's memory.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from ..errors import N_, Refusal, forbidden, not_found
from ..model import phases
from ..store import Database

#: A checked payload: one of the msgspec structs that the modules of commands declare.
Payload = Any
Reply = dict[str, Any]

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.decode


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    """The base of every payload: an unknown key is an error, not a shrug."""


@dataclass(frozen=True)
class Verb:
    """A command: who may send it with which payload, and the function that does it.

    `payloads` maps the kinds of actor (participant, facilitator, lead, organiser, clock, console,
    door) to the payload that each sends.
    """

    name: str
    payloads: dict[str, type[Fields]]
    function: Callable[["Context", Payload], Reply]
    public: bool


registry: dict[str, Verb] = {}

PARTICIPANT = ("participant",)
LEADS = ("lead", "organiser", "console")
STAFF = ("facilitator", *LEADS)


def command(
    name: str, *kinds_and_payloads: tuple[Iterable[str], type[Fields]], public: bool = True
) -> Callable[[Callable[["Context", Any], Reply]], Callable[["Context", Any], Reply]]:
    """Register the decorated function as `name` for the given kinds of actor and payloads."""
    payloads = {kind: payload for kinds, payload in kinds_and_payloads for kind in kinds}

    def register(function: Callable[[Context, Any], Reply]) -> Callable[[Context, Any], Reply]:
        registry[name] = Verb(name, payloads, function, public)
        return function

    return register


@dataclass
class Seat:
    """The acting participant, as the database has them in this transaction."""

    id: int
    room: int
    phase: str


@dataclass
class Context:
    """One command under way: `revision` is the number it will have if it is accepted."""

    db: Database
    event: int
    revision: int
    now: float
    actor: str
    kind: str
    event_phase: str
    seat: Seat | None
    #: The room that a facilitator's grant is for; None for everybody else.
    own_room: int | None

    def leads(self, room: int) -> None:
        """Raises Refusal unless the actor may moderate `room`."""
        if self.own_room is not None and self.own_room != room:
            raise forbidden()

    def the_seat(self) -> Seat:
        """The acting participant; a mistake in the caller where there is none."""
        if self.seat is None:
            raise AssertionError(f"{self.kind} has no seat")
        return self.seat

    def room(self, text: str, field: str = "room") -> Any:
        """The event's room with this id."""
        row = self._one("SELECT * FROM room WHERE id = ? AND event = ?", text)
        if row is None:
            raise missing(field)
        return row

    def participant(self, text: str, field: str = "participant") -> Any:
        """The event's participant with this id."""
        row = self._one("SELECT * FROM participant WHERE id = ? AND event = ?", text)
        if row is None:
            raise missing(field)
        return row

    def question(self, text: str, field: str = "question") -> Any:
        """The event's question with this id."""
        row = self._one("SELECT * FROM question WHERE id = ? AND event = ?", text)
        if row is None:
            raise missing(field)
        return row

    def moderated(self, text: str, field: str = "question") -> Any:
        """A question that the acting facilitator may see and moderate.

        What nobody else has seen yet does not exist for facilitators either, but for what they
        wrote down themselves for somebody on the phone.
        """
        question = self.question(text, field)
        if question["number"] is None and question["asked_by"] != self.actor:
            raise missing(field)
        self.leads(question["room"])
        return question

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All rows of a query."""
        return list(self.db.execute(sql, values))

    def run(self, sql: str, *values: object) -> None:
        """One statement that changes something."""
        self.db.execute(sql, values)

    def _one(self, sql: str, text: str) -> Any:
        # SQLite's integers end at 2**63; a longer id cannot exist. Nor are there two ways to write
        # one: the ledger keeps ids as they came, and readers look them up by their text.
        if not (text.isascii() and text.isdecimal() and len(text) < 19 and text == str(int(text))):
            return None
        return self.db.execute(sql, (int(text), self.event)).fetchone()


def missing(field: str) -> Refusal:
    """For an id under `field` of what does not exist, or must not be told from that."""
    refusal = not_found()
    refusal.field = field
    return refusal


def read_op(text: object) -> str:
    """The op in its canonical form; Refusal unless it is a UUID."""
    if isinstance(text, str) and len(text) <= 45:
        try:
            return str(uuid.UUID(text))
        except ValueError:
            pass  # falls to the refusal below, which says what an op is
    raise Refusal(
        "invalid", N_("The key %(key)s must be a UUID, new for each command."), field="op", key="op"
    )


def find_verb(name: str) -> Verb:
    """The command called `name`; Refusal where there is none."""
    verb = registry.get(name)
    if verb is None:
        raise Refusal(
            "unknown_command",
            N_("There is no command %(name)s. Reload the page to get the present version."),
            name=name[:60],
        )
    return verb


def read_payload(verb: Verb, actor: str, payload: object) -> Payload:
    """`payload` as the struct that this kind of actor sends with the command.

    A grant's exact role is not known before the transaction; facilitators and leads send the same.
    """
    kind = actor.partition(":")[0]
    kinds = STAFF if kind == "grant" else (kind,)
    struct = next((verb.payloads[k] for k in kinds if k in verb.payloads), None)
    if struct is None:
        raise forbidden()
    if not isinstance(payload, dict):
        raise Refusal("invalid", N_("A command needs an object of keys and values."))
    try:
        return msgspec.convert(payload, struct)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error
    except UnicodeEncodeError as error:
        # Half of a surrogate pair where no text belongs; msgspec cannot even say so.
        raise Refusal(
            "invalid", N_("The text has a sign that cannot be shown. Remove it and try again.")
        ) from error


def earlier_reply(
    db: Database, event_id: int | None, actor: str, op: str, name: str, payload: object
) -> Reply | None:
    """The reply that this actor's `op` got before; Refusal `op_reused` if it asked for else."""
    row = db.execute(
        "SELECT command, payload, reply, event FROM ledger WHERE op = ? AND actor = ?", (op, actor)
    ).fetchone()
    if row is None:
        return None
    # The door and the console act in every event; only a new event has no number to compare.
    same_event = event_id is None or event_id == row[3]
    if not same_event or (row[0], row[1]) != (name, _written(payload)):
        raise Refusal(
            "op_reused",
            N_("This was sent before with other content. Reload the page and try again."),
        )
    reply: Reply = _decode(row[2])
    return reply


def _written(payload: object) -> str | None:
    """The payload as the ledger has it; None for what could never have been accepted."""
    try:
        return _encode(payload).decode()
    except UnicodeEncodeError:
        return None


def begin(db: Database, verb: Verb, event_id: int | None, actor: str, now: float) -> Context:
    """Who acts, and with what authority, as the database has it now."""
    kind, _, number = actor.partition(":")
    if verb.name == "event.create":
        return Context(db, 0, 1, now, actor, kind, phases.LOBBY, None, None)
    event = db.execute("SELECT revision, phase FROM event WHERE id = ?", (event_id,)).fetchone()
    if event is None or event_id is None:
        raise not_found()
    context = Context(db, event_id, event[0] + 1, now, actor, kind, event[1], None, None)
    if kind == "participant":
        context.seat = _seat(context, int(number))
    elif kind == "grant":
        row = db.execute(
            "SELECT role, room FROM staff WHERE id = ? AND event = ? AND NOT revoked",
            (int(number), event_id),
        ).fetchone()
        if row is None:
            raise forbidden()
        context.kind, context.own_room = row[0], row[1]
    if context.kind not in verb.payloads:
        raise forbidden()
    return context


def accept(
    context: Context, op: str, actor: str, name: str, payload: object, reply: Reply
) -> Reply:
    """Write the ledger's row; the reply with its revision."""
    reply = {"ok": True, "revision": context.revision, **reply}
    context.run("UPDATE event SET revision = ? WHERE id = ?", context.revision, context.event)
    context.run(
        "INSERT INTO ledger (event, revision, actor, op, at, command, payload, reply)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        context.event,
        context.revision,
        actor,
        op,
        context.now,
        name,
        _encode(payload).decode(),
        _encode(reply).decode(),
    )
    return reply


def _seat(context: Context, participant: int) -> Seat:
    row = context.db.execute(
        "SELECT p.room, p.removed, COALESCE(r.phase, ?) FROM participant p"
        " JOIN room r ON r.id = p.room WHERE p.id = ? AND p.event = ?",
        (context.event_phase, participant, context.event),
    ).fetchone()
    if row is None:
        raise not_found()
    if row[1]:
        raise Refusal(
            "forbidden",
            N_("The facilitator removed you from the event. Call the organiser to come back."),
        )
    return Seat(participant, row[0], row[2])


def _malformed(message: str) -> Refusal:
    """msgspec names the place as `$.key[0]`; the person and the contract want the key."""
    path = message.rpartition("`$")[2].strip("`. ") if "`$" in message else ""
    named = message.split("`")[1] if message.startswith("Object") and "`" in message else ""
    key = path.lstrip(".").split(".")[0].split("[")[0] or named
    if message.startswith("Object missing"):
        return Refusal("invalid", N_("The key %(key)s is missing."), field=key, key=key)
    if message.startswith("Object contains unknown"):
        return Refusal(
            "invalid", N_("The key %(key)s does not belong here."), field=named, key=named[:60]
        )
    return Refusal("invalid", N_("The key %(key)s has a wrong value."), field=key, key=key[:60])
