"""One person of a rehearsal: a cookie jar, a connection, the streams followed, the commands."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import aiohttp

from .connection import Connection, ConnectionLost, Frames
from .entrance import NotAdmitted, NotThere, Seat
from .measure import Tally
from .streams import Delta, Entity, Key, Outcome, Stream, snapshot

# So long a person keeps trying to reach a server that is away.
PATIENCE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 5.0
# A living connection that does not answer for so long is sent the command again.
ANSWER_SECONDS = 30.0
LOSSES_IN_SILENCE = 2
# What a client answers by waiting: the first by contract, the second is a server about to be back.
WAIT_AND_REPEAT = ("slow_down", "unavailable")

Entrance: TypeAlias = Callable[[aiohttp.ClientSession], Callable[[], Awaitable[Seat]]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a command; times are the loop's."""

    verdict: Literal["acked", "refused", "lost"]
    code: str = ""
    message: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    sent: float = 0.0
    answered: float = 0.0


@dataclass(slots=True)
class Hall:
    """What all people of a rehearsal share."""

    url: str
    connector: aiohttp.TCPConnector
    tally: Tally
    patience: float = PATIENCE_SECONDS
    frames: Frames = field(default_factory=Frames)


class Person:
    """A participant or facilitator, from entering to leaving.

    `entrance(session)` gives the way in; `only_room` is the name of the one room that a facilitator
    with a lead's grant looks after, empty for all.
    """

    def __init__(self, key: str, hall: Hall, entrance: Entrance, only_room: str = "") -> None:
        self.key = key
        self.streams: dict[str, Stream] = {}
        self.denied: dict[str, str] = {}
        self.gone = ""
        self.seat = Seat("", "")
        self._hall = hall
        self._only_room = only_room
        self._session = aiohttp.ClientSession(
            connector=hall.connector,
            connector_owner=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        )
        self._enter = entrance(self._session)
        self._connection: Connection | None = None
        self._online = asyncio.Event()
        self._ready = asyncio.Event()
        self._standing: tuple[str, bool] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # Entering and staying.

    async def enter(self, patience: float | None = None) -> None:
        """Joins, connects and subscribes. Raises `NotAdmitted`, or `NotThere` after patience."""
        patience = self._hall.patience if patience is None else patience
        since, tries = _now(), 0
        while True:
            try:
                self.seat = await self._enter()
                break
            except NotThere as problem:
                if _now() - since > patience:
                    self._give_up(str(problem))
                    raise
                await asyncio.sleep(pause(tries))
                tries += 1
        for name in ("event", "me"):
            self.streams[name] = Stream(name)
        self._start(self._stay())
        try:
            async with asyncio.timeout(2 * self._hall.patience):
                await self._ready.wait()
        except TimeoutError as problem:
            raise NotThere("the server does not answer subscriptions") from problem
        if self.gone:
            raise NotThere(self.gone)
        if self.denied:
            raise NotAdmitted(", ".join(f"{name}: {why}" for name, why in self.denied.items()))

    async def _stay(self) -> None:
        since, tries = _now(), 0
        while True:
            try:
                connection = await Connection.to(
                    self._session,
                    self._hall.url,
                    self.seat.auth(),
                    self._hall.frames,
                    self._received,
                )
            except ConnectionLost as problem:
                if _now() - since > self._hall.patience:
                    self._give_up(str(problem))
                    return
            else:
                opened = _now()
                self._connection = connection
                for stream in self.streams.values():
                    self._subscribe(stream)
                await connection.flush()
                self._online.set()
                await connection.listen()
                self._online.clear()
                self._connection = None
                for stream in self.streams.values():
                    stream.lose()
                await connection.close()
                if _now() - opened > 1:
                    since, tries = _now(), 0
            await asyncio.sleep(pause(tries))
            tries += 1

    def _give_up(self, why: str) -> None:
        self.gone = why or "the server is away"
        self._ready.set()
        self._online.set()

    # Following streams.

    def _received(self, name: str, data: Any) -> None:
        if name == "delta":
            self._delta(data)
        elif name == "resync":
            stream = self.streams.get(data["stream"])
            if stream is not None:
                self._hall.tally.resyncs += 1
                self._subscribe(stream)

    def _delta(self, delta: Delta) -> None:
        tally = self._hall.tally
        tally.deltas += 1
        tally.last_delta_at = _now()
        stream = self.streams.get(delta.stream)
        if stream is None:
            return
        outcome = stream.offer(delta)
        if outcome is Outcome.APPLIED:
            self._applied(delta)
        elif outcome is Outcome.GAP:
            tally.resyncs += 1
            self._subscribe(stream)

    def _applied(self, delta: Delta) -> None:
        name = delta.stream
        if name == "me":
            self._arrange()
        elif name == "event" or name.startswith("room:"):
            tally = self._hall.tally
            tally.sightings.delta(name, delta.after, delta.revision, self.key, tally.last_delta_at)

    def _subscribe(self, stream: Stream) -> None:
        if self._connection is None:
            return
        if stream.asking:
            # The answer under way may be older than what asks for a new one.
            stream.again = True
            return
        self._connection.post(
            "subscribe",
            stream.ask(),
            lambda answer: self._subscribed(stream, answer),
            lambda: None,
        )

    def _subscribed(self, stream: Stream, answer: Any) -> None:
        if self.streams.get(stream.name) is not stream:
            return
        if not answer["ok"]:
            self._unsubscribed(stream, answer["error"])
            return
        held = stream.revision
        applied = stream.take(answer)
        if held is not None and answer["revision"] > held:
            self._hall.tally.sightings.catch_up(
                stream.name, held, answer["revision"], self.key, _now()
            )
        for delta in applied:
            self._applied(delta)
        if stream.again:
            self._subscribe(stream)
        if stream.name in ("event", "me"):
            self._arrange()
        self._look_ready()

    def _unsubscribed(self, stream: Stream, error: dict[str, str]) -> None:
        if error["code"] in WAIT_AND_REPEAT:
            self._start(self._subscribe_later(stream))
            return
        if stream.again:
            # Refused for what was so when it was asked; since then the seat has changed.
            stream.asking = False
            self._subscribe(stream)
            return
        del self.streams[stream.name]
        self.denied[stream.name] = error["code"]
        self._look_ready()

    async def _subscribe_later(self, stream: Stream) -> None:
        connection = self._connection
        await asyncio.sleep(pause(1))
        # After a new connection, `_stay` has asked already.
        if connection is not None and connection is self._connection:
            stream.asking = False
            self._subscribe(stream)
            await connection.flush()

    def _arrange(self) -> None:
        """Follows what there is to follow from this seat, and drops what is no longer."""
        me = self.me()
        if me is None:
            return
        wanted = self._wanted(me)
        for name in [name for name in self.streams if name not in wanted]:
            del self.streams[name]
        standing = (str(me.get("room") or ""), bool(me.get("removed")))
        if self._standing not in (None, standing):
            # Being moved or removed ended all subscriptions.
            self.denied.clear()
            for stream in self.streams.values():
                if stream.name != "me":
                    self._subscribe(stream)
        self._standing = standing
        for name in wanted:
            if name not in self.streams and name not in self.denied:
                stream = self.streams[name] = Stream(name)
                self._subscribe(stream)

    def _wanted(self, me: Entity) -> list[str]:
        wanted = ["event", "me"]
        if self.seat.role == "participant":
            room = me.get("room")
            return wanted if me.get("removed") or not room else [*wanted, f"room:{room}"]
        if self.seat.role in ("lead", "organiser"):
            wanted.append("lead")
        for room in self.rooms():
            mine = self.seat.room in ("", room["id"])
            if mine and self._only_room in ("", room["name"]):
                wanted += [f"room:{room['id']}", f"facilitators:{room['id']}"]
        return wanted

    def _look_ready(self) -> None:
        answered = all(stream.revision is not None for stream in self.streams.values())
        if (self._standing is not None and answered) or {"event", "me"} & self.denied.keys():
            self._ready.set()

    def me(self) -> Entity | None:
        """This seat as stream `me` shows it."""
        stream = self.streams.get("me")
        return next(iter(stream.of_type("me")), None) if stream else None

    def rooms(self) -> list[Entity]:
        """The event's rooms."""
        stream = self.streams.get("event")
        return stream.of_type("room") if stream else []

    # Commands.

    async def command(self, name: str, payload: dict[str, Any]) -> Reply:
        """Sends a command until it is answered: one `op`, over as many connections as it takes."""
        payload = {"op": str(uuid.uuid4()), **payload}
        sent, tries, silences = 0.0, 0, 0
        while True:
            await self._online.wait()
            if self.gone:
                return Reply("lost", message=self.gone, sent=sent)
            if self._connection is None:
                continue
            sent = sent or _now()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._connection.call(name, payload)
            except TimeoutError:
                silences += 1
                if silences == LOSSES_IN_SILENCE:
                    return Reply("lost", message="the server does not answer", sent=sent)
                continue
            except ConnectionLost:
                await asyncio.sleep(pause(0))
                continue
            if not isinstance(answer, dict):
                return Reply("refused", "internal", f"the ack is {answer!r}", sent=sent)
            if answer["ok"]:
                return Reply("acked", body=answer, sent=sent, answered=_now())
            code, message = answer["error"]["code"], answer["error"]["message"]
            late = code != "slow_down" and _now() - sent > self._hall.patience
            if code not in WAIT_AND_REPEAT or late:
                return Reply("refused", code, message, sent=sent, answered=_now())
            await asyncio.sleep(pause(tries))
            tries += 1

    async def fresh(self, name: str) -> dict[Key, Entity] | None:
        """A fresh snapshot of a stream, apart from what was folded; none if it is refused.

        Raises `ConnectionLost` once the server is given up.
        """
        tries = 0
        while True:
            await self._online.wait()
            if self.gone:
                raise ConnectionLost(self.gone)
            if self._connection is None:
                continue
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._connection.call("subscribe", {"stream": name})
            except TimeoutError as problem:
                raise ConnectionLost("the server does not answer") from problem
            except ConnectionLost:
                answer = {"ok": False, "error": {"code": "unavailable"}}
            if answer["ok"]:
                return snapshot(answer)
            if answer["error"]["code"] not in WAIT_AND_REPEAT:
                return None
            await asyncio.sleep(pause(tries))
            tries += 1

    async def leave(self) -> None:
        """Closes the connection and forgets the cookies."""
        for task in list(self._tasks):
            task.cancel()
        if self._connection is not None:
            await self._connection.close()
        await self._session.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            # What the server sent could not be understood: this person cannot go on.
            self._give_up(f"{type(problem).__name__}: {problem}")


def pause(tries: int) -> float:
    """Seconds to wait after so many tries in vain: growing, never alike, five at most."""
    longest = min(LONGEST_PAUSE_SECONDS, 0.25 * 2.0 ** min(tries, 8))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - keeps no secret


def _now() -> float:
    return asyncio.get_running_loop().time()
