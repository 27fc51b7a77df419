"""A real server in a process of its own, and the command line beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent

Links = dict[str, Any]


class Server:
    """One server with its own database file and port; killed and started again at will."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.root = ROOT
        self.environment = {
            "DIALOGI_DATABASE": str(folder / "dialogi.sqlite"),
            "DIALOGI_SECRET_KEY": "a key for tests only, long enough",
            "DIALOGI_HOST": "127.0.0.1",
            "DIALOGI_PORT": str(self.port),
            "DIALOGI_PUBLIC_URL": self.url,
            "DIALOGI_ASYNC_MODE": os.environ.get("DIALOGI_ASYNC_MODE", "eventlet"),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, within: float = 30.0) -> Server:
        """Start the server and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(self.root / "run.py")],
                cwd=self.folder,
                env=clean_environment() | self.environment | {"PYTHONPATH": str(self.root)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + within
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"the server did not start:\n{self.log_text()}")
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        """Tell if /healthz is fine."""
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310  our own
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> Server:
        """Kill the server and start it on the same port and file."""
        self.kill()
        return self.start()

    def stop(self) -> None:
        """End the server politely, within ten seconds."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def log_text(self) -> str:
        """Return all that the server has written."""
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def assert_no_traceback(self) -> None:
        """Assert that nothing went wrong unseen."""
        log = self.log_text()
        assert "Traceback (most recent call last)" not in log, log[-20_000:]

    def cli(
        self, *arguments: str | Path, check: bool = True, timeout: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m dialogi` on this server's database."""
        done = command_line(self.folder, *arguments, environment=self.environment, timeout=timeout)
        if check:
            assert done.returncode == 0, f"dialogi {arguments}: {done.stderr}"
        return done

    def event_from(self, source: Path | dict[str, Any]) -> Links:
        """Create an event from a file (TOML or recording), or the keys of an event file."""
        if isinstance(source, dict):
            path = self.folder / f"event-{time.monotonic_ns()}.toml"
            path.write_text(toml(source), "utf-8")
            source = path
        created = json.loads(self.cli("event", "create", source).stdout)
        links: Links = {"event": created["event"], **created["links"]}
        return links

    def export(self, event: str, form: str = "json") -> Path:
        """Export an event to a new file and return its path."""
        path = self.folder / f"{event}-{time.monotonic_ns()}.{form}"
        self.cli("event", "export", event, "--format", form, "--output", path)
        return path

    def exported(self, event: str) -> dict[str, Any]:
        """Return an event's JSON export."""
        document: dict[str, Any] = json.loads(self.export(event).read_text("utf-8"))
        return document


def command_line(
    folder: Path,
    *arguments: str | Path,
    environment: dict[str, str] | None = None,
    timeout: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m dialogi` in a folder, knowing nothing but `environment`."""
    return subprocess.run(
        [sys.executable, "-m", "dialogi", *map(str, arguments)],
        cwd=folder,
        env=clean_environment() | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """Return this process's environment without settings of Dialogi, able to find the package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIALOGI_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def toml(table: dict[str, Any]) -> str:
    """Write an event file: plain values, lists of them, and tables in lists."""
    plain = {key: value for key, value in table.items() if not _holds_tables(value)}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    for key, value in table.items():
        if _holds_tables(value):
            for each in value:
                lines += [f"[[{key}]]", toml(each)]
    return "\n".join(lines) + "\n"


def _holds_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
