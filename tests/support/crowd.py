"""A crowd that does anything, right and wrong, in batches of any size: the machine of hypothesis.

It writes through `writer.write`; `watch` checks what everybody then sees, and the oracle's world,
which
takes in what was accepted, says at the end what the export must be.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from dialogi.commands import Command
from dialogi.errors import Refusal
from dialogi.exports import export
from dialogi.model import phases
from dialogi.store import open_database
from dialogi.store.connection import backup
from dialogi.writer import Reply, write
from tests.support import oracle
from tests.support.hall import PEOPLE, QUESTIONS, Dump, Hall, dump, number
from tests.support.watch import Watcher
from tests.support.world import Line, World

#: A number that picks one of whatever there is; few are enough, and they shrink well.
DICE = st.integers(0, 999)
ROOMS = ("A", "B", "C")
NOWHERE = ("0", "", "x", "-1", "٣", "9" * 30, str(QUESTIONS), str(PEOPLE), "7999999")
MOMENT = re.compile(r"\b1[6-9]\d{8}(\.\d+)?\b")


class Crowd(RuleBasedStateMachine):
    """People, facilitators, leads, the clock and strangers, in one event and another."""

    accepted: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    refusals: ClassVar[Counter[str]] = Counter()
    sizes: ClassVar[Counter[int]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="dialogi-crowd-")
        self.pending: list[Command] = []
        self.done: list[tuple[Command, Reply]] = []
        self.world = World()
        self.names: dict[str, str] = {}
        self.texts = self.events = 0
        self.pace, self.careful, self.sound = 3, False, False

    @initialize(sides=st.integers(0, 2), people=st.integers(1, 12), phase=DICE)
    def open(self, sides: int, people: int, phase: int) -> None:
        self.hall = Hall(Path(self.folder.name), rooms=ROOMS, affiliations="xy"[:sides], places=3)
        self.here, self.elsewhere = self.hall.here, self.hall.elsewhere
        self.names = {room: name for name, room in self.here.rooms.items()}
        header = {"places": 3, "title": "HERE", "question": "Which?"}
        event = {**header, "affiliations": list("xy"[:sides])}
        self.world.apply({"dialogi_recording": 1, "event": event, "rooms": list(ROOMS)})
        self.watchers = [Watcher(self.hall, place.event) for place in (self.here, self.elsewhere)]
        self.sides = ["xy"[at % sides] if sides else "" for at in range(12)]
        self.sound = True
        for at in range(people):
            command = self.hall.joining(self.here.event, ROOMS[at % 3], self.sides[at])
            self.pending.append(command)
        begin = phases.PHASES[phase % 6]
        self.pending.append(self.hall.command(self.here.lead, "phase.set", {"phase": begin}))
        self.commit()

    # What is picked: mostly what is there, at times what is not.

    @property
    def questions(self) -> list[str]:
        """Every question, and one or two that may come into being in this very batch."""
        known = [str(question) for question in self.watchers[0].state.questions]
        return [*known, str(int(known[-1]) + 1 if known else QUESTIONS + 1)]

    def one(self, known: list[str], dice: int) -> str:
        """Return one of those known, or one of no use."""
        at = dice % (len(known) + 1)
        return known[at] if at < len(known) else NOWHERE[dice % len(NOWHERE)]

    def question(self, dice: int) -> str:
        return self.one(self.questions, dice)

    def room(self, dice: int) -> str:
        return self.one(list(self.here.rooms.values()), dice)

    def person(self, dice: int) -> str:
        return self.one([str(person) for person in self.watchers[0].state.participants], dice)

    def who(self, dice: int) -> str:
        """Return somebody with a seat, or at times somebody else."""
        people = [f"participant:{person}" for person in self.watchers[0].state.participants]
        others = [self.here.lead, f"participant:{PEOPLE}", "participant:7999999", "door"]
        return others[dice % 4] if dice % 12 == 11 or not people else people[dice % len(people)]

    def author(self, question: str, dice: int) -> str:
        """Return who asked a question, or at times anybody."""
        found = self.watchers[0].state.questions.get(int(question) if question.isdecimal() else 0)
        if found is None or found.author is None or dice % 8 == 7:
            return self.who(dice)
        return f"participant:{found.author}"

    def staff(self, dice: int) -> str:
        """Return somebody who moderates, or at times somebody who does not."""
        here = self.here
        rooms = list(here.facilitators.values())
        known = [here.lead, *rooms, here.organiser, here.lead, *rooms, "console", here.lead]
        others = ["door", "clock", self.elsewhere.lead, "grant:3999999", self.who(dice)]
        return others[dice % 5] if dice % 14 == 13 else known[dice % len(known)]

    def text(self, dice: int) -> str:
        """Return a text that can be told from all others, or one that cannot be stored."""
        self.texts += 1
        bad = ("", " \n ", "x" * 501, "a\u202eb", "a\x00b", "\ud800")
        return bad[dice % 6] if dice % 9 == 8 else f" Miksi q{self.texts}q,\r\nentä\u0308? "

    def queue(self, actor: str, name: str, payload: dict[str, Any]) -> None:
        """Let a command wait for the next batch."""
        self.pending.append(self.hall.command(actor, name, payload))
        if len(self.pending) >= self.pace:
            self.commit()

    # What participants do.

    @rule(side=DICE, room=DICE, name=DICE, where=DICE)
    def join(self, side: int, room: int, name: int, where: int) -> None:
        event = self.elsewhere.event if where % 8 == 7 else self.here.event
        names = ("", "Ann", "x" * 61, "a\u202e")
        sides = [*self.sides[:2], *self.sides[:2], "", "other", "z"]
        command = self.hall.joining(
            event, ["A", "B", "C", "", "Z"][room % 5], sides[side % 7], names[name % 12 % 4]
        )
        if where % 8 == 6:
            command = Command(event, self.who(side), command.name, command.payload, command.op)
        self.pending.append(command)

    @rule(who=DICE, room=DICE)
    def take_a_seat(self, who: int, room: int) -> None:
        self.queue(self.who(who), "seat.take", {"room": self.room(room)})

    @rule(who=DICE, text=DICE)
    def ask(self, who: int, text: int) -> None:
        self.queue(self.who(who), "question.ask", {"text": self.text(text)})

    @rule(who=DICE, text=DICE)
    def ask_again(self, who: int, text: int) -> None:
        self.ask(who, text)

    @rule(question=DICE, who=DICE, text=DICE)
    def edit(self, question: int, who: int, text: int) -> None:
        wanted = self.question(question)
        payload = {"question": wanted, "text": self.text(text)}
        self.queue(self.author(wanted, who), "question.edit", payload)

    @rule(question=DICE, who=DICE)
    def withdraw(self, question: int, who: int) -> None:
        wanted = self.question(question)
        self.queue(self.author(wanted, who), "question.withdraw", {"question": wanted})

    @rule(votes=st.lists(st.tuples(DICE, DICE, st.booleans()), min_size=1, max_size=5))
    def vote(self, votes: list[tuple[int, int, bool]]) -> None:
        for who, question, on in votes:
            payload = {"question": self.question(question), "on": on}
            self.pending.append(self.hall.command(self.who(who), "vote.set", payload))

    # What facilitators and leads do.

    @rule(staff=DICE, room=DICE, person=DICE, text=DICE)
    def ask_for(self, staff: int, room: int, person: int, text: int) -> None:
        payload = {"text": self.text(text)}
        if room % 2:
            payload["room"] = self.room(room // 2)
        if person % 2:
            payload["for"] = self.person(person // 2)
        self.queue(self.staff(staff), "question.ask", payload)

    @rule(staff=DICE, question=DICE, reason=DICE)
    def hide(self, staff: int, question: int, reason: int) -> None:
        payload = {
            "question": self.question(question),
            "reason": ["", "rude", "x" * 501][reason % 3],
        }
        self.queue(self.staff(staff), "question.hide", payload)

    @rule(staff=DICE, question=DICE)
    def restore(self, staff: int, question: int) -> None:
        self.queue(self.staff(staff), "question.restore", {"question": self.question(question)})

    @rule(staff=DICE, question=DICE, text=DICE)
    def reword(self, staff: int, question: int, text: int) -> None:
        payload = {"question": self.question(question), "text": self.text(text)}
        self.queue(self.staff(staff), "question.reword", payload)

    @rule(staff=DICE, into=DICE, parts=st.lists(DICE, max_size=3))
    def merge(self, staff: int, into: int, parts: list[int]) -> None:
        payload = {"into": self.question(into), "questions": [self.question(at) for at in parts]}
        self.queue(self.staff(staff), "question.merge", payload)

    @rule(staff=DICE, into=DICE, part=DICE)
    def merge_one(self, staff: int, into: int, part: int) -> None:
        self.merge(staff, into, [part])

    @rule(staff=DICE, question=DICE)
    def split(self, staff: int, question: int) -> None:
        self.queue(self.staff(staff), "question.split", {"question": self.question(question)})

    @rule(staff=DICE, question=DICE, on=st.booleans())
    def star(self, staff: int, question: int, on: bool) -> None:
        payload = {"question": self.question(question), "on": on}
        self.queue(self.staff(staff), "shortlist.set", payload)

    @rule(staff=DICE, room=DICE, phase=DICE, minutes=DICE)
    def phase(self, staff: int, room: int, phase: int, minutes: int) -> None:
        payload: dict[str, Any] = {"phase": [*phases.PHASES, *phases.PHASES, "party"][phase % 13]}
        if room % 3:
            payload["room"] = self.room(room // 3)
        if minutes % 3 == 0:
            payload["minutes"] = [5, 0.5, 0, -1, 1e9, None][minutes // 3 % 6]
        self.queue(self.staff(staff), "phase.set", payload)

    @rule(staff=DICE, room=DICE, when=DICE)
    def timer(self, staff: int, room: int, when: int) -> None:
        moments = (1000, "2021-03-25T10:30:00+02:00", None, "", "soon", 4e9, -1)
        payload: dict[str, Any] = {"ends_at": moments[when % 7]}
        if room % 2:
            payload["room"] = self.room(room // 2)
        self.queue(self.staff(staff), "timer.set", payload)

    @rule(room=DICE, phase=DICE, early=DICE)
    def time_is_up(self, room: int, phase: int, early: int) -> None:
        state = self.watchers[0].state
        payload: dict[str, Any] = {"phase": phases.PHASES[phase % 6]}
        ends_at = state.event.ends_at
        if room % 2:
            payload["room"] = self.room(room // 2)
            found = state.rooms.get(int(payload["room"]) if payload["room"].isdecimal() else 0)
            ends_at = found.ends_at if found else None
        payload["ended"] = 5.0 if ends_at is None or early % 4 == 3 else ends_at
        self.queue("clock", "phase.set", payload)

    @rule(staff=DICE, person=DICE, keep=st.booleans(), reason=DICE)
    def remove(self, staff: int, person: int, keep: bool, reason: int) -> None:
        payload = {"participant": self.person(person), "keep": keep}
        payload["reason"] = ["", "left", "x" * 501][reason % 3]
        self.queue(self.staff(staff), "participant.remove", payload)

    @rule(staff=DICE, person=DICE)
    def give_back(self, staff: int, person: int) -> None:
        removed = [str(p.id) for p in self.watchers[0].state.participants.values() if p.removed]
        wanted = self.one(removed, person) if person % 4 else self.person(person)
        self.queue(self.staff(staff), "participant.return", {"participant": wanted})

    @rule(staff=DICE, person=DICE, room=DICE)
    def move(self, staff: int, person: int, room: int) -> None:
        payload = {"participant": self.person(person), "room": self.room(room)}
        self.queue(self.staff(staff), "participant.move", payload)

    @rule(staff=DICE, rule_=DICE, entries=st.lists(st.tuples(DICE, DICE), max_size=4))
    def settle(self, staff: int, rule_: int, entries: list[tuple[int, int]]) -> None:
        rows = [
            {
                "questions": [self.question(at) for at in (one, two)[: 1 + two % 2]],
                "text": "x" * 501 if two % 20 == 19 else "The leads' words",
                **({"note": "tied", "texts": {"sv": "Ord"}} if two % 3 == 0 else {}),
            }
            for one, two in entries
        ]
        payload = {"rule": ["seqpav", "votes", "av"][rule_ % 3], "entries": rows}
        self.queue(self.staff(staff), "toplist.set", payload)

    @rule(staff=DICE, stage=DICE)
    def publish(self, staff: int, stage: int) -> None:
        payload = {"stage": ["preliminary", "final", "draft"][stage % 3]}
        self.queue(self.staff(staff), "toplist.publish", payload)

    # What others do, and what nobody should.

    @rule(dice=DICE)
    def create(self, dice: int) -> None:
        self.events += 1
        code = "HERE" if dice % 2 else f"NEW{self.events}"
        payload = {
            "code": code,
            "results_id": f"r{self.events}",
            "present_id": f"p{self.events}",
            "settings": self._settings(),
            "rooms": [{"name": "A", "slug": f"slug-{self.events}"}],
        }
        actor = "console" if dice % 5 else self.staff(dice)
        command = Command(None, actor, "event.create", payload, self.hall.op())
        self.pending.append(command)

    @rule(dice=DICE)
    def grant(self, dice: int) -> None:
        self.events += 1
        room = ["here-a", "here-b", "elsewhere-a", "none"][dice % 4]
        payload = {"role": "facilitator", "token_hash": f"t{self.events}", "room": room}
        self.queue("console" if dice % 5 else self.staff(dice), "grant.add", payload)

    @rule(dice=DICE, other=st.booleans())
    def send_again(self, dice: int, other: bool) -> None:
        if self.done:
            earlier, _ = self.done[dice % len(self.done)]
            payload = {**earlier.payload, "text": "Other"} if other else earlier.payload
            self.pending.append(
                Command(earlier.event, earlier.actor, earlier.name, payload, earlier.op)
            )

    @rule(dice=DICE, staff=DICE)
    def garble(self, dice: int, staff: int) -> None:
        names = (
            "question.ask",
            "vote.set",
            "question.merge",
            "toplist.set",
            "phase.set",
            "no.such",
        )
        payloads: tuple[dict[str, Any], ...] = (
            {},
            {"text": 1},
            {"question": ["1"], "on": 1},
            {"text": "Fine", "author": "7000001"},
            {"phase": "write", "minutes": "soon"},
            {"rule": "seqpav", "entries": [{"questions": "1", "text": "x"}]},
        )
        actor = self.staff(staff) if staff % 2 else self.who(staff)
        self.queue(actor, names[dice % 6], payloads[dice // 6 % 6])

    # What becomes of it.

    @rule(pace=st.integers(1, 9), careful=st.booleans())
    def change_pace(self, pace: int, careful: bool) -> None:
        self.pace, self.careful = pace, careful

    @rule()
    def bookmark(self) -> None:
        for watcher in self.watchers:
            watcher.bookmark()

    @rule()
    def commit(self) -> None:
        """Write the batch; what was accepted is all that happened."""
        batch, self.pending = self.pending, []
        if not batch:
            return
        self.sound = False
        before, ledger = self.hall.dump(), self._ledger()
        copy = self._copy() if self.careful else None
        outcomes = self.hall.write(batch)
        earlier = {(command.actor, command.op): reply for command, reply in self.done}
        new: list[tuple[Command, Reply]] = []
        for command, outcome in zip(batch, outcomes, strict=True):
            self._count(command, outcome)
            reply = earlier.get((command.actor, command.op))
            if isinstance(outcome, dict) and reply is not None:
                assert outcome == reply, "the same op got another reply"
            elif isinstance(outcome, dict):
                new.append((command, outcome))
            elif reply is not None:
                assert outcome.code in {"op_reused", "invalid", "forbidden"}
        self.sizes[len(batch)] += 1
        assert self._ledger() == ledger + len(new)
        if not new:
            assert self.hall.dump() == before
        elif copy is not None and len(new) < len(batch):
            assert self._alone(copy, [command for command, _ in new]) == timeless(self.hall.dump())
        for command, reply in new:
            self._happened(command, reply)
        for watcher in self.watchers:
            watcher.advance()
        self.sound = True

    def teardown(self) -> None:
        try:
            if self.sound:
                self.commit()
                exported = export("json", self.hall.db, self.here.event, audience="organiser")
                ours = oracle.normalise(oracle.export(self.world))
                theirs = oracle.normalise(json.loads(exported))
                for key in ours:
                    assert theirs[key] == ours[key], f"{key}: {theirs[key]}, and not {ours[key]}"
        finally:
            if hasattr(self, "hall"):
                self.hall.close()
            self.folder.cleanup()

    def _count(self, command: Command, outcome: Reply | Refusal) -> None:
        if isinstance(outcome, Refusal):
            self.refused[command.name] += 1
            self.refusals[outcome.code] += 1
            assert str(outcome), "a refusal says what to do"
        else:
            self.accepted[command.name] += 1

    def _ledger(self) -> int:
        return int(self.hall.one("SELECT COUNT(*) FROM ledger"))

    def _happened(self, command: Command, reply: Reply) -> None:
        self.done.append((command, reply))
        if command.event == self.here.event:
            for line in self._lines(command, reply):
                self.world.apply(line)

    def _lines(self, command: Command, reply: Reply) -> list[Line]:
        """Return the lines of a recording in which the command is."""
        rooms = {
            key: self.names.get(command.payload[key]) for key in command.payload if key == "room"
        }
        by = str(number(command.actor)) if ":" in command.actor else command.actor
        line: Line = {"by": by, "command": command.name, **command.payload, **rooms}
        if command.name == "participant.join":
            side = command.payload["affiliation"]
            room = self.names[reply["room"]]
            return [{"participant": reply["participant"], "affiliation": side, "room": room}]
        if command.name == "seat.take":
            return [{**line, "command": "participant.move", "participant": by}]
        if command.name == "question.ask":
            room = self.names[str(self.watchers[0].hall.one(ROOM_OF, int(reply["question"])))]
            return [{**line, "question": reply["question"], "room": room}]
        return [] if command.name == "grant.add" else [line]

    def _copy(self) -> Path:
        path = Path(self.folder.name) / "copy.sqlite"
        path.unlink(missing_ok=True)
        backup(self.hall.db, path)
        return path

    def _alone(self, path: Path, accepted: list[Command]) -> Dump:
        """Return what is stored where only the accepted came, one at a time."""
        db = open_database(path)
        try:
            for command in accepted:
                outcomes, _ = write(db, [command])
                assert isinstance(outcomes[0], dict)
            return timeless(dump(db))
        finally:
            db.close()

    def _settings(self) -> dict[str, Any]:
        settings = self.hall.one("SELECT settings FROM event WHERE id = ?", self.here.event)
        found: dict[str, Any] = json.loads(settings)
        return found


ROOM_OF = "SELECT room FROM question WHERE id = ?"


def timeless(rows: Dump) -> Dump:
    """Return a dump without the moments at which things were done."""

    def without(value: Any) -> Any:
        if isinstance(value, float):
            return MOMENT.sub("a moment", str(value))
        return MOMENT.sub("a moment", value) if isinstance(value, str) else value

    return {table: [tuple(map(without, row)) for row in rows[table]] for table in rows}
