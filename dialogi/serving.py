"""From the environment to a server that listens: settings, demonstration, links, signals."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping

from . import concurrency, create_app
from .config import BadSettings, Settings, may_serve, read_settings
from .opening import open_demo
from .store import sqlite_version
from .store.connection import Full, UnsafeDriver

log = logging.getLogger("dialogi")

#: How many people may be knocking at the same moment, when all join at once.
BACKLOG = 2048


def main(environ: Mapping[str, str]) -> int:
    """Serve until a signal comes; the exit code. What is wrong is said in one line."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(environ)
        may_serve(settings)
        app = create_app(settings)
        listener = _listen(settings)
    except (BadSettings, UnsafeDriver, Full, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _stop)
    log.info("SQLite %s, async mode %s", sqlite_version(), settings.async_mode)
    if settings.demo:
        print(open_demo(settings), flush=True)
    print(f"Dialogi listens on {settings.public_url} (stop it with Ctrl-C)", flush=True)
    concurrency.serve(settings.async_mode, listener, app)
    return 0


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Small frames must not wait for each other; accepted sockets inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise OSError(
            f"Port {settings.port} on {settings.host} is taken or not allowed: {error.strerror}. "
            "Set DIALOGI_PORT to another one."
        ) from error
    listener.listen(BACKLOG)
    return listener


def _stop(*_: object) -> None:
    # An exception would be raised inside whatever runs just then, and a library that logs and goes
    # on would swallow it. Leaving at once is safe: what was acked is on the disk, what is being
    # written was promised to nobody.
    os._exit(0)
