"""Stopping: the server leaves when it is told to, whatever it is doing, and without a complaint."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.support.client import Person
from tests.support.server import Server, clean_environment

pytestmark = pytest.mark.server

EVENT: dict[str, Any] = {"title": "Loppu", "question": "Mitä jäi?", "rooms": [{"name": "A"}]}


@pytest.mark.parametrize("wait", [0.0, 0.005])
def test_a_server_told_to_stop_while_everybody_leaves_stops_at_once(
    own_server: Server, wait: float
) -> None:
    links = own_server.event_from(EVENT)
    sockets = []
    for _ in range(12):
        person = Person(own_server.url)
        person.join(links["join"])
        sockets.append(person.connect(links["event"]))
    for socket in sockets:
        socket.subscribe("event")
    process = own_server.process
    assert process is not None
    for socket in sockets:
        socket.close()
    time.sleep(wait)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    own_server.process = None
    own_server.assert_no_traceback()


SWALLOWING = """
import os, signal
from dialogi import serving
signal.signal(signal.SIGTERM, serving._stop)
try:
    os.kill(os.getpid(), signal.SIGTERM)
    sum(range(10_000))
except BaseException:
    print("swallowed", flush=True)
"""


def test_a_library_that_swallows_every_exception_cannot_keep_the_server_from_stopping() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SWALLOWING],
        env=clean_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "")
