"""Broken copies of the product, each with one promise taken out, to see the checkers catch it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ROOT


@dataclass(frozen=True)
class Mutant:
    """One promise broken: in `file`, each `before` becomes its `after`."""

    name: str
    edits: tuple[tuple[str, str, str], ...]

    def build(self, folder: Path) -> Path:
        """A copy of the product with the edits; AssertionError where one does not fit any more."""
        root = folder / f"product-{self.name.replace(' ', '-')}"
        root.mkdir()
        shutil.copy(ROOT / "run.py", root)
        for part in ("dialogi", "templates", "static"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file, before, after in self.edits:
            path = root / file
            text = path.read_text("utf-8")
            assert text.count(before) == 1, f"{file} has {before!r} {text.count(before)} times"
            path.write_text(text.replace(before, after), "utf-8")
        return root


MUTANTS = (
    Mutant(
        "ack before commit",
        (
            (
                "dialogi/writer.py",
                "        self._worker.put(_Waiting(command, done))\n",
                "        import uuid\n"
                "        waiting = _Waiting(command, done)\n"
                "        if command.name == 'vote.set':\n"
                "            # The promise is given before anything is stored.\n"
                "            revision = self.__dict__.setdefault('_guess', 0)\n"
                "            done({'ok': True, 'revision': revision, 'question': "
                "command.payload['question']})\n"
                "            waiting = _Waiting(command, lambda outcome: None)\n"
                "        self._worker.put(waiting)\n",
            ),
        ),
    ),
    Mutant(
        "retry counted twice",
        (
            (
                "dialogi/store/migrations.py",
                "CREATE UNIQUE INDEX ledger_op",
                "CREATE INDEX ledger_op",
            ),
            (
                "dialogi/commands/context.py",
                "    if row is None:\n        return None\n    if (row[0], row[1])",
                "    if True:\n        return None\n    if (row[0], row[1])",
            ),
        ),
    ),
    Mutant(
        "lost delta",
        (
            (
                "dialogi/live/publisher.py",
                "        for topic, message in deltas:\n            self._send(topic, message)\n",
                "        for topic, message in deltas:\n"
                "            if topic.last % 7:\n"
                "                self._send(topic, message)\n"
                "            elif topic.stream.kind == 'room':\n"
                "                topic.last = 0\n",
            ),
        ),
    ),
    Mutant(
        "stale revision after restart",
        (
            (
                "dialogi/live/hub.py",
                '            "revision": state.revision,\n            "now"',
                '            "revision": state.revision - _START.setdefault('
                "state.event.id, state.revision - 1),\n"
                '            "now"',
            ),
            (
                "dialogi/live/hub.py",
                "def _slow_down() -> Refusal:",
                "_START: dict[int, int] = {}\n\n\ndef _slow_down() -> Refusal:",
            ),
        ),
    ),
)
