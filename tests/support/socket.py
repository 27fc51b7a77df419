"""A raw Socket.IO v5 client on one WebSocket, with every frame kept. One thread reads."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import websocket

from tests.support.folding import Folded, differences

Payload = dict[str, Any]


class Refused(Exception):
    """The server would not let a connection in; the message is its own."""


class Socket:
    """A connection. `frames` holds (direction, text): "<" for what came, ">" for what went."""

    def __init__(
        self,
        url: str,
        auth: Payload | None = None,
        cookie: str = "",
        headers: dict[str, str] | None = None,
        timeout: float = 15.0,
    ) -> None:
        self.url, self.auth, self.cookie, self.headers = url, auth, cookie, headers or {}
        self.timeout = timeout
        self.frames: list[tuple[str, str]] = []
        self.events: list[tuple[str, Any]] = []
        self.streams: dict[str, Folded] = {}
        self.closed = threading.Event()
        self._spare: Socket | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, Callable[[Any], None]] = {}
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        parts = urlsplit(url)
        self._socket = websocket.create_connection(
            f"ws{'s' if parts.scheme == 'https' else ''}://{parts.netloc}"
            "/socket.io/?EIO=4&transport=websocket",
            timeout=timeout,
            header=[f"{name}: {value}" for name, value in self.headers.items()],
            cookie=cookie,
            suppress_origin=True,
        )
        self._receive()  # Engine.IO's handshake
        self.send(f"40{json.dumps(auth)}" if auth is not None else "40")
        while not (answer := self._receive()).startswith(("40", "44")):
            self._handle(answer)
        if answer.startswith("44"):
            self.close()
            raise Refused(json.loads(answer[2:]).get("message", ""))
        self._socket.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def emit(self, event: str, payload: Any, timeout: float | None = None) -> Payload:
        """Send an event and return its ack."""
        got: list[Any] = []
        done = threading.Event()

        def take(ack: Any) -> None:
            got.append(ack)
            done.set()

        self.emit_later(event, payload, take)
        if not done.wait(timeout or self.timeout):
            raise TimeoutError(f"no ack of {event} {payload!r}")
        ack: Payload = got[0]
        return ack

    def emit_later(self, event: str, payload: Any, then: Callable[[Any], None]) -> None:
        """Send an event; `then` gets the ack in the reading thread."""
        with self._lock:
            number = next(self._ids)
            self._waiting[number] = then
        self.send(f"42{number}{json.dumps([event, payload], ensure_ascii=False)}")

    def send(self, frame: str) -> None:
        """Send a frame as it is."""
        with self._lock:
            self.frames.append((">", frame))
            self._socket.send(frame)

    def subscribe(self, stream: str, **more: Any) -> Payload:
        """Follow a stream from now on and return the ack; waits while told to slow down."""
        folded = self.streams.setdefault(stream, Folded(stream))
        while (ack := self._subscribed(folded, more)).get("error", {}).get("code") == "slow_down":
            time.sleep(0.2)
        return ack

    def fresh(self, stream: str) -> Folded:
        """Return the stream as another connection with the same rights sees it anew."""
        if self._spare is None or self._spare.closed.is_set():
            self._spare = Socket(self.url, self.auth, self.cookie, self.headers, self.timeout)
        self._spare.subscribe(stream)
        return self._spare.streams[stream]

    def assert_converged(self, stream: str, within: float = 5.0) -> None:
        """Assert that what was folded from deltas becomes what a fresh snapshot says."""
        end = time.monotonic() + within
        while found := differences(self.streams[stream], self.fresh(stream)):
            if time.monotonic() > end:
                raise AssertionError(f"{stream} has not converged:\n" + "\n".join(found))
            time.sleep(0.1)

    def wait_for(self, fact: Callable[[], bool], what: str, within: float = 10.0) -> None:
        """Wait until something holds of what has come in; `what` names it in a failure."""
        with self._changed:
            if not self._changed.wait_for(fact, within):
                raise AssertionError(f"waited {within} s in vain for {what}")

    def close(self) -> None:
        """Close the connection."""
        self.closed.set()
        # The reading thread takes the server's goodbye, so there is nothing to wait for here.
        self._socket.close(timeout=0)
        if self._spare is not None:
            self._spare.close()

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _subscribed(self, folded: Folded, more: Payload) -> Payload:
        acks: list[Payload] = []
        self._subscribe(folded, more, acks.append)
        self.wait_for(lambda: bool(acks), f"the ack of subscribing to {folded.stream}")
        return acks[0]

    def _subscribe(
        self, folded: Folded, more: Payload, then: Callable[[Payload], None] | None = None
    ) -> None:
        def take(ack: Payload) -> None:
            if folded.acked(ack):
                self._subscribe(folded, {"revision": folded.revision})
            if then:
                then(ack)

        with self._lock:
            folded.waiting()
            self.emit_later("subscribe", {"stream": folded.stream, **more}, take)

    def _receive(self) -> str:
        frame = self._socket.recv()
        text = frame if isinstance(frame, str) else frame.decode()
        with self._lock:
            self.frames.append(("<", text))
        return text

    def _read(self) -> None:
        try:
            while frame := self._receive():
                with self._changed:
                    self._handle(frame)
                    self._changed.notify_all()
        except (websocket.WebSocketException, OSError):
            pass
        finally:
            with self._changed:
                self.closed.set()
                self._changed.notify_all()

    def _handle(self, frame: str) -> None:
        if frame == "2":
            self.send("3")
        elif frame.startswith("43"):
            number, ack = _numbered(frame[2:])
            self._waiting.pop(number, _nobody)(*ack)
        elif frame.startswith("42"):
            _, [event, *payload] = _numbered(frame[2:])
            self.events.append((event, payload[0] if payload else None))
            if event == "delta":
                self._delta(payload[0])
            elif event == "resync":
                folded = self.streams[payload[0]["stream"]]
                folded.resyncs += 1
                self._subscribe(folded, {"revision": folded.revision})

    def _delta(self, delta: Payload) -> None:
        folded = self.streams.get(delta["stream"])
        assert folded is not None, f"a delta of a stream nobody asked for: {delta}"
        if folded.delta(delta):
            self._subscribe(folded, {"revision": folded.revision})


def _numbered(text: str) -> tuple[int, list[Any]]:
    """Split a packet's number, 0 if it has none, from its JSON list."""
    start = text.index("[")
    return int(text[:start] or 0), json.loads(text[start:])


def _nobody(*_: Any) -> None:
    """Take the ack of a raw frame that nobody waits for."""
