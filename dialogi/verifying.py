"""A recording, played through the real commands into a database of its own, and what came out.

No server and no network: this tells whether a recording's list follows from its own lines.
"""

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import Command, perform
from .creating import create_event, hash_token
from .errors import Refusal
from .exports.recording import claims
from .model.recording import CLOCK, Recording
from .store import Database, immediate, open_database, reading, savepoint

#: When a verified event takes place; any time will do, since the players' timers never run.
EPOCH = 1_600_000_000.0
#: What players leave out, so that no clock of this machine takes part.
TIMES = {"phase.set": ("minutes",), "timer.set": ("ends_at",)}
MOST_DIFFERENCES = 20


def verify(recording: Recording) -> dict[str, Any]:
    """What comes out of the recording: support, proposal, audit, and what does not fit.

    `differences` are sentences: commands that Dialogi refuses, and claims of the recording's own
    `result` that do not hold. The recording is sound if there are none.
    """
    with tempfile.TemporaryDirectory(prefix="dialogi-verify-") as folder:
        db = open_database(Path(folder) / "verify.sqlite")
        try:
            with immediate(db):
                replay = Replay(db, recording)
                replay.run()
                state = reading.load(db, replay.event)
        finally:
            db.close()
    names = {ours: theirs for theirs, ours in replay.questions.items()}
    found = claims(state, names)
    differences = [*replay.differences, *_compare(recording.result or {}, found)]
    if len(differences) > MOST_DIFFERENCES:
        more = len(differences) - MOST_DIFFERENCES
        differences = [*differences[:MOST_DIFFERENCES], f"and {more} more differences."]
    return {
        "event": state.event.title,
        "people": len(state.people()),
        "commands": recording.commands,
        "questions": len(state.questions),
        **found,
        "differences": differences,
    }


@dataclass
class Replay:
    """One recording on its way into the database."""

    db: Database
    recording: Recording
    event: int = 0
    rooms: dict[str, str] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    _ops: int = 0
    _now: float = EPOCH

    def run(self) -> None:
        """Play all lines; what is refused goes to `differences`."""
        self._open()
        for person in self.recording.participants:
            self._join(person)
        for line in self.recording.lines:
            self._now = max(self._now, EPOCH + line["at"])
            if "command" in line:
                self._command(line)
            else:
                self._join(line)

    def _open(self) -> None:
        created = create_event(
            lambda command: perform(self.db, command, EPOCH),
            self._find,
            "http://localhost",
            self.recording.event,
        )
        self.event = self._find(created["event"])
        state = reading.load(self.db, self.event)
        self.rooms = {room.name: str(room.id) for room in state.rooms.values()}
        slugs = {room.name: room.slug for room in state.rooms.values()}
        staff = {line["facilitator"]: line["room"] for line in self.recording.facilitators}
        for name, room in {**staff, CLOCK: ""}.items():
            payload = {
                "role": "facilitator" if room else "lead",
                "token_hash": hash_token(f"{name} of a recording"),
                "room": slugs[room] if room else None,
            }
            reply = self._perform("console", "grant.add", payload)
            self.actors[name] = f"grant:{reply['grant']}"

    def _find(self, code: str) -> int:
        return reading.find_event(self.db, code) or 0

    def _join(self, line: dict[str, Any]) -> None:
        name = line["participant"]
        payload = {
            "name": "",
            "affiliation": line["affiliation"],
            "room": line["room"],
            "resume_hash": hash_token(f"{name} of a recording"),
        }
        reply = self._try(line, "door", "participant.join", payload)
        if reply is not None:
            self.people[name] = reply["participant"]
            self.actors[name] = f"participant:{reply['participant']}"

    def _command(self, line: dict[str, Any]) -> None:
        try:
            actor = self.actors[line["by"]]
            payload = self._payload(line)
        except KeyError as missing:
            self.differences.append(
                f"line {line['line']}: {missing.args[0]} is not there, since an earlier line was "
                "refused."
            )
            return
        reply = self._try(line, actor, line["command"], payload)
        if reply is not None and line["command"] == "question.ask":
            self.questions[line["question"]] = reply["question"]

    def _payload(self, line: dict[str, Any]) -> dict[str, Any]:
        """The line's payload in the database's ids; KeyError for one that it does not have."""
        left_out = {"at", "by", "command", "line", *TIMES.get(line["command"], ())}
        if line["command"] == "question.ask":
            left_out.add("question")
        translate: dict[str, Callable[[Any], Any]] = {
            "question": self.questions.__getitem__,
            "into": self.questions.__getitem__,
            "questions": self._several,
            "participant": self.people.__getitem__,
            "for": lambda value: self.people[value] if value else "",
            "room": lambda value: self.rooms[value] if value else "",
            "entries": lambda value: [
                {**entry, "questions": self._several(entry["questions"])} for entry in value
            ],
        }
        return {
            key: translate[key](value) if key in translate else value
            for key, value in line.items()
            if key not in left_out
        }

    def _several(self, questions: list[str]) -> list[str]:
        return [self.questions[question] for question in questions]

    def _try(
        self, line: dict[str, Any], actor: str, command: str, payload: dict[str, Any]
    ) -> dict[str, Any] | None:
        try:
            with savepoint(self.db):
                return self._perform(actor, command, payload)
        except Refusal as refusal:
            self.differences.append(
                f"line {line['line']}: {command} is refused ({refusal.code}): {refusal}"
            )
            return None

    def _perform(self, actor: str, command: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._ops += 1
        op = str(uuid.UUID(int=self._ops))
        return perform(self.db, Command(self.event, actor, command, payload, op), self._now)


def _compare(claimed: Any, found: Any, where: str = "") -> list[str]:
    """Sentences on what `claimed` says otherwise than `found`; what it does not say is fine."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        return [
            sentence
            for key, value in claimed.items()
            for sentence in (
                _compare(value, found[key], f"{where} {key}".strip())
                if key in found
                else [f"the recording claims {key} for {where or 'its result'}; there is none."]
            )
        ]
    if isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        return [
            sentence
            for at, pair in enumerate(zip(claimed, found, strict=True), start=1)
            for sentence in _compare(*pair, f"{where} {at}")
        ]
    if claimed == found:
        return []
    return [f"the recording claims {claimed!r} for {where}, but its lines give {found!r}."]
