"""Fixtures for all tests: the shared conversations and recordings, and real servers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server

StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real conversations and recordings next to the project.

    They are other people's words and not part of the project: whoever has them not may test all the
    rest, but what decides about a change may not leave them out.
    """
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        missing = "needs the real conversations in ../shared/data, which the project does not ship"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Return a function that starts a server; its keywords are further settings (DIALOGI_…).

    At the end of the module all are stopped, and none may have logged a traceback.
    """
    servers: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(tmp_path_factory.mktemp("server"), **environment)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()
    for server in servers:
        server.assert_no_traceback()


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Server:
    """Return a server that a module's tests share; each makes its own events on it."""
    return start_server()


@pytest.fixture
def own_server(start_server: StartServer) -> Iterator[Server]:
    """Return a server for one test alone, which may kill it."""
    server = start_server()
    yield server
    server.stop()
