"""A crowd over raw sockets: people who send commands, keep every ack, and come back when cut off.

Nothing of the product is used: the folding, the back-off and the bookkeeping are the tests' own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Entity = dict[str, Any]

LONGEST_PAUSE = 1.0
#: Each so many commands, one is sent once more after its ack.
DOUBLED = 10


@dataclass
class Sent:
    """One command and, once it came, its ack. Times in seconds of the monotonic clock."""

    op: str
    command: str
    payload: dict[str, Any]
    began: float
    ack: dict[str, Any] | None = None
    ended: float = 0.0


@dataclass
class Stream:
    """What one person holds of a stream."""

    revision: int = 0
    entities: dict[tuple[str, str], Entity] = field(default_factory=dict)

    def fold(self, changes: list[Entity]) -> None:
        """Put each change into its place."""
        for change in changes:
            key = (change["type"], change["id"])
            if change.get("gone"):
                self.entities.pop(key, None)
            else:
                self.entities[key] = change


class Member:
    """One person of the crowd: a seat, one connection at a time, and everything they sent."""

    def __init__(self, url: str, join: str) -> None:
        self.url, self.join_link = url, join
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.sent: list[Sent] = []
        self.streams: dict[str, Stream] = {}
        self.complaints: list[str] = []
        self.reconnected: list[float] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @property
    def id(self) -> str:
        """The seat's id."""
        return next(id_ for kind, id_ in self.streams["me"].entities if kind == "me")

    @property
    def room(self) -> str:
        """The id of the room that the seat is in."""
        room: str = self.streams["me"].entities["me", self.id]["room"]
        return room

    async def enter(self, affiliation: str = "") -> None:
        """Join over the form and connect; from then on come back after every cut."""
        async with self.http.get(self.join_link) as page:
            text = await page.text()
        hidden = dict(re.findall(r'name="(csrf_token|op)"[^>]*?value="([^"]+)"', text))
        fields = {**hidden, "name": "", "affiliation": affiliation, "room": ""}
        async with self.http.post(
            self.join_link, data=fields, allow_redirects=False, headers={"Referer": self.join_link}
        ) as answer:
            assert answer.status == 303, await answer.text()
        self._task = asyncio.create_task(self._stay())
        await self._up.wait()

    async def leave(self) -> None:
        """Go away for good."""
        self.closing = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._socket is not None:
            await self._socket.close()
        await self.http.close()

    async def do(self, command: str, **payload: Any) -> dict[str, Any]:
        """Send a command until it is acked, with the same `op` each time; its ack."""
        sent = Sent(str(uuid.uuid4()), command, payload, time.monotonic())
        self.sent.append(sent)
        while True:
            await self._up.wait()
            try:
                ack = await self.emit(command, {"op": sent.op, **payload})
            except ConnectionError:
                await asyncio.sleep(0.01)
                continue
            if not ack["ok"] and ack["error"]["code"] in {"slow_down", "unavailable"}:
                await asyncio.sleep(0.2)
                continue
            sent.ack, sent.ended = ack, time.monotonic()
            if len(self.sent) % DOUBLED == 0:
                await self._again_the_same(sent)
            return ack

    async def _again_the_same(self, sent: Sent) -> None:
        """A client that never heard the ack sends once more: the reply must be the same."""
        with contextlib.suppress(ConnectionError):
            reply = await self.emit(sent.command, {"op": sent.op, **sent.payload})
            if sent.ack is not None and sent.ack["ok"] and reply != sent.ack:
                self.complaints.append(f"{sent.op} was acked as {sent.ack}, then as {reply}")

    async def emit(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send one event and wait for its ack; ConnectionError if the connection goes first."""
        socket = self._socket
        if socket is None or socket.closed:
            raise ConnectionError
        self._number += 1
        number = self._number
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await socket.send_str(f"42{number}{json.dumps([name, payload])}")
            return await asyncio.wait_for(future, 60)
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionError from error
        finally:
            self._waiting.pop(number, None)

    async def fresh(self, stream: str) -> tuple[int, dict[tuple[str, str], Entity]]:
        """The stream's revision and entities as a newcomer gets them."""
        ack = await self.emit("subscribe", {"stream": stream})
        held = Stream()
        held.fold(ack["changes"])
        return ack["revision"], held.entities

    async def _stay(self) -> None:
        pause = 0.05
        while not self.closing:
            try:
                await self._connected()
                pause = 0.05
            except (aiohttp.ClientError, aiohttp.WSMessageTypeError, OSError):
                pass  # the server is away, perhaps since the handshake; the pause is the answer
            self._up.clear()
            for future in list(self._waiting.values()):
                if not future.done():
                    future.set_exception(ConnectionError())
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _connected(self) -> None:
        address = self.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        async with self.http.ws_connect(address, max_msg_size=0) as socket:
            self._socket = socket
            await socket.receive_str()
            await socket.send_str("40{}")
            await socket.receive_str()
            reading = asyncio.create_task(self._read(socket))
            began = time.monotonic()
            try:
                await self._subscribe("me")
                await self._subscribe(f"room:{self.room}")
                self.reconnected.append(time.monotonic() - began)
                self._up.set()
                await reading
            finally:
                self._up.clear()
                reading.cancel()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            text = message.data
            if text == "2":
                await socket.send_str("3")
            elif text.startswith("43"):
                at = text.index("[")
                future = self._waiting.get(int(text[2:at]))
                if future is not None and not future.done():
                    future.set_result(json.loads(text[at:])[0])
            elif text.startswith("42"):
                name, body = json.loads(text[2:])
                if name == "delta":
                    self._delta(body)
                elif name == "resync":
                    self._again(body["stream"])
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(ConnectionError())

    async def _subscribe(self, name: str) -> None:
        held = self.streams.setdefault(name, Stream())
        wish: dict[str, Any] = {"stream": name}
        if held.revision:
            wish["revision"] = held.revision
        ack = await self.emit("subscribe", wish)
        if not ack["ok"]:
            self.complaints.append(f"subscribe {name}: {ack}")
            return
        acked = max((s.ack["revision"] for s in self.sent if s.ack and s.ack["ok"]), default=0)
        if ack["revision"] < acked:
            self.complaints.append(
                f"{name} is at revision {ack['revision']}, but {acked} was acked before"
            )
        if ack["whole"]:
            held.entities.clear()
        held.fold(ack["changes"])
        held.revision = ack["revision"]

    def _delta(self, delta: dict[str, Any]) -> None:
        held = self.streams.get(delta["stream"])
        if held is None or not held.revision or delta["revision"] <= held.revision:
            return
        if delta["after"] > held.revision:
            self._again(delta["stream"])
            return
        held.fold(delta["changes"])
        held.revision = delta["revision"]

    def _again(self, name: str) -> None:
        async def subscribe() -> None:
            with contextlib.suppress(ConnectionError):
                await self._subscribe(name)

        task = asyncio.create_task(subscribe())
        _KEPT.add(task)
        task.add_done_callback(_KEPT.discard)


_KEPT: set[asyncio.Task[None]] = set()


async def gather(url: str, join: str, people: int) -> list[Member]:
    """A crowd of so many, all joined and connected."""
    members = [Member(url, join) for _ in range(people)]
    slots = asyncio.Semaphore(20)

    async def enter(at: int, member: Member) -> None:
        async with slots:
            await member.enter(("x", "y", "")[at % 3])

    await asyncio.gather(*(enter(at, member) for at, member in enumerate(members)))
    return members


async def act(member: Member, rng: random.Random, until: float, rate: float) -> None:
    """Ask, support, take back, edit and withdraw at `rate` commands a second until the time."""
    mine: list[str] = []
    while time.monotonic() < until:
        await asyncio.sleep(rng.expovariate(rate))
        held = member.streams[f"room:{member.room}"].entities
        listed = [id_ for kind, id_ in held if kind == "question"]
        dice = rng.random()
        if dice < 0.08 or not listed:
            ack = await member.do("question.ask", text=f"Kysymys {rng.random()} 中文?")
            if ack["ok"]:
                mine.append(ack["question"])
        elif dice < 0.12 and mine:
            await member.do("question.edit", question=rng.choice(mine), text=f"Uusi {rng.random()}")
        elif dice < 0.14 and mine:
            await member.do("question.withdraw", question=mine.pop())
        else:
            await member.do("vote.set", question=rng.choice(listed), on=rng.random() < 0.7)
