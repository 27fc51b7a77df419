"""From the server to many sockets: one encoding a message, and never a queue without an end.

The fast way writes a WebSocket frame straight to each idle socket, without a queue and a switch of
greenlets a client; it leans on private attributes of the pinned eventlet and python-engineio, which
`self_check` looks for at start. Where it does not hold, every client gets the message through its
Engine.IO queue. Either way a client that does not read is skipped and told later to subscribe
again.
"""

import logging
import struct
import time
from collections.abc import Iterable
from typing import Any

import msgspec
import socketio
from engineio import packet as engine_packet

log = logging.getLogger(__name__)

#: Packets that may wait for one client before deltas pass it by.
MOST_WAITING = 64
#: Seconds for which a client may go without reading before it is hung up on.
PATIENCE = 30.0
#: Sends in a row before others get their turn.
CHUNK = 250

_encode = msgspec.json.Encoder().encode


class Message:
    """One Socket.IO event, encoded once in each form that a socket may need."""

    __slots__ = ("_frame", "_packet", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._frame: bytes | None = None
        self._packet: Any = None

    @classmethod
    def event(cls, name: str, payload: object) -> "Message":
        """A Socket.IO event of the default namespace (protocol version 5, packet type 2)."""
        return cls(f"2{_encode([name, payload]).decode()}")

    @classmethod
    def ack(cls, number: int, reply: object) -> "Message":
        """The ack of the client's event `number` (packet type 3)."""
        return cls(f"3{number}{_encode([reply]).decode()}")

    @property
    def packet(self) -> Any:
        """The Engine.IO packet, which encodes itself once."""
        if self._packet is None:
            self._packet = engine_packet.Packet(engine_packet.MESSAGE, self.text)
        return self._packet

    @property
    def frame(self) -> bytes:
        """The unmasked WebSocket text frame (RFC 6455, section 5.2)."""
        if self._frame is None:
            body = f"{engine_packet.MESSAGE}{self.text}".encode()
            size = len(body)
            if size < 126:
                head = struct.pack("!BB", 0x81, size)
            elif size < 65536:
                head = struct.pack("!BBH", 0x81, 126, size)
            else:
                head = struct.pack("!BBQ", 0x81, 127, size)
            self._frame = head + body
        return self._frame


class Fanout:
    """Sends messages to Engine.IO clients, directly where `fast`."""

    def __init__(self, server: socketio.Server, *, fast: bool) -> None:
        self._server = server
        self.fast = fast and self_check()
        if fast and not self.fast:
            log.warning("The fast way out does not fit the installed versions; using the stock one")
        if self.fast:
            _keep_sockets_at_hand(server)

    def engine_of(self, sid: str) -> Any:
        """The Engine.IO client behind a Socket.IO id, None if it has gone."""
        return self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(sid, "/"))

    def send(self, engine: Any, message: Message) -> None:
        """To one client. What cannot go at once waits in its queue."""
        if engine is None or engine.closed:
            return
        if self.fast and _is_idle(engine):
            _push(engine, message)
        else:
            engine.send(message.packet)

    def broadcast(self, engines: Iterable[Any], message: Message) -> list[Any]:
        """To many; those who do not read are left out and returned. Others get turns meanwhile."""
        behind = []
        for count, engine in enumerate(engines, start=1):
            if engine.queue.qsize() >= MOST_WAITING:
                behind.append(engine)
            else:
                self._send_unless_gone(engine, message)
            if count % CHUNK == 0:
                time.sleep(0)
        return behind

    def _send_unless_gone(self, engine: Any, message: Message) -> None:
        try:
            self.send(engine, message)
        except Exception as error:  # noqa: BLE001 - whatever a broken connection raises
            # One broken connection must not keep the rest of the room waiting.
            log.info("a client was not there any more: %s", error)


def self_check() -> bool:
    """Whether the installed eventlet and python-engineio have what the fast way leans on."""
    try:
        from engineio.async_drivers import eventlet as driver
        from eventlet import queue, semaphore, websocket

        waiting = queue.Queue()
        return (
            hasattr(waiting, "getters")
            and hasattr(waiting, "queue")
            and hasattr(semaphore.Semaphore(), "counter")
            and all(hasattr(websocket.RFC6455WebSocket, name) for name in ("_send", "send"))
            and hasattr(driver.WebSocketWSGI, "_negotiate_permessage_deflate")
            and engine_packet.Packet(engine_packet.MESSAGE, "2[]").encode() == "42[]"
        )
    except (ImportError, AttributeError, TypeError):
        return False


class _Rest(bytes):
    """What is left of a frame that the kernel took only in part; it is a frame no more."""


class _RestPacket(engine_packet.Packet):  # type: ignore[misc]  # python-engineio has no types
    def __init__(self, rest: bytes) -> None:
        super().__init__(engine_packet.MESSAGE, "")
        self.encode_cache = _Rest(rest)


def _keep_sockets_at_hand(server: socketio.Server) -> None:
    """Remember each client's plain socket, and refuse permessage-deflate.

    Compression would need its own state and its own encoding for every client (153 KB and a third
    of the speed, measured beforehand).
    """
    stock = server.eio._async["websocket"]

    class Socket(stock):  # type: ignore[misc, valid-type]
        def __init__(self, handler: Any, engine_server: Any) -> None:
            engine = handler.__self__

            def serve(ws: Any) -> Any:
                ws.extensions = {}
                send = ws.send
                ws.send = lambda data, **kw: (
                    ws._send(data) if type(data) is _Rest else send(data, **kw)
                )
                engine.dialogi_socket = (ws, ws.socket.fd)
                try:
                    return handler(ws)
                finally:
                    engine.dialogi_socket = None

            super().__init__(serve, engine_server)

        def _negotiate_permessage_deflate(self, _: Any) -> None:
            return None

    server.eio._async = {**server.eio._async, "websocket": Socket}


def _is_idle(engine: Any) -> bool:
    """Whether nothing is under way to the client: its writer waits for something to do."""
    return (
        getattr(engine, "dialogi_socket", None) is not None
        and engine.upgraded
        and bool(engine.queue.getters)
        and not engine.queue.queue
        and engine.dialogi_socket[0]._sendlock.counter > 0
    )


def _push(engine: Any, message: Message) -> None:
    frame = message.frame
    try:
        taken = engine.dialogi_socket[1].send(frame)
    except (BlockingIOError, InterruptedError):
        taken = 0
    except OSError:
        # The reading side notices the same and closes the connection in order.
        return
    if taken == 0:
        engine.queue.put(message.packet)
    elif taken < len(frame):
        engine.queue.put(_RestPacket(frame[taken:]))
