"""The servers that are measured: Dialogi as it is started by its users, and the references."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .machine import ROOT, Process, free_port
from .stage import SECRET, SIDES, Stage

REFERENCE = ROOT / "bench" / "reference"


@contextmanager
def dialogi(stage: Stage, folder: Path, **settings: str) -> Iterator[Process]:
    """Dialogi on a copy of the stage's database; `settings` are further DIALOGI_… variables."""
    port = free_port()
    own = stage.copy(folder)
    environment = {
        "DIALOGI_DATABASE": str(own.database),
        "DIALOGI_SECRET_KEY": SECRET,
        "DIALOGI_HOST": "127.0.0.1",
        "DIALOGI_PORT": str(port),
        "DIALOGI_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **settings,
    }
    server = Process(
        [sys.executable, str(ROOT / "run.py")], environment, folder / "dialogi.log", port
    )
    with _running(server):
        yield server


@contextmanager
def node(script: str, stage: Stage, folder: Path, interval_ms: float) -> Iterator[Process]:
    """A Node reference (`socketio` or `ws`) with the stage's questions and numbers as long."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PORT": str(port),
        "QUESTIONS": ",".join(stage.shortlist),
        "SIDES": ",".join(SIDES),
        "REVISION": str(stage.revision),
        "BEHIND": str(stage.behind),
        "INTERVAL_MS": f"{interval_ms:g}",
    }
    command = [_node(), str(REFERENCE / f"{script}.mjs")]
    with _running(Process(command, environment, folder / f"{script}.log", port)) as server:
        yield server


@contextmanager
def tutorial(stage: Stage, folder: Path) -> Iterator[Process]:
    """The baseline: stock Flask-SocketIO, a transaction and a broadcast a vote."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PORT": str(port),
        "QUESTIONS": ",".join(stage.shortlist),
        "SIDES": ",".join(SIDES),
        "DATABASE": str(folder / "tutorial.sqlite"),
    }
    command = [sys.executable, "-W", "ignore", str(REFERENCE / "tutorial.py")]
    with _running(Process(command, environment, folder / "tutorial.log", port)) as server:
        yield server


@contextmanager
def _running(server: Process) -> Iterator[Process]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def install_references() -> None:
    """Fetch the references' packages as the lock file pins them, unless they are there."""
    if (REFERENCE / "node_modules" / ".package-lock.json").exists():
        return
    subprocess.run(
        [_program("npm"), "ci", "--loglevel=error"], cwd=REFERENCE, check=True, env=_with_path()
    )


def _node() -> str:
    return _program("node")


def _program(name: str) -> str:
    found = shutil.which(name, path=_with_path()["PATH"])
    if found is None:
        raise RuntimeError(
            f"{name} was not found. Install Node.js 20 or newer, or run "
            "`pip install -r requirements-node.txt` in the environment."
        )
    return found


def _with_path() -> dict[str, str]:
    # A machine without Node gets it in the environment, beside its Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path}
