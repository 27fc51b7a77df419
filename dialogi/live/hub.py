"""Connections: what arrives on them, and where the answers go."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import socketio
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from .. import identity, languages
from ..commands import CONTRACT, Command
from ..commands.toplist import check_rule
from ..concurrency import Sockets, spawn
from ..errors import N_, Refusal, forbidden, not_found
from ..events import Events
from ..identity import Identity
from ..model.state import EventState
from ..snapshot import Stream, audit, changes, proposal
from ..writer import Outcome, Writer
from . import fanout, takeover, transport
from .bucket import PARTICIPANT, STAFF, Bucket
from .fanout import Message
from .publisher import Publisher
from .pulse import Pulse
from .snapshots import Snapshots
from .topics import Topics

log = logging.getLogger(__name__)

#: What says who somebody is, and what Flask needs to read it.
_OF_REQUEST = (
    "HTTP_COOKIE", "HTTP_ACCEPT_LANGUAGE", "HTTP_HOST", "PATH_INFO", "REQUEST_METHOD",
    "SERVER_NAME", "SERVER_PORT", "flask.app", "wsgi.url_scheme",
)  # fmt: skip


@dataclass(slots=True)
class Connection:
    """One socket. `who` is None for a public page (`audience` public or projector)."""

    sid: str
    event: int
    who: Identity | None
    audience: str
    language: str
    bucket: Bucket
    engine: Any
    streams: set[Stream] = field(default_factory=set)
    #: Streams whose deltas passed this client by, since it did not read.
    behind: set[Stream] = field(default_factory=set)
    behind_since: float = 0.0

    @property
    def person(self) -> int | None:
        """The participant's id, None for staff and public pages."""
        return self.who.id if self.who is not None and self.who.role == "participant" else None


class Live:
    """Takes what clients send: subscribes, queries and commands."""

    def __init__(
        self, sockets: SocketIO, writer: Writer, events: Events, *, interval: float, fast: bool
    ) -> None:
        self._server: socketio.Server = sockets.server
        self._writer = writer
        self._events = events
        self._topics = Topics()
        self._snapshots = Snapshots()
        self._connections: dict[str, Connection] = {}
        self._buckets: dict[tuple[int, str], Bucket] = {}
        self.publisher = Publisher(events, self._topics, self._connections, interval)
        writer.on_commit = self._committed
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        on_message = transport.install(self._server, self._receive)
        spawn(Pulse(self._server).run)
        if fast and takeover.fits():
            wires = Sockets()
            takeover.install(self._server, wires, on_message)
            spawn(wires.serve)

    def connected(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    # --- coming and going

    def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        with environ["flask.app"].request_context(environ):
            self._connections[sid] = self._connection(sid, auth)
        # The whole request is as large as all else that a client costs. This much of it lets
        # somebody in who leaves and comes back on the same connection.
        self._server.environ[sid] = {key: environ[key] for key in _OF_REQUEST if key in environ}
        self.publisher.presence_changed(self._connections[sid])

    def _connection(self, sid: str, auth: object) -> Connection:
        wish = auth if isinstance(auth, dict) else {}
        event, role, room = (_text(wish.get(key)) for key in ("event", "role", "room"))
        language = identity.language()
        if role in {"public", "projector"}:
            find = self._events.by_results_id if role == "public" else self._events.by_present_id
            state = find(event or "")
            who = None
        else:
            state, who, role = self._seat(event, role, room)
        if state is None or (who is None and role not in {"public", "projector"}):
            refusal = identity.no_identity()
            raise Refused(languages.translate(language, refusal.message), {"code": refusal.code})
        return Connection(
            sid,
            state.event.id,
            who,
            role or "",
            identity.language(state.event.language),
            self._bucket(state.event.id, who),
            self._server.eio.sockets.get(sid),
        )

    def _seat(
        self, event: str | None, role: str | None, room: str | None
    ) -> tuple[EventState | None, Identity | None, str | None]:
        state = self._events.by_code(event) if event is not None else None
        if event is not None and state is None:
            return None, None, role
        code = state.event.code if state is not None else None
        who = identity.connecting(code, role, _room_id(state, room))
        if who is not None and state is None:
            state = self._events.by_code(who.event)
        return state, who, who.role if who is not None else role

    def _bucket(self, event: int, who: Identity | None) -> Bucket:
        limit = PARTICIPANT if who is None or who.role == "participant" else STAFF
        if who is None:
            return Bucket(*limit)
        return self._buckets.setdefault((event, who.actor), Bucket(*limit))

    def _disconnect(self, sid: str, *_: object) -> None:
        connection = self._connections.pop(sid, None)
        if connection is None:
            return
        for stream in connection.streams:
            self._topics.leave(stream, connection)
        self.publisher.presence_changed(connection)

    # --- receiving

    def _receive(self, sid: str, ack: int | None, data: list[Any]) -> None:
        """One emitted event. Returns at once; the ack comes when there is something to say."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        try:
            if not connection.bucket.take():
                raise _slow_down()
            name = data[0] if isinstance(data[0], str) else ""
            payload = data[1] if len(data) == 2 else None
            if not isinstance(payload, dict):
                raise Refusal("invalid", N_("A command needs one object of keys and values."))
            self._dispatch(connection, ack, name, payload)
        except Refusal as refusal:
            self._refuse(connection, ack, refusal)

    def _dispatch(
        self, connection: Connection, ack: int | None, name: str, payload: dict[str, Any]
    ) -> None:
        query = {"subscribe": self._subscribe, "toplist.propose": self._propose}.get(name)
        if query is not None:
            if self._events.is_fresh(connection.event):
                self._ask(connection, ack, query, payload)
            else:
                spawn(self._ask, connection, ack, query, payload)
            return
        if name not in CONTRACT:
            raise Refusal(
                "unknown_command",
                N_("There is no command %(name)s. Reload the page to get the present version."),
                name=name[:60],
            )
        if connection.who is None:
            raise forbidden()
        bucket = connection.bucket
        if not bucket.begin():
            raise _slow_down()

        def done(outcome: Outcome) -> None:
            bucket.end()
            if isinstance(outcome, Refusal):
                self._refuse(connection, ack, outcome)
            elif ack is not None:
                self._acknowledge(connection, ack, outcome)

        op = payload.get("op")
        rest = {key: value for key, value in payload.items() if key != "op"}
        self._writer.send(
            Command(connection.event, connection.who.actor, name, rest, _as_op(op)), done
        )

    def _ask(self, connection: Connection, ack: int | None, query: Any, payload: Any) -> None:
        """`query` gives what to send as the ack with a number."""
        try:
            reply = query(connection, self._events.now(connection.event), payload)
        except Refusal as refusal:
            self._refuse(connection, ack, refusal)
            return
        except Exception:
            log.exception("A query failed")
            self._refuse(
                connection,
                ack,
                Refusal("internal", N_("Something went wrong here. Please try once more.")),
            )
            return
        if ack is not None:
            fanout.send(connection.engine, reply(ack))

    def _refuse(self, connection: Connection, ack: int | None, refusal: Refusal) -> None:
        if ack is None:
            return
        error = {
            "code": refusal.code,
            "message": languages.translate(connection.language, refusal.message, **refusal.params),
        }
        if refusal.field is not None:
            error["field"] = refusal.field
        self._acknowledge(connection, ack, {"ok": False, "error": error})

    def _acknowledge(self, connection: Connection, ack: int, reply: dict[str, Any]) -> None:
        fanout.send(connection.engine, Message.ack(ack, reply))

    # --- queries

    def _subscribe(
        self, connection: Connection, state: EventState, payload: dict[str, Any]
    ) -> Callable[[int], Message]:
        name, since = _subscribe_wish(payload)
        with self._events.lock:
            return self._follow(connection, state, name, since)

    def _follow(
        self, connection: Connection, state: EventState, name: str, since: int | None
    ) -> Callable[[int], Message]:
        stream = _stream(connection, state, name)
        if connection.sid in self._connections and stream not in connection.streams:
            self.publisher.begin(connection.event, state.revision)
            # Join first, then read: what is committed from here on comes as a delta.
            self._topics.join(stream, connection, state.revision)
            connection.streams.add(stream)
        connection.behind.discard(stream)
        if stream.kind in {"facilitators", "lead"}:
            self.publisher.tell_presence(connection, stream, state)
        reply = {
            "ok": True,
            "stream": stream.name,
            "revision": state.revision,
            "now": time.time(),
            "whole": since is None or not 0 <= since <= state.revision,
        }
        if stream.kind == "staff" and connection.who is not None:
            reply["changes"] = [_staff(connection.who)]
        elif reply["whole"]:
            return partial(
                Message.snapshot, reply=reply, whole=self._snapshots.whole(state, stream)
            )
        else:
            reply["changes"] = changes(state, stream, since or 0)
        return partial(Message.ack, reply=reply)

    def _propose(
        self, connection: Connection, state: EventState, payload: dict[str, Any]
    ) -> Callable[[int], Message]:
        if connection.who is None or not connection.who.leads:
            raise forbidden()
        _only(payload, {"rule", "op"})
        rule = check_rule(_text(payload.get("rule", "")) or "")
        with self._events.lock:
            entries = proposal(state, rule, seen_only=True)
        reply = {
            "ok": True,
            "revision": state.revision,
            "rule": rule,
            "toplist": entries,
            "audit": audit(state, entries),
        }
        return partial(Message.ack, reply=reply)

    def _committed(self, revisions: dict[int, int]) -> None:
        self._events.committed(revisions)
        self.publisher.wake(set(revisions))


def _slow_down() -> Refusal:
    return Refusal(
        "slow_down", N_("That was very many at once. Wait a moment; it is sent again by itself.")
    )


def _stream(connection: Connection, state: EventState, name: str) -> Stream:
    """The stream called `name`, as this connection may follow it now; Refusal if it may not."""
    kind, _, room = name.partition(":")
    who = connection.who
    if who is None:
        if name != "event":
            raise forbidden()
        return Stream("public" if connection.audience == "public" else "event")
    if name == "me":
        return Stream("me" if who.role == "participant" else "staff", who.id)
    if who.role == "participant" and state.participants[who.id].removed:
        raise Refusal(
            "forbidden",
            N_("The facilitator removed you from the event. Call the organiser to come back."),
        )
    if name == "event":
        return Stream("event")
    if name == "lead":
        if not who.leads:
            raise forbidden()
        return Stream("lead")
    if kind not in {"room", "facilitators"} or not _is_id(room) or int(room) not in state.rooms:
        raise not_found()
    if not _may_follow(who, state, kind, int(room)):
        raise forbidden()
    return Stream(kind, int(room))


def _staff(who: Identity) -> dict[str, Any]:
    """What a grant is, for its own page; it never changes."""
    room = None if who.room is None else str(who.room)
    return {"type": "me", "id": str(who.id), "role": who.role, "room": room}


def _may_follow(who: Identity, state: EventState, kind: str, room: int) -> bool:
    if who.leads:
        return True
    if who.role == "facilitator":
        return who.room == room
    return kind == "room" and state.participants[who.id].room == room


def _subscribe_wish(payload: dict[str, Any]) -> tuple[str, int | None]:
    _only(payload, {"stream", "revision"})
    name, since = payload.get("stream"), payload.get("revision")
    if not isinstance(name, str):
        raise Refusal("invalid", N_("The key %(key)s is missing."), field="stream", key="stream")
    if since is not None and (isinstance(since, bool) or not isinstance(since, int)):
        raise Refusal(
            "invalid", N_("The key %(key)s has a wrong value."), field="revision", key="revision"
        )
    return name, since


def _only(payload: dict[str, Any], keys: set[str]) -> None:
    for key in payload.keys() - keys:
        raise Refusal(
            "invalid", N_("The key %(key)s does not belong here."), field=key, key=key[:60]
        )


def _room_id(state: EventState | None, room: str | None) -> int | None:
    """A room by its id or its name; an impossible id where there is none, so nothing matches."""
    if room is None or state is None:
        return None
    for it in state.rooms.values():
        if room in {str(it.id), it.name}:
            return it.id
    return -1


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _as_op(op: object) -> str:
    """An op of a wrong type is refused by the command like a malformed one."""
    return op if isinstance(op, str) else ""
