"""The machine: which core is whose, processes under test, and who else is busy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "bench" / "build"

_CORES = sorted(os.sched_getaffinity(0))
#: The server has one core to itself; the generator and everything else take the others.
SERVER_CORES = set(_CORES[:1])
OTHER_CORES = set(_CORES[1:] or _CORES)
_TICK = os.sysconf("SC_CLK_TCK")


class Process:
    """A server under test, on its own core, with its output in a file."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, port: int
    ) -> None:
        self.command, self.environment, self.log, self.port = command, environment, log, port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process.pid

    def start(self, *, wait: bool = True) -> None:
        """Start it; with `wait` until it listens."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**_plain_environment(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CORES),
            )
        if wait:
            self._wait_until_it_listens()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it politely, within five seconds."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait_until_it_listens(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        tail = self.log.read_text("utf-8", errors="replace")[-3000:]
        self.stop()
        raise RuntimeError(f"{' '.join(self.command)} did not start:\n{tail}")


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def keep_off_the_servers_core() -> None:
    """Move this process, and what it starts from now on, off the server's core."""
    os.sched_setaffinity(0, OTHER_CORES)


class Foreign:
    """How many cores others use between `begin` and `end`: whatever is not in our process tree."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = _cpu_by_process()

    def cores(self) -> float:
        """Cores that others have used on average since this was made."""
        after = _cpu_by_process()
        ours = _our_processes(after)
        used = sum(
            process.cpu - (self._before[pid].cpu if pid in self._before else 0.0)
            for pid, process in after.items()
            if pid not in ours
        )
        return max(0.0, used / max(0.01, time.monotonic() - self._began))


class _Seen:
    def __init__(self, parent: int, cpu: float) -> None:
        self.parent, self.cpu = parent, cpu


def _cpu_by_process() -> dict[int, _Seen]:
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        # utime, stime and those of children that have ended
        found[int(folder.name)] = _Seen(int(fields[1]), sum(map(int, fields[11:15])) / _TICK)
    return found


def _our_processes(processes: Mapping[int, _Seen]) -> set[int]:
    ours = {os.getpid()}
    # Those above us do nothing but wait, and their counters hold our ended children.
    at = os.getpid()
    while at in processes and processes[at].parent in processes:
        at = processes[at].parent
        ours.add(at)
    above = ours - {os.getpid()}
    below = {os.getpid()}
    grew = True
    while grew:
        grew = False
        for pid, process in processes.items():
            if process.parent in below and pid not in below:
                below.add(pid)
                grew = True
    return above | below


def _plain_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("DIALOGI_")}
