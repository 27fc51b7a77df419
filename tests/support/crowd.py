"""A crowd that does anything, right and wrong, in batches of any size: the machine of hypothesis.

It writes through `writer.write`; `watch` checks what everybody then sees, and the oracle's world,
which
takes in what was accepted, says at the end what the export must be.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from dialogi.commands import Command
from dialogi.errors import Refusal
from dialogi.exports import export
from dialogi.model import phases
from dialogi.model.state import Question
from dialogi.store import open_database
from dialogi.store.connection import backup
from dialogi.writer import Reply, write
from tests.support import oracle
from tests.support.hall import PEOPLE, QUESTIONS, Dump, Hall, dump, number
from tests.support.watch import Watcher
from tests.support.world import Line, World

#: A number that picks one of whatever there is; few are enough, and they shrink well.
DICE = st.integers(0, 999)
#: What is done, most of it more often than the rest.
ACTS = (
    *(
        "vote",
        "vote",
        "vote",
        "vote",
        "ask",
        "ask",
        "ask",
        "merge",
        "merge",
        "phase",
        "phase",
        "split",
    ),
    *(
        "edit",
        "withdraw",
        "ask_for",
        "ask_for",
        "hide",
        "restore",
        "reword",
        "split",
        "star",
        "star",
    ),
    *("join", "take_a_seat", "remove", "give_back", "move", "timer", "time_is_up"),
    *("settle", "publish", "create", "grant", "send_again", "garble"),
)
Act = tuple[str, int, int, int, int]
#: An actor, a command's name and its payload, or a whole command.
Asked = Command | tuple[str, str, dict[str, Any]]
ROOMS = ("A", "B", "C")
NOWHERE = ("0", "", "x", "-1", "٣", "9" * 30, str(QUESTIONS), str(PEOPLE), "7999999")
MOMENT = re.compile(r"\b1[6-9]\d{8}(\.\d+)?\b")


def throw(seed: int) -> Act:
    """Return an act: hypothesis alone would try the same few dice again and again."""
    rng = random.Random(seed)
    a, b, c, d = (rng.randrange(1000) for _ in range(4))
    return rng.choice(ACTS), a, b, c, d


ACT = st.integers(0, 2**32 - 1).map(throw)


def is_seen(question: Question) -> bool:
    """Whether others than its author have been shown a question; of the rest, one in three too."""
    return question.number is not None or question.id % 3 == 0


def is_root(question: Question) -> bool:
    """Whether a question can be merged, or merged into."""
    return is_seen(question) and question.state in {"shown", "hidden"}


def is_authored(question: Question) -> bool:
    """Whether a question is somebody's who may still change it."""
    return question.author is not None and not question.withdrawn


class Crowd(RuleBasedStateMachine):
    """People, facilitators, leads, the clock and strangers, in one event and another."""

    accepted: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    refusals: ClassVar[Counter[tuple[str, str]]] = Counter()
    sizes: ClassVar[Counter[int]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="dialogi-crowd-")
        self.pending: list[Command] = []
        self.done: list[tuple[Command, Reply]] = []
        self.world = World()
        self.names: dict[str, str] = {}
        self.texts = self.events = 0
        self.careful = self.sound = False

    @initialize(sides=st.integers(0, 2), people=st.integers(1, 12), asked=DICE, phase=DICE)
    def open(self, sides: int, people: int, asked: int, phase: int) -> None:
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
        self._begin((phases.WRITE, phases.DISCUSS, phases.SUPPORT)[asked % 3])
        self.commit()
        for at in range(asked % 8):
            text = {"text": self.text(at)}
            self.pending.append(self.hall.command(self.who(at), "question.ask", text))
        self._begin([*phases.PHASES, phases.SUPPORT, phases.SUPPORT, phases.PLENARY][phase % 9])
        self.commit()

    def _begin(self, phase: str) -> None:
        self.pending.append(self.hall.command(self.here.lead, "phase.set", {"phase": phase}))

    # What is picked: mostly what is there, at times what is not.

    @property
    def questions(self) -> list[str]:
        """Every question, and one or two that may come into being in this very batch."""
        known = [str(question) for question in self.watchers[0].state.questions]
        return [*known, str(int(known[-1]) + 1 if known else QUESTIONS + 1)]

    def one(self, known: list[str], dice: int) -> str:
        """Return one of those known, or one of no use."""
        if dice % 12 == 11 or not known:
            return NOWHERE[dice // 12 % len(NOWHERE)]
        return known[dice % len(known)]

    def question(self, dice: int, fitting: Callable[[Question], bool] = is_seen) -> str:
        """Return mostly one that fits what is wanted of it, at times just any."""
        found = [str(it.id) for it in self.watchers[0].state.questions.values() if fitting(it)]
        return self.one(found if found and dice % 10 else self.questions, dice)

    def room(self, dice: int) -> str:
        return self.one(list(self.here.rooms.values()), dice)

    def person(self, dice: int) -> str:
        return self.one([str(person) for person in self.watchers[0].state.participants], dice)

    def who(self, dice: int) -> str:
        """Return somebody with a seat, or at times somebody else."""
        people = [f"participant:{person}" for person in self.watchers[0].state.participants]
        others = [self.here.lead, f"participant:{PEOPLE}", "participant:7999999", "door"]
        return (
            others[dice // 12 % 4] if dice % 12 == 11 or not people else people[dice % len(people)]
        )

    def author(self, question: str, dice: int) -> str:
        """Return who asked a question, or at times anybody."""
        found = self.watchers[0].state.questions.get(int(question) if question.isdecimal() else 0)
        if found is None or found.author is None or dice % 8 == 7:
            return self.who(dice)
        return f"participant:{found.author}"

    def moderator(self, dice: int, question: str) -> str:
        """Return somebody who moderates; of what nobody has seen mostly who wrote it down."""
        found = self.watchers[0].state.questions.get(int(question) if question.isdecimal() else 0)
        if found is None or found.number is not None or dice % 4 == 3:
            return self.staff(dice)
        return str(self.hall.one("SELECT asked_by FROM question WHERE id = ?", found.id))

    def staff(self, dice: int) -> str:
        """Return somebody who moderates, or at times somebody who does not."""
        here = self.here
        rooms = list(here.facilitators.values())
        known = [here.lead, here.lead, *rooms, here.organiser, here.lead, "console", here.lead]
        others = ["door", "clock", self.elsewhere.lead, "grant:3999999", self.who(dice)]
        return others[dice // 14 % 5] if dice % 14 == 13 else known[dice % len(known)]

    def text(self, dice: int) -> str:
        """Return a text that can be told from all others, or one that cannot be stored."""
        self.texts += 1
        bad = ("", " \n ", "x" * 501, "a\u202eb", "a\x00b", "\ud800")
        return bad[dice // 9 % 6] if dice % 9 == 8 else f" Miksi q{self.texts}q,\nentä\u0308? "

    # What participants do. Each takes four throws of the dice, of which it uses some.

    def join(self, side: int, room: int, name: int, where: int) -> Asked:
        event = self.elsewhere.event if where % 8 == 7 else self.here.event
        names = ("", "Ann", "Bo", "Cy", "x" * 61, "a\u202e")
        sides = [*self.sides[:2], *self.sides[:2], "", "other", "z"]
        command = self.hall.joining(
            event, ["A", "B", "C", "", "Z"][room % 5], sides[side % 7], names[name % 6]
        )
        if where % 8 == 6:
            return replace(command, actor=self.who(side))
        return command

    def take_a_seat(self, who: int, room: int, _c: int, _d: int) -> Asked:
        return self.who(who), "seat.take", {"room": self.room(room)}

    def ask(self, who: int, text: int, _c: int, _d: int) -> Asked:
        return self.who(who), "question.ask", {"text": self.text(text)}

    def edit(self, who: int, question: int, text: int, _d: int) -> Asked:
        wanted = self.question(question, is_authored)
        payload = {"question": wanted, "text": self.text(text)}
        return self.author(wanted, who), "question.edit", payload

    def withdraw(self, who: int, question: int, _c: int, _d: int) -> Asked:
        wanted = self.question(question, is_authored)
        return self.author(wanted, who), "question.withdraw", {"question": wanted}

    def vote(self, who: int, question: int, on: int, _d: int) -> Asked:
        by = self.who(who)
        seat = self.watchers[0].state.participants.get(number(by) if ":" in by else 0)
        near = {seat.room} if seat else set(self.watchers[0].state.rooms)
        wanted = self.question(question, lambda it: is_seen(it) and it.room in near)
        return by, "vote.set", {"question": wanted, "on": on % 3 != 0}

    # What facilitators and leads do.

    def ask_for(self, staff: int, room: int, person: int, text: int) -> Asked:
        payload = {"text": self.text(text)}
        if room % 4:
            payload["room"] = self.room(room // 4)
        if person % 2:
            payload["for"] = self.person(person // 2)
        return self.staff(staff), "question.ask", payload

    def hide(self, staff: int, question: int, reason: int, _d: int) -> Asked:
        reasons = ("", "rude", "x" * 501)
        payload = {"question": self.question(question), "reason": reasons[reason % 8 % 3]}
        return self.moderator(staff, payload["question"]), "question.hide", payload

    def restore(self, staff: int, question: int, _c: int, _d: int) -> Asked:
        wanted = self.question(question, lambda it: it.hidden)
        return self.moderator(staff, wanted), "question.restore", {"question": wanted}

    def reword(self, staff: int, question: int, text: int, _d: int) -> Asked:
        payload = {"question": self.question(question), "text": self.text(text)}
        return self.moderator(staff, payload["question"]), "question.reword", payload

    def merge(self, staff: int, into: int, part: int, other: int) -> Asked:
        parts = [part, other][: other % 8 % 3] if other % 5 == 0 else [part]
        root, *joined = [self.question(at, is_root) for at in (into, *parts)]
        payload = {"into": root, "questions": joined}
        return self.moderator(staff, root), "question.merge", payload

    def split(self, staff: int, question: int, _c: int, _d: int) -> Asked:
        wanted = self.question(question, lambda it: it.merged_into is not None)
        return self.moderator(staff, wanted), "question.split", {"question": wanted}

    def star(self, staff: int, question: int, on: int, _d: int) -> Asked:
        wanted = self.question(question)
        payload = {"question": wanted, "on": on % 3 != 0}
        return self.moderator(staff, wanted), "shortlist.set", payload

    def phase(self, staff: int, room: int, phase: int, minutes: int) -> Asked:
        names = [*phases.PHASES, *phases.PHASES[1:5], *phases.PHASES[2:5], "party"]
        payload: dict[str, Any] = {"phase": names[phase % len(names)]}
        if room % 3:
            payload["room"] = self.room(room // 3)
        if minutes % 3 == 0:
            payload["minutes"] = [5, 0.5, 0, -1, 1e9, None][minutes // 3 % 6]
        return self.staff(staff), "phase.set", payload

    def timer(self, staff: int, room: int, when: int, _d: int) -> Asked:
        moments = (1000, "2021-03-25T10:30:00+02:00", None, "", "soon", 4e9, -1)
        payload: dict[str, Any] = {"ends_at": moments[when % 7]}
        if room % 2:
            payload["room"] = self.room(room // 2)
        return self.staff(staff), "timer.set", payload

    def time_is_up(self, room: int, phase: int, early: int, _d: int) -> Asked:
        state = self.watchers[0].state
        payload: dict[str, Any] = {"phase": phases.PHASES[phase % 6]}
        ends_at = state.event.ends_at
        timed = [it for it in state.rooms.values() if it.ends_at is not None]
        if timed and room % 3:
            payload["room"] = str(timed[room % len(timed)].id)
            ends_at = timed[room % len(timed)].ends_at
        payload["ended"] = 5.0 if ends_at is None or early % 4 == 3 else ends_at
        return "clock", "phase.set", payload

    def remove(self, staff: int, person: int, keep: int, reason: int) -> Asked:
        payload: dict[str, Any] = {"participant": self.person(person), "keep": keep % 2 == 0}
        payload["reason"] = ["", "left", "x" * 501][reason % 8 % 3]
        return self.staff(staff), "participant.remove", payload

    def give_back(self, staff: int, person: int, anybody: int, _d: int) -> Asked:
        removed = [str(p.id) for p in self.watchers[0].state.participants.values() if p.removed]
        wanted = self.one(removed, person) if anybody % 4 else self.person(person)
        return self.staff(staff), "participant.return", {"participant": wanted}

    def move(self, staff: int, person: int, room: int, _d: int) -> Asked:
        payload = {"participant": self.person(person), "room": self.room(room)}
        return self.staff(staff), "participant.move", payload

    def settle(self, staff: int, rule_: int, one: int, two: int) -> Asked:
        rows = [
            {
                "questions": [self.question(at) for at in (one + row, two)[: 1 + (two % 4 == 1)]],
                "text": "x" * 501 if two % 20 == 19 else " The leads' words\n",
                **({"note": " tied", "texts": {"sv": "Ord", "fi": " "}} if two % 3 == 0 else {}),
            }
            for row in range((one + 1) % 5)
        ]
        payload = {"rule": ["seqpav", "votes", "votes", "seqpav", "av"][rule_ % 5], "entries": rows}
        return self.staff(staff), "toplist.set", payload

    def publish(self, staff: int, stage: int, _c: int, _d: int) -> Asked:
        payload = {"stage": ["preliminary", "final", "final", "draft"][stage % 4]}
        return self.staff(staff), "toplist.publish", payload

    # What others do, and what nobody should.

    def create(self, actor: int, taken: int, _c: int, _d: int) -> Asked:
        self.events += 1
        payload = {
            "code": "HERE" if taken % 2 else f"NEW{self.events}",
            "results_id": f"r{self.events}",
            "present_id": f"p{self.events}",
            "settings": self._settings(),
            "rooms": [{"name": "A", "slug": f"slug-{self.events}"}],
        }
        by = "console" if actor % 5 else self.staff(actor)
        return Command(None, by, "event.create", payload, self.hall.op())

    def grant(self, actor: int, room: int, _c: int, _d: int) -> Asked:
        self.events += 1
        slug = ["here-a", "here-b", "elsewhere-a", "none"][room % 4]
        payload = {"role": "facilitator", "token_hash": f"t{self.events}", "room": slug}
        return "console" if actor % 5 else self.staff(actor), "grant.add", payload

    def send_again(self, which: int, other: int, _c: int, _d: int) -> Asked:
        earlier, _ = self.done[which % len(self.done)]
        if other % 3 == 0:
            return replace(earlier, payload={**earlier.payload, "text": "Other"})
        return earlier

    def garble(self, actor: int, name: int, payload: int, _d: int) -> Asked:
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
        by = self.staff(actor) if actor % 2 else self.who(actor)
        return by, names[name % 6], payloads[payload % 6]

    # What becomes of it.

    @rule(acts=st.lists(ACT, min_size=1, max_size=9), careful=st.booleans())
    def batch(self, acts: list[Act], careful: bool) -> None:
        """Let a few people act at once."""
        for name, *dice in acts:
            asked = getattr(self, name)(*dice)
            self.pending.append(asked if isinstance(asked, Command) else self.hall.command(*asked))
        self.careful = careful
        self.commit()

    @rule()
    def bookmark(self) -> None:
        for watcher in self.watchers:
            watcher.bookmark()

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
                assert outcome.code in {"op_reused", "invalid"}, (outcome, command)
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
                for key in sorted(ours):
                    assert theirs[key] == ours[key], f"{key}: {theirs[key]}, and not {ours[key]}"
        finally:
            if hasattr(self, "hall"):
                self.hall.close()
            self.folder.cleanup()

    def _count(self, command: Command, outcome: Reply | Refusal) -> None:
        if isinstance(outcome, Refusal):
            self.refused[command.name] += 1
            self.refusals[command.name, outcome.code] += 1
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
        if command.name == "participant.remove" and line["keep"]:
            # Who was removed already, and is now kept, gets back first what was hidden by that.
            return [{**line, "command": "participant.return"}, line]
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
