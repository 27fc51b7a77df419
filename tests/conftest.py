"""Fixtures for all tests: the shared conversations and recordings, and real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server

StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real conversations and recordings next to the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real conversations (../shared/data) is not on this machine")
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
