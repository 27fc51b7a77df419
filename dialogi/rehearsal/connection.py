"""One Socket.IO connection over a WebSocket, as small as a player needs it.

The wire only: packets, pings, acknowledgements. What events mean lives in `streams` and `person`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
import msgspec

from .streams import Delta

OPENING_SECONDS = 20.0
CLOSING_SECONDS = 2.0
# Hundreds of people get the same frame within a few milliseconds; so many different ones are kept.
REMEMBERED_FRAMES = 1024

Acknowledged: TypeAlias = Callable[[Any], None]
Received: TypeAlias = Callable[[str, Any], None]


class ConnectionLost(Exception):
    """The connection ended, or never came about; the server may come back."""


class Frames:
    """Decodes event frames, each distinct text once for all the people of this process."""

    def __init__(self) -> None:
        self._decoded: dict[str, tuple[str, Any]] = {}

    def event(self, text: str) -> tuple[str, Any]:
        """`["name", data]` → the name and its data; a `delta` comes as `Delta`."""
        known = self._decoded.get(text)
        if known is None:
            name, *arguments = msgspec.json.decode(text)
            data: Any = arguments[0] if arguments else None
            known = (name, Delta.of(data) if name == "delta" else data)
            if len(self._decoded) >= REMEMBERED_FRAMES:
                self._decoded.clear()
            self._decoded[text] = known
        return known


class Connection:
    """An open connection to the default namespace.

    `received(name, data)` and the acknowledgements are called while reading, in the order in which
    the server sent them, and must not wait.
    """

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        patience: float,
        frames: Frames,
        received: Received,
    ) -> None:
        self._socket = socket
        self._patience = patience
        self._frames = frames
        self._received = received
        self._number = 0
        self._waiting: dict[int, tuple[Acknowledged, Callable[[], None]]] = {}
        self._outbox: list[str] = []
        self.open = True

    @classmethod
    async def to(
        cls,
        session: aiohttp.ClientSession,
        url: str,
        auth: dict[str, str],
        frames: Frames,
        received: Received,
    ) -> Connection:
        """Connects with the session's cookies. Raises `ConnectionLost` with the reason."""
        socket: aiohttp.ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                socket = await session.ws_connect(
                    f"{url.rstrip('/')}/socket.io/?EIO=4&transport=websocket",
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_SECONDS),
                )
                greeting = await _text(socket)
                if not greeting.startswith("0"):
                    raise ConnectionLost(f"the server did not greet: {greeting[:80]}")
                terms = msgspec.json.decode(greeting[1:])
                await socket.send_str("40" + msgspec.json.encode(auth).decode())
                answer = await _text(socket)
                while not answer.startswith(("40", "44")):
                    if answer == "2":
                        await socket.send_str("3")
                    answer = await _text(socket)
        except (aiohttp.ClientError, OSError, TimeoutError, ConnectionLost) as problem:
            if socket is not None:
                await socket.close()
            raise ConnectionLost(str(problem) or type(problem).__name__) from problem
        except BaseException:
            if socket is not None:
                await socket.close()
            raise
        if answer.startswith("44"):
            await socket.close()
            raise ConnectionLost(f"the server refused the connection: {answer[2:]}")
        patience = (terms["pingInterval"] + terms["pingTimeout"]) / 1000
        return cls(socket, patience, frames, received)

    async def listen(self) -> None:
        """Reads until the connection ends, for whatever reason."""
        try:
            async with asyncio.timeout(self._patience) as limit:
                receive = self._socket.receive
                while True:
                    message = await receive()
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return
                    text: str = message.data
                    if text == "2":
                        limit.reschedule(asyncio.get_running_loop().time() + self._patience)
                        self._outbox.append("3")
                    elif text[:2] in ("41", "1"):
                        return
                    else:
                        self._packet(text)
                    if self._outbox:
                        await self._flush()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return
        finally:
            self._end()

    def _packet(self, text: str) -> None:
        kind = text[:2]
        if kind not in ("42", "43"):
            return
        start = text.find("[")
        number = text[2:start]
        if kind == "43":
            if not number.isdecimal():
                return
            waiting = self._waiting.pop(int(number), None)
            if waiting is not None:
                answers = msgspec.json.decode(text[start:])
                waiting[0](answers[0] if answers else None)
        elif not number or number.isdecimal():
            self._received(*self._frames.event(text[start:] if start else text))
            if number:
                self._outbox.append(f"43{number}[]")

    def post(
        self, name: str, data: Any, answered: Acknowledged, dropped: Callable[[], None]
    ) -> None:
        """Puts an event in line, to be sent after the packet that is being read or by `flush`.

        `answered` gets the acknowledgement; `dropped` is called if the connection ends before it.
        """
        if not self.open:
            dropped()
            return
        self._number += 1
        self._waiting[self._number] = (answered, dropped)
        self._outbox.append(f"42{self._number}{msgspec.json.encode([name, data]).decode()}")

    async def call(self, name: str, data: Any) -> Any:
        """Sends an event and waits for its acknowledgement. Raises `ConnectionLost`."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answered(value: Any) -> None:
            if not answer.done():
                answer.set_result(value)

        def dropped() -> None:
            if not answer.done():
                answer.set_exception(ConnectionLost("the connection ended"))

        self.post(name, data, answered, dropped)
        await self.flush()
        return await answer

    async def flush(self) -> None:
        """Sends what is in line. A connection that breaks meanwhile ends in `listen`."""
        try:
            await self._flush()
        except (aiohttp.ClientError, OSError):
            self._end()

    async def _flush(self) -> None:
        while self._outbox:
            line, self._outbox = self._outbox, []
            for text in line:
                await self._socket.send_str(text)

    def _end(self) -> None:
        self.open = False
        waiting, self._waiting = self._waiting, {}
        for _, dropped in waiting.values():
            dropped()

    async def close(self) -> None:
        """Ends the connection in order."""
        await self._socket.close()
        self._end()


async def _text(socket: aiohttp.ClientWebSocketResponse) -> str:
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise ConnectionLost("the server closed the connection")
    text: str = message.data
    return text
