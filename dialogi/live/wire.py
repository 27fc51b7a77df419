"""One client's WebSocket as the hub serves it: read when something comes, written at once.

No task of its own, no queue while the client reads: 8,000 people would need 8,000 of each.
"""

import logging
import socket
from collections import deque
from collections.abc import Callable

from ..concurrency import Sockets
from . import frames
from .frames import Broken, Decoder

log = logging.getLogger(__name__)

#: Bytes read at once: nobody's flood takes longer than this until others get their turn.
CHUNK = 8192


class Wire:
    """`on_text` gets each message, `on_end` is called once when the connection has ended.

    Both run in the task that serves all sockets, and must not wait.
    """

    __slots__ = (
        "_decoder", "_reading", "_socket", "_sockets", "_writing",
        "deflates", "on_end", "on_text", "send", "waiting",
    )  # fmt: skip

    def __init__(
        self, sockets: Sockets, plain: socket.socket, limit: int, *, deflates: bool
    ) -> None:
        self._sockets = sockets
        self._socket: socket.socket | None = plain
        self._decoder = Decoder(limit, inflates=deflates)
        self._writing: object = None
        #: Whether the client takes compressed frames.
        self.deflates = deflates
        self.on_text: Callable[[str], None] = _ignored
        self.on_end: Callable[[], None] = _nothing
        #: The socket's own `send`, for whoever has looked that nothing is waiting.
        self.send = plain.send
        #: Frames that the client has not taken yet, and the rest of one.
        self.waiting: deque[bytes] = deque()
        self._reading: object = sockets.when_readable(plain, self._readable)

    @property
    def open(self) -> bool:
        """Whether anything can still be sent."""
        return self._socket is not None

    def write(self, frame: bytes) -> None:
        """Send a frame, or keep it until the client reads again."""
        if self._socket is None:
            return
        if self.waiting:
            self.waiting.append(frame)
            return
        try:
            taken = self.send(frame)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError:
            # The reading side notices the same and ends the connection in order.
            return
        if taken < len(frame):
            self.keep(frame[taken:])

    def keep(self, rest: bytes) -> None:
        """Send this part of a frame, and what comes after it, when the client reads again."""
        self.waiting.append(rest)
        if self._writing is None and self._socket is not None:
            self._writing = self._sockets.when_writable(self._socket, self._writable)

    def close(self, code: int = frames.NORMAL) -> None:
        """Say goodbye, as far as the client still reads, and hang up. `on_end` is not called."""
        plain = self._socket
        if plain is None:
            return
        if not self.waiting:
            self.write(frames.frame(frames.CLOSE, code.to_bytes(2, "big")))
        self._socket = None
        self.waiting.clear()
        for watch in (self._reading, self._writing):
            if watch is not None:
                self._sockets.forget(watch)
        self._reading = self._writing = None
        plain.close()

    def _readable(self, _: int) -> None:
        # Called by the hub itself, which may not wait: what came is handled in the task.
        if self._socket is None:
            return
        try:
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._sockets.forget(self._reading)
            self._reading = None
        self._sockets.soon(self._take, data)

    def _take(self, data: bytes) -> None:
        if self._socket is None:
            return
        if not data:
            self._end(frames.NORMAL)
            return
        try:
            for opcode, body in self._decoder.feed(data):
                self._handle(opcode, body)
        except Broken as broken:
            log.info("a client broke the WebSocket protocol (%s)", broken.code)
            self._end(broken.code)

    def _handle(self, opcode: int, body: bytes) -> None:
        if self._socket is None:
            return
        if opcode == frames.TEXT:
            try:
                text = body.decode()
            except UnicodeDecodeError as error:
                raise Broken(frames.NOT_TEXT) from error
            self.on_text(text)
        elif opcode == frames.PING:
            self.write(frames.frame(frames.PONG, body))
        elif opcode == frames.CLOSE:
            self._end(frames.NORMAL)

    def _end(self, code: int) -> None:
        self.close(code)
        on_end, self.on_end, self.on_text = self.on_end, _nothing, _ignored
        on_end()

    def _writable(self, _: int) -> None:
        if self._socket is None:
            return
        try:
            while self.waiting:
                first = self.waiting[0]
                taken = self.send(first)
                if taken < len(first):
                    self.waiting[0] = first[taken:]
                    return
                self.waiting.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.waiting.clear()
        if self._writing is not None:
            self._sockets.forget(self._writing)
            self._writing = None


def _ignored(_: str) -> None:
    """Nobody listens any more."""


def _nothing() -> None:
    """Nobody waits for the end any more."""
