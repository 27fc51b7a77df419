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

log = logging.getLogger(__name__)

NAMESPACE = "/"

#: (sid, ack id or None, [event name, arguments…])
OnEvent = Callable[[str, int | None, list[Any]], None]


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


def install(server: socketio.Server, on_event: OnEvent) -> None:
    """Send every event to `on_event`, and answer malformed packets with silence, not a hang-up."""
    original = server._handle_eio_message

    def handle_event(eio_sid: str, namespace: str | None, ack: int | None, data: Any) -> None:
        sid = server.manager.sid_from_eio_sid(eio_sid, namespace or NAMESPACE)
        if sid is None or not server.manager.is_connected(sid, namespace or NAMESPACE):
            return
        if isinstance(data, list) and data:
            on_event(sid, ack, data)

    def handle_message(eio_sid: str, data: str | bytes) -> None:
        # Nothing here is sent as binary, and attachments would let a client fill the memory.
        if not isinstance(data, str) or data[:1] in {_BINARY_EVENT, _BINARY_ACK}:
            return
        try:
            original(eio_sid, data)
        except (ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
            log.info("a malformed packet was ignored: %s", type(error).__name__)

    server._handle_event = handle_event
    # Engine.IO keeps the bound method it was given, so both places are told.
    server._handle_eio_message = handle_message
    server.eio.on("message", handle_message)


_BINARY_EVENT = str(packet.BINARY_EVENT)
_BINARY_ACK = str(packet.BINARY_ACK)
