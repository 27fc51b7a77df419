"""Pings: one task for everybody, by a clock that never jumps.

python-engineio starts a task a ping, and judges pongs by the wall clock: setting the machine's
clock could drop a whole hall.
"""

import logging
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import socketio
from engineio import packet, socket

log = logging.getLogger(__name__)

#: Seconds between looks.
LOOK = 0.5


class Pulse:
    """Sends each client a ping some time after its last pong; who does not answer is dropped."""

    def __init__(self, server: socketio.Server) -> None:
        self._engines = server.eio
        self._start_task: Callable[..., Any] = server.eio.start_background_task
        #: When to ping whom, and when to look for the pong; in order, as the waits are equal.
        self._pings: deque[tuple[float, Any]] = deque()
        self._pongs: deque[tuple[float, Any]] = deque()
        server.eio.start_background_task = self._instead
        server.eio.start_service_task = False

    def run(self) -> None:
        """Look for ever."""
        while True:
            time.sleep(LOOK)
            try:
                self.look(time.monotonic())
            except Exception:
                log.exception("Pings could not be sent; it is tried again")

    def look(self, now: float) -> None:
        """Do what is due at `now`."""
        while self._pings and self._pings[0][0] <= now:
            engine = self._pings.popleft()[1]
            if not (engine.closing or engine.closed):
                # Not a time: python-engineio would compare it with the wall clock.
                engine.last_ping = math.inf
                engine.send(packet.Packet(packet.PING))
                self._pongs.append((now + self._engines.ping_timeout, engine))
        while self._pongs and self._pongs[0][0] <= now:
            engine = self._pongs.popleft()[1]
            if engine.last_ping and not (engine.closing or engine.closed):
                engine.close(wait=False, reason=self._engines.reason.PING_TIMEOUT)
            if engine.closed:
                self._engines.sockets.pop(engine.sid, None)

    def _instead(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if getattr(target, "__func__", None) is not socket.Socket._send_ping:
            return self._start_task(target, *args, **kwargs)
        engine = target.__self__  # type: ignore[attr-defined]
        self._pings.append((time.monotonic() + self._engines.ping_interval, engine))
        return None
