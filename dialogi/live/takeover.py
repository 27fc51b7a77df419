"""WebSockets taken over from python-engineio and eventlet's server, one `Wire` a client.

It leans on private attributes of the pinned versions, which `fits` looks for at start; where it
does not hold, python-engineio serves its clients itself. A contract test watches.
"""

import base64
import logging
from collections.abc import Callable, Iterable
from hashlib import sha1
from typing import Any

import socketio
from engineio import packet
from engineio import socket as engine_socket

from ..concurrency import Sockets, spawn, take_socket
from . import frames
from .wire import Wire

log = logging.getLogger(__name__)

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE, _PING, _PONG, _MESSAGE, _UPGRADE = (
    str(kind) for kind in (packet.CLOSE, packet.PING, packet.PONG, packet.MESSAGE, packet.UPGRADE)
)
_CONNECT = f"{_MESSAGE}0"
_PROBE = "probe"

#: (Engine.IO id, text of the message)
OnMessage = Callable[[str, str], None]


class Engine(engine_socket.Socket):  # type: ignore[misc]  # python-engineio has no types
    """An Engine.IO client on a wire: no queue, and no tasks that read, write and ping."""

    wire: Wire
    on_message: OnMessage
    # python-engineio's own
    queue: Any
    closing: Any
    closed: Any

    def begin(self, wire: Wire, on_message: OnMessage) -> None:
        """From now on everything goes over `wire`; first what was queued so far."""
        self.wire, self.on_message = wire, on_message
        self.connected = self.upgraded = True
        self.upgrading = False
        wire.on_text, wire.on_end = self.heard, self.gone
        waiting, self.queue = self.queue, None
        while not waiting.empty():
            queued = waiting.get(block=False)
            if queued is not None and queued.packet_type != packet.NOOP:
                self.send(queued)

    def send(self, pkt: Any) -> None:
        """Send one packet."""
        self.wire.write(frames.frame(frames.TEXT, pkt.encode().encode()))

    def heard(self, text: str) -> None:
        """One packet from the client."""
        kind = text[:1]
        if text.startswith(_CONNECT):
            # Finding out who somebody is may wait for the database.
            spawn(self._connect, text[1:])
        elif kind == _MESSAGE:
            self.on_message(self.sid, text[1:])
        elif kind == _PONG:
            self.schedule_ping()
        elif kind == _CLOSE:
            self.close(abort=True, reason=self.server.reason.CLIENT_DISCONNECT)

    def gone(self) -> None:
        """The client has hung up."""
        self.close(abort=True, reason=self.server.reason.TRANSPORT_CLOSE)

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:  # noqa: ARG002
        """End the connection; `abort` where the client need not be told."""
        if self.closed or self.closing:
            return
        self.closing = True
        self.server._trigger_event(
            "disconnect", self.sid, reason or self.server.reason.SERVER_DISCONNECT, run_async=False
        )
        if not abort:
            self.send(packet.Packet(packet.CLOSE))
        self.closed = True
        self.wire.close()
        self.server.sockets.pop(self.sid, None)

    def _connect(self, text: str) -> None:
        if self.closed:
            return
        try:
            self.on_message(self.sid, text)
        finally:
            if self.closed:
                # Who left while being let in has to be shown out as well.
                self.server._trigger_event(
                    "disconnect", self.sid, self.server.reason.TRANSPORT_CLOSE, run_async=False
                )


def fits() -> bool:
    """Whether the installed versions have what this module and `Sockets` lean on."""
    missing = sorted(_missing())
    if missing:
        log.warning(
            "The fast way out does not fit the installed versions (%s); using the stock one",
            ", ".join(missing),
        )
    return not missing


def install(server: socketio.Server, sockets: Sockets, on_message: OnMessage) -> None:
    """Take over every WebSocket of `server` from now on."""
    engines = server.eio

    class Takeover:
        def __init__(self, handler: Any, _: Any) -> None:
            self.engine = handler.__self__

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            key = environ.get("HTTP_SEC_WEBSOCKET_KEY")
            if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not key:
                start_response("426 Upgrade Required", [("Sec-WebSocket-Version", "13")])
                return []
            deflates = _takes_deflate(environ.get("HTTP_SEC_WEBSOCKET_EXTENSIONS", ""))
            plain = take_socket(environ)
            wire = Wire(sockets, plain, int(engines.max_http_buffer_size), deflates=deflates)
            wire.write(_handshake(key, deflates=deflates))
            if self.engine.connected:
                _Probing(self.engine, wire, on_message)
            else:
                _begin(self.engine, wire, on_message)
            return []

    engines._async = {**engines._async, "websocket": Takeover}


class _Probing:
    """A polling client tries a WebSocket first, and moves over once it has heard back."""

    def __init__(self, engine: Any, wire: Wire, on_message: OnMessage) -> None:
        self.engine, self.wire, self.on_message = engine, wire, on_message
        engine.upgrading = True
        wire.on_text, wire.on_end = self.heard, self.gone

    def heard(self, text: str) -> None:
        if text == _PING + _PROBE:
            self.wire.write(frames.frame(frames.TEXT, f"{_PONG}{_PROBE}".encode()))
            # Ends the poll under way.
            self.engine.queue.put(packet.Packet(packet.NOOP))
        elif text == _UPGRADE and not self.engine.closed:
            _begin(self.engine, self.wire, self.on_message)
        else:
            self.wire.close(frames.PROTOCOL_ERROR)
            self.gone()

    def gone(self) -> None:
        self.engine.upgrading = False


def _begin(engine: Any, wire: Wire, on_message: OnMessage) -> None:
    engine.__class__ = Engine
    engine.begin(wire, on_message)


def _handshake(key: str, *, deflates: bool) -> bytes:
    accept = base64.b64encode(sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept,
    ]
    if deflates:
        # Without a context a frame is compressed once for everybody, and no client has state here.
        lines.append(
            b"Sec-WebSocket-Extensions: permessage-deflate;"
            b" server_no_context_takeover; client_no_context_takeover"
        )
    return b"\r\n".join([*lines, b"", b""])


def _takes_deflate(offers: str) -> bool:
    """Whether one of the client's offers is ours: any but those that ask for a smaller window."""
    return any(
        offer.split(";")[0].strip().lower() == "permessage-deflate"
        and "server_max_window_bits" not in offer
        for offer in offers.split(",")
    )


def _missing() -> Iterable[str]:
    engine = engine_socket.Socket
    for name in ("_send_ping", "schedule_ping", "_websocket_handler", "close", "send"):
        if not hasattr(engine, name):
            yield f"engineio.Socket.{name}"
    server = socketio.Server(async_mode="threading")
    for name in ("_async", "_trigger_event", "handlers", "sockets", "start_service_task"):
        if not hasattr(server.eio, name):
            yield f"engineio.Server.{name}"
    for name in ("_handle_eio_message", "_handle_event"):
        if not hasattr(server, name):
            yield f"socketio.Server.{name}"
    if not hasattr(server.eio, "_async") or "websocket" not in server.eio._async:
        yield "engineio.Server._async[websocket]"
    if packet.Packet(packet.MESSAGE, "2[]").encode() != "42[]":
        yield "engineio.Packet.encode"
    yield from Sockets.missing()
