"""Runs the server under a sampler: `python bench/sampled.py OUTPUT`. Writes what was seen at exit.

A thousand times in each second of processor time the main thread's stack is noted; at the end also
how much time each thread took.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from _thread import get_native_id
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dialogi import concurrency

EVERY = 0.001
DEEPEST = 40


class Sampler:
    """Stacks as tuples of function names, outermost first, and how often each was seen."""

    def __init__(self) -> None:
        self.stacks: Counter[tuple[str, ...]] = Counter()

    def start(self) -> None:
        """Begin again, with nothing seen."""
        self.stacks.clear()
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def _note(self, _: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None and len(stack) < DEEPEST:
            code = frame.f_code
            stack.append(f"{Path(code.co_filename).stem}.{code.co_qualname}")
            frame = frame.f_back
        self.stacks[tuple(reversed(stack))] += 1


def name_threads() -> dict[int, str]:
    """The names of native threads by id, filled as they are started."""
    names = {os.getpid(): "main"}
    start = concurrency.start_native

    def start_named(name: str, target: Callable[[], None]) -> None:
        def run() -> None:
            names[get_native_id()] = name
            target()

        start(name, run)

    concurrency.start_native = start_named
    return names


def threads(names: dict[int, str]) -> dict[str, float]:
    """Seconds of processor time by thread."""
    tick = os.sysconf("SC_CLK_TCK")
    found = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        name = names.get(int(task.name), f"native {task.name}")
        found[name] = (int(fields[11]) + int(fields[12])) / tick
    return found


def main() -> None:
    """Serve, sampled from SIGUSR1 on, until SIGTERM."""
    output = Path(sys.argv[1])
    sampler = Sampler()
    before: dict[str, float] = {}

    def begin(*_: object) -> None:
        before.update(threads(names))
        sampler.start()

    signal.signal(signal.SIGUSR1, begin)
    names = name_threads()
    sys.argv = [str(ROOT / "run.py")]
    try:
        runpy.run_path(str(ROOT / "run.py"), run_name="__main__")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        spent = {name: used - before.get(name, 0.0) for name, used in threads(names).items()}
        stacks = [[list(stack), count] for stack, count in sampler.stacks.most_common()]
        output.write_text(json.dumps({"threads": spent, "stacks": stacks}))


if __name__ == "__main__":
    main()
