"""The one adapter between Dialogi and the async mode: eventlet, gevent or plain threads.

The rest of the program uses `threading` as the mode has patched it. Native threads, which a lock on
the database may hold up, are made here, and here only.
"""

import importlib
import logging
import os
import socket
import sys
import threading

# The C queue is not patched by eventlet or gevent, so it works between native threads.
from _queue import SimpleQueue
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Call = Callable[[], None]


def patch(mode: str) -> None:
    """Make the standard library cooperative. Call before anything else is imported."""
    if mode == "eventlet":
        importlib.import_module("eventlet").monkey_patch()
    elif mode == "gevent":
        importlib.import_module("gevent.monkey").patch_all()


class Mailbox:
    """Calls from native threads, run one after the other where the server's own code runs."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._reader, self._writer = socket.socketpair()
        self._awake = False

    def post(self, call: Call) -> None:
        """Have `call` run soon. From any thread; never waits."""
        self._calls.append(call)
        if not self._awake:
            self._awake = True
            # At most a few bytes are ever under way, so this cannot block.
            os.write(self._writer.fileno(), b".")

    def serve(self) -> None:
        """Run calls as they come, for ever."""
        while True:
            self._reader.recv(64)
            self._awake = False
            while self._calls:
                call = self._calls.popleft()
                try:
                    call()
                except Exception:
                    log.exception("A call from a native thread failed")


class NativeWorker:
    """A native thread that runs `work(first, rest)` on what is put in, as many at once as wait."""

    def __init__(self, name: str, work: Callable[[list[Any]], None], most: int) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._work = work
        self._most = most
        start_native(name, self._run)

    def put(self, item: object) -> None:
        """Hand over one item. From any thread; never waits."""
        self._queue.put(item)

    def waiting(self) -> int:
        """How many items nobody has taken yet."""
        return self._queue.qsize()

    def _run(self) -> None:
        while True:
            items = [self._queue.get()]
            while len(items) < self._most and not self._queue.empty():
                items.append(self._queue.get())
            self._work(items)


def start_native(name: str, target: Callable[[], None]) -> None:
    """A native daemon thread, whatever has been patched."""
    thread = _original("threading").Thread(target=target, name=name, daemon=True)
    thread.start()


def sleep_natively(seconds: float) -> None:
    """Sleep inside a native thread."""
    _original("time").sleep(seconds)


def spawn(target: Callable[..., None], *args: object) -> None:
    """A task of the server's own code: a green thread where the mode has them."""
    if _patched_by("eventlet"):
        importlib.import_module("eventlet").spawn_n(target, *args)
        return
    threading.Thread(target=target, args=args, daemon=True).start()


def serve(mode: str, listener: socket.socket, app: Any) -> None:
    """Answer on `listener` for ever, with the mode's own server."""
    if mode == "eventlet":
        wsgi = importlib.import_module("eventlet.wsgi")
        # The default of 1,024 connections would let the next person hang.
        wsgi.server(listener, app, log=_OnlyTrouble(), max_size=100_000, debug=False)
    elif mode == "gevent":
        importlib.import_module("gevent.pywsgi").WSGIServer(listener, app, log=None).serve_forever()
    else:
        serving = importlib.import_module("werkzeug.serving")
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        host, port = listener.getsockname()[:2]
        serving.make_server(host, port, app, threaded=True, fd=listener.fileno()).serve_forever()


class Sockets:
    """Many sockets that the eventlet hub watches, and one task that handles what came.

    A task a socket costs some 20 KB and two system calls a message. Only for the mode eventlet.
    """

    def __init__(self) -> None:
        self._hub = importlib.import_module("eventlet.hubs").get_hub()
        self._calls: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._some = importlib.import_module("eventlet.semaphore").Semaphore(0)

    @staticmethod
    def missing() -> list[str]:
        """What this class and `take_socket` lean on and the installed eventlet does not have."""
        wanted = {
            "eventlet.hubs": ("get_hub",),
            "eventlet.hubs.hub.BaseHub": ("add", "remove", "READ", "WRITE"),
            "eventlet.semaphore": ("Semaphore",),
            "eventlet.wsgi": ("WSGI_LOCAL",),
            "eventlet.wsgi.Input": ("get_socket",),
            "eventlet.greenio.base.GreenSocket": ("fd",),
        }
        return [
            f"{place}.{name}"
            for place, names in wanted.items()
            for name in names
            if not hasattr(_found(place), name)
        ]

    def when_readable(self, plain: socket.socket, call: Callable[[int], None]) -> object:
        """Have the hub call `call(fd)`, which may not wait, whenever `plain` can be read."""
        return self._watch(self._hub.READ, plain, call)

    def when_writable(self, plain: socket.socket, call: Callable[[int], None]) -> object:
        """The same whenever `plain` can be written."""
        return self._watch(self._hub.WRITE, plain, call)

    def forget(self, watch: object) -> None:
        """Watch no longer; before the socket is closed."""
        self._hub.remove(watch)

    def soon(self, call: Callable[[Any], None], item: object) -> None:
        """Have the task run `call(item)`."""
        if not self._calls:
            self._some.release()
        self._calls.append((call, item))

    def serve(self) -> None:
        """The task: run what there is, for ever."""
        while True:
            self._some.acquire()
            while self._calls:
                call, item = self._calls.popleft()
                try:
                    call(item)
                except Exception:
                    log.exception("What a client sent could not be handled")

    def _watch(self, kind: object, plain: socket.socket, call: Callable[[int], None]) -> object:
        watch = self._hub.add(kind, plain.fileno(), call, _nobody_waits, None)
        # It would keep the task alive in which the connection was made.
        watch.greenlet = self._hub.greenlet
        return watch


def _nobody_waits(_: object) -> None:
    """The hub would wake a waiting task with this."""


def take_socket(environ: dict[str, Any]) -> socket.socket:
    """The plain, non-blocking socket of a request that eventlet's server then leaves alone."""
    green = environ["eventlet.input"].get_socket()
    old = green.fd
    plain = type(old)(old.family, old.type, old.proto, fileno=old.detach())
    plain.setblocking(False)
    importlib.import_module("eventlet.wsgi").WSGI_LOCAL.already_handled = True
    return plain  # type: ignore[no-any-return]


def _found(place: str) -> object:
    """A module, or a class in one; None where there is none."""
    try:
        return importlib.import_module(place)
    except ImportError:
        module, _, name = place.rpartition(".")
        return getattr(_found(module), name, None) if module else None


class _OnlyTrouble:
    """What eventlet's server says, less the line for each request: addresses are nobody's business.

    It reports tracebacks as plain information.
    """

    _log = logging.getLogger("dialogi.http")

    def debug(self, message: str) -> None:
        """Connections coming and going."""

    def info(self, message: str) -> None:
        """Requests, and tracebacks."""
        if "Traceback" in message:
            self._log.error("A request failed:\n%s", message)

    def error(self, message: str) -> None:
        """What the server could not accept."""
        self._log.error("%s", message)


def _original(module: str) -> Any:
    if _patched_by("eventlet"):
        return importlib.import_module("eventlet.patcher").original(module)
    if _patched_by("gevent"):
        monkey = importlib.import_module("gevent.monkey")
        return _GeventOriginals(module, monkey)
    return importlib.import_module(module)


class _GeventOriginals:
    def __init__(self, module: str, monkey: Any) -> None:
        self._module, self._monkey = module, monkey

    def __getattr__(self, name: str) -> Any:
        if (self._module, name) == ("threading", "Thread"):
            return _gevent_thread
        return self._monkey.get_original(self._module, name)


def _gevent_thread(target: Call, name: str, daemon: bool) -> Any:
    # gevent patches the parts that Thread is made of, so a native thread is started from below.
    del name, daemon
    start = importlib.import_module("gevent.monkey").get_original("_thread", "start_new_thread")

    class Native:
        def start(self) -> None:
            start(target, ())

    return Native()


def _patched_by(library: str) -> bool:
    if library not in sys.modules:
        return False
    if library == "eventlet":
        return bool(importlib.import_module("eventlet.patcher").is_monkey_patched("thread"))
    return bool(importlib.import_module("gevent.monkey").is_module_patched("threading"))
