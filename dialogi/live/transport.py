"""What Dialogi changes in python-socketio, in one place. Pinned versions; a contract test watches.

Handlers enqueue and return: an ack goes out after the commit, so a handler's return value cannot be
it, and a handler that waited would stop reading that client's pongs.
"""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import socketio
from socketio import packet

from .roster import Roster

log = logging.getLogger(__name__)

#: (client's id, ack id or None, [event name, arguments…])
OnEvent = Callable[[str, int | None, list[Any]], None]

_EVENT = str(packet.EVENT)
_BINARY = {str(packet.BINARY_EVENT), str(packet.BINARY_ACK)}
_LONGEST_ACK = 15
_decode = msgspec.json.decode


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
