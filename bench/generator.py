"""The load generator: built from C when it is needed, run for one measurement."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .machine import BUILD, ROOT, Foreign, Process
from .stage import CODE, Stage

SOURCES = ROOT / "bench" / "load"
Phases = dict[str, dict[str, Any]]


def build() -> None:
    """Compile the generator, unless that has been done since its sources changed."""
    program = BUILD / "load"
    sources = sorted(SOURCES.glob("*.[ch]"))
    if program.exists() and program.stat().st_mtime > max(s.stat().st_mtime for s in sources):
        return
    BUILD.mkdir(exist_ok=True)
    code = [str(source) for source in sources if source.suffix == ".c"]
    command = ["cc", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-o", str(program), *code, "-lm"]
    subprocess.run(command, check=True)


def run(server: Process, stage: Stage, *, kind: str = "dialogi", **options: object) -> Phases:
    """One run against `server`: what each phase measured, by its name, with the foreign load.

    `kind`: dialogi, socketio (also the tutorial) or ws.
    """
    foreign = Foreign()
    done = subprocess.run(
        _command(server, stage, kind, options),
        stdout=subprocess.PIPE,
        check=False,
        text=True,
        timeout=600,
    )
    phases = {phase.pop("phase"): phase for phase in map(json.loads, done.stdout.splitlines())}
    if not phases:
        raise RuntimeError(f"the generator failed; the server's output is in {server.log}")
    others = round(foreign.cores(), 3)
    return {name: {**phase, "foreign": others} for name, phase in phases.items()}


@contextmanager
def running(server: Process, stage: Stage, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A run whose lines the caller reads."""
    command = _command(server, stage, "dialogi", options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def _command(server: Process, stage: Stage, kind: str, options: dict[str, object]) -> list[str]:
    words: dict[str, object] = {
        "port": server.port,
        "pid": server.pid,
        "questions": ",".join(stage.shortlist),
    }
    if kind == "dialogi":
        words |= {"event": CODE, "seats": stage.seats, "streams": "event,me,room"}
    else:
        words |= {"streams": "event", "raw": int(kind == "ws")}
    words |= options
    return [str(BUILD / "load"), *(f"{key}={value}" for key, value in words.items())]
