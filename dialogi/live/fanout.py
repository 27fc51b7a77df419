"""From the server to many sockets: one encoding a message, and never a queue without an end.

The fast way writes a WebSocket frame straight to each client's wire. Elsewhere every client gets
the message through its Engine.IO queue. Either way a client that does not read is skipped and told
later to subscribe again.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any

import msgspec
from engineio import packet

from . import frames
from .snapshots import Whole
from .wire import Wire

log = logging.getLogger(__name__)

#: Packets that may wait for one client before deltas pass it by.
MOST_WAITING = 64
#: Seconds for which a client may go without reading before it is hung up on.
PATIENCE = 30.0
#: Sends in a row before others get their turn.
CHUNK = 250
#: Bytes from which a message is worth compressing, once for everybody who takes it.
WORTH_DEFLATING = 400

#: What is left of an empty block without its tail: where a message of stored blocks ends.
_END = b"\0"

_encode = msgspec.json.Encoder().encode


class Message:
    """One Socket.IO packet, encoded once in each form that a socket may need."""

    __slots__ = ("_deflated", "_frame", "_packet", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._frame: bytes | None = None
        self._deflated: bytes | None = None
        self._packet: Any = None

    @classmethod
    def event(cls, name: str, payload: object) -> "Message":
        """A Socket.IO event of the default namespace (protocol version 5, packet type 2)."""
        return cls(b"2" + _encode([name, payload]))

    @classmethod
    def ack(cls, number: int, reply: object) -> "Message":
        """The ack of the client's event `number` (packet type 3)."""
        return cls(b"3%d[%b]" % (number, _encode(reply)))

    @classmethod
    def snapshot(cls, number: int, reply: object, whole: Whole) -> "Message":
        """The ack of a subscribe: `reply` with the stream's entities as its `changes`."""
        head = b'3%d[%b,"changes":' % (number, _encode(reply)[:-1])
        message = cls(b"%b%b}]" % (head, whole.json))
        if len(message.body) >= WORTH_DEFLATING:
            blocks = [frames.stored(b"4" + head), whole.deflated, frames.stored(b"}]"), _END]
            message._deflated = frames.frame(frames.TEXT, b"".join(blocks), compressed=True)
        return message

    @property
    def packet(self) -> Any:
        """The Engine.IO packet, which encodes itself once."""
        if self._packet is None:
            self._packet = packet.Packet(packet.MESSAGE, self.body.decode())
        return self._packet

    @property
    def frame(self) -> bytes:
        """The WebSocket frame."""
        if self._frame is None:
            self._frame = frames.frame(frames.TEXT, b"4" + self.body)
        return self._frame

    @property
    def deflated(self) -> bytes:
        """The WebSocket frame for clients that take compressed ones."""
        if self._deflated is None:
            if len(self.body) < WORTH_DEFLATING:
                self._deflated = self.frame
            else:
                packed = frames.without_tail(frames.deflate(b"4" + self.body, 1))
                self._deflated = frames.frame(frames.TEXT, packed, compressed=True)
        return self._deflated


def waiting(engine: Any) -> int:
    """How many packets the client has not taken yet."""
    wire = getattr(engine, "wire", None)
    if wire is not None:
        return len(wire.waiting)
    return 0 if engine is None else int(engine.queue.qsize())


def send(engine: Any, message: Message) -> None:
    """To one Engine.IO client. What cannot go at once waits."""
    wire: Wire | None = getattr(engine, "wire", None)
    if wire is not None:
        wire.write(message.deflated if wire.deflates else message.frame)
    elif engine is not None and not engine.closed:
        engine.send(message.packet)


def broadcast(engines: Iterable[Any], message: Message) -> list[Any]:
    """To many; those who do not read are left out and returned. Others get turns meanwhile."""
    behind = []
    plain = message.frame
    size = len(plain)
    for count, engine in enumerate(engines, start=1):
        wire: Wire | None = getattr(engine, "wire", None)
        if wire is not None and not wire.waiting and not wire.deflates:
            # The shortest way there is, for it is gone thousands of times a tick.
            try:
                taken = wire.send(plain)
                if taken < size:
                    wire.keep(plain[taken:])
            except (BlockingIOError, InterruptedError):
                wire.keep(plain)
            except OSError:
                pass  # the reading side notices the same and ends the connection in order
        elif waiting(engine) >= MOST_WAITING:
            behind.append(engine)
        else:
            _send_unless_gone(engine, message)
        if count % CHUNK == 0:
            time.sleep(0)
    return behind


def _send_unless_gone(engine: Any, message: Message) -> None:
    try:
        send(engine, message)
    except Exception as error:  # noqa: BLE001 - whatever a broken connection raises
        # One broken connection must not keep the rest of the room waiting.
        log.info("a client was not there any more: %s", error)
