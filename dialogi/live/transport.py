"""What Dialogi changes in python-socketio, in one place. Pinned versions; a contract test watches.

Handlers enqueue and return: an ack goes out after the commit, so a handler's return value cannot be
it, and a handler that waited would stop reading that client's pongs.
"""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import socketio
from engineio import packet as engine_packet
from engineio import payload as engine_payload
from engineio import socket as engine_socket
from engineio.exceptions import EngineIOError
from socketio import packet

from .roster import Roster

log = logging.getLogger(__name__)

#: (client's id, ack id or None, [event name, arguments…])
OnEvent = Callable[[str, int | None, list[Any]], None]

#: Packets that a polling client may send at once: all that it may do in one burst, and more.
MOST_AT_ONCE = 2000

_EVENT = str(packet.EVENT)
_BINARY = {str(packet.BINARY_EVENT), str(packet.BINARY_ACK)}
_LONGEST_ACK = 15
_decode = msgspec.json.decode

_FROM_CLIENTS = {
    engine_packet.CLOSE,
    engine_packet.PONG,
    engine_packet.MESSAGE,
    engine_packet.UPGRADE,
}
_PROBE = "probe"
_strictly = engine_packet.Packet.decode
_take_post_strictly = engine_socket.Socket.handle_post_request


class Json:
    """msgspec as python-socketio's `json` module."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        """Compact JSON."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: object) -> Any:
        """The value of a JSON text; msgspec.DecodeError, a ValueError, if it is none."""
        return msgspec.json.decode(text)


def install(server: socketio.Server, on_event: OnEvent) -> Callable[[str, str], None]:
    """Send every event to `on_event`, and answer malformed packets with silence, not a hang-up.

    Returns what takes a client's messages, for whoever has one without python-engineio.
    """
    _forgive()
    original = server._handle_eio_message
    server.manager = Roster()
    server.manager.set_server(server)

    def handle_message(eio_sid: str, data: str | bytes) -> None:
        # Nothing here is sent as binary, and attachments would let a client fill the memory.
        if not isinstance(data, str) or data[:1] in _BINARY:
            return
        try:
            if data[:1] != _EVENT:
                original(eio_sid, data)
            elif server.manager.is_connected(eio_sid, "/"):
                on_event(eio_sid, *_event(data))
        except (ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
            log.info("a malformed packet was ignored: %s", type(error).__name__)

    # Engine.IO keeps the bound method it was given, so both places are told.
    server._handle_eio_message = handle_message
    server.eio.on("message", handle_message)
    return handle_message


def _forgive() -> None:
    """Let python-engineio take what is no packet for a message that says nothing.

    It hangs up on some such packets, writes a traceback for others, and drops everything that a
    polling client sends at once if that is more than 16 packets.
    """
    if engine_packet.Packet.decode is _decode_packet:
        return
    engine_payload.Payload.max_decode_packets = MOST_AT_ONCE
    engine_packet.Packet.decode = _decode_packet
    engine_socket.Socket.handle_post_request = _take_post


def _decode_packet(self: Any, encoded: str | bytes) -> None:
    try:
        _strictly(self, encoded)
        known = self.packet_type in _FROM_CLIENTS or self.data == _PROBE
    except (ValueError, RecursionError):
        known = False
    if not known:
        # Binary messages are ignored.
        self.packet_type, self.binary, self.data = engine_packet.MESSAGE, True, b""


def _take_post(self: Any, environ: dict[str, Any]) -> None:
    try:
        _take_post_strictly(self, environ)
    except EngineIOError:
        # Whoever waits here until all is sent waits for ever if the client does not poll.
        self.close(wait=False)
        raise
    except (ValueError, KeyError) as error:
        log.info("what a polling client sent was ignored: %s", type(error).__name__)


def _event(data: str) -> tuple[int | None, list[Any]]:
    """(ack id, [name, arguments…]) of an event of the default namespace.

    What is no JSON at all comes as an event without a name, so that its sender gets an answer.
    """
    start = data.index("[")
    ack = None
    if start > 1:
        digits = data[1:start]
        if start > _LONGEST_ACK or not (digits.isascii() and digits.isdecimal()):
            raise ValueError("neither an ack's number nor the event")
        ack = int(digits)
    try:
        event = _decode(data[start:])
    except (ValueError, RecursionError):
        event = None
    return ack, event if isinstance(event, list) and event else [None]
