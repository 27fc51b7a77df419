"""An event replayed line by line from a recording, by the contract's sections 4, 5 and 7.

It takes accepted lines and believes them; who may do what is asked by the generator of recordings.
Slow and plain on purpose: whatever can be derived is derived anew. No product code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]

SHOWN_IN = ("discuss", "support", "plenary", "results")


def clean(text: str) -> str:
    """Return a text as the contract stores it: NFC, line breaks as spaces, trimmed."""
    return unicodedata.normalize("NFC", text).replace("\r\n", " ").replace("\n", " ").strip()


@dataclass
class Person:
    """A participant: a seat, and whether they were removed and their questions and votes kept."""

    affiliation: str
    room: str
    removed: bool = False
    kept: bool = True

    @property
    def counts(self) -> bool:
        """The removed count only if kept."""
        return not self.removed or self.kept


@dataclass
class Question:
    """What is stored of a question; state, support and clusters are derived."""

    author: str | None
    room: str
    text: str
    original_text: str
    number: int | None = None
    hidden: bool = False
    hidden_by_removal: bool = False
    withdrawn: bool = False
    merged_into: str | None = None
    shortlisted: bool = False
    opened: bool = False

    @property
    def visible(self) -> bool:
        """Neither withdrawn nor hidden; merged ones are visible parts."""
        return not self.withdrawn and not self.hidden

    @property
    def state(self) -> str:
        """The first that holds of withdrawn, hidden, merged, shown."""
        if self.withdrawn:
            return "withdrawn"
        if self.hidden:
            return "hidden"
        return "merged" if self.merged_into is not None else "shown"


@dataclass
class World:
    """An event after the lines given to it. Questions stand in the order of asking."""

    event: dict[str, Any] = field(default_factory=dict)
    rooms: list[str] = field(default_factory=list)
    phase: str = "lobby"
    own_phase: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    facilitators: dict[str, str] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    supports: set[tuple[str, str]] = field(default_factory=set)
    settled: Line | None = None
    stage: str | None = None

    def apply(self, line: Line) -> None:
        """Take in one line of a recording."""
        if "dialogi_recording" in line:
            self.event, self.rooms = line["event"], line["rooms"]
        elif "command" in line:
            noun, verb = line["command"].split(".")
            getattr(self, f"_{noun}_{verb}")(line)
            if line["command"] != "vote.set":  # a vote gives no number and opens nothing
                self._number()
                self._open()
        elif "participant" in line:
            self.people[line["participant"]] = Person(line["affiliation"], line["room"])
        elif "facilitator" in line:
            self.facilitators[line["facilitator"]] = line["room"]

    # What readers of a world ask.

    def phase_of(self, room: str) -> str:
        """Return the phase that holds in a room: its own, else the event's."""
        return self.own_phase.get(room, self.phase)

    @property
    def affiliations(self) -> list[str]:
        """The sides of the event."""
        return list(self.event.get("affiliations", []))

    def counted(self) -> set[str]:
        """Return the people who count."""
        return {name for name, person in self.people.items() if person.counts}

    def above(self, key: str) -> list[str]:
        """Return what a question was merged into, directly and through further merges."""
        found = []
        into = self.questions[key].merged_into
        while into is not None:
            found.append(into)
            into = self.questions[into].merged_into
        return found

    def root(self, key: str) -> str:
        """Return the question in which a chain of merges ends."""
        return ([key, *self.above(key)])[-1]

    def parts(self, key: str) -> list[str]:
        """Return the visible questions merged into one, also through hidden ones."""
        return [
            other
            for other, question in self.questions.items()
            if question.visible and key in self.above(other)
        ]

    def supporters(self, key: str) -> set[str]:
        """Return the counted people who support this very question."""
        return {person for question, person in self.supports if question == key} & self.counted()

    def behind(self, key: str) -> set[str]:
        """Return the counted people behind a question: its own supporters and its parts'."""
        found = self.supporters(key)
        for part in self.parts(key):
            found |= self.supporters(part)
        return found

    def shown_roots(self) -> list[str]:
        """Return the shown questions in the order of asking; shown ones are roots."""
        return [key for key, question in self.questions.items() if question.state == "shown"]

    def on_shortlist(self, root: str) -> bool:
        """Tell if a shown root is shortlisted, itself or through a visible part."""
        return any(self.questions[key].shortlisted for key in [root, *self.parts(root)])

    # What each command does.

    def _question_ask(self, line: Line) -> None:
        by, text = line["by"], clean(line["text"])
        author = by if by in self.people else (line.get("for") or None)
        room = self.people[by].room if by in self.people else line["room"]
        self.questions[line["question"]] = Question(author, room, text, text)
        if author is not None:
            self.supports.add((line["question"], author))

    def _question_edit(self, line: Line) -> None:
        question = self.questions[line["question"]]
        question.text = question.original_text = clean(line["text"])

    def _question_withdraw(self, line: Line) -> None:
        self.questions[line["question"]].withdrawn = True

    def _question_hide(self, line: Line) -> None:
        question = self.questions[line["question"]]
        question.hidden, question.hidden_by_removal = True, False

    def _question_restore(self, line: Line) -> None:
        question = self.questions[line["question"]]
        question.hidden = question.hidden_by_removal = False

    def _question_reword(self, line: Line) -> None:
        self.questions[line["question"]].text = clean(line["text"])

    def _question_merge(self, line: Line) -> None:
        for key in line["questions"]:
            self.questions[key].merged_into = line["into"]

    def _question_split(self, line: Line) -> None:
        self.questions[line["question"]].merged_into = None

    def _vote_set(self, line: Line) -> None:
        support = (line["question"], line["by"])
        if line["on"]:
            self.supports.add(support)
        else:
            self.supports.discard(support)

    def _shortlist_set(self, line: Line) -> None:
        self.questions[line["question"]].shortlisted = line["on"]

    def _phase_set(self, line: Line) -> None:
        if line.get("room"):
            self.own_phase[line["room"]] = line["phase"]
        else:
            self.phase = line["phase"]
            self.own_phase.clear()

    def _timer_set(self, line: Line) -> None:
        """A timer is no part of the result."""

    def _participant_remove(self, line: Line) -> None:
        person = self.people[line["participant"]]
        person.removed, person.kept = True, line["keep"]
        for question in self._questions_by(line["participant"]):
            if not line["keep"] and not question.hidden:
                question.hidden = question.hidden_by_removal = True

    def _participant_return(self, line: Line) -> None:
        person = self.people[line["participant"]]
        person.removed, person.kept = False, True
        for question in self._questions_by(line["participant"]):
            if question.hidden_by_removal:
                question.hidden = question.hidden_by_removal = False

    def _participant_move(self, line: Line) -> None:
        self.people[line["participant"]].room = line["room"]

    def _toplist_set(self, line: Line) -> None:
        self.settled = line

    def _toplist_publish(self, line: Line) -> None:
        self.stage = line["stage"]

    # What follows by itself from a command.

    def _questions_by(self, author: str) -> list[Question]:
        return [question for question in self.questions.values() if question.author == author]

    def _number(self) -> None:
        """Number what others see for the first time, in the order of asking."""
        for question in self.questions.values():
            seen = question.visible and self.phase_of(question.room) in SHOWN_IN
            if question.number is None and seen:
                numbers = [other.number or 0 for other in self.questions.values()]
                question.number = max(numbers) + 1

    def _open(self) -> None:
        """Open to everybody what is on the shortlist in the event's plenary."""
        if self.phase == "plenary":
            for root in self.shown_roots():
                if self.on_shortlist(root):
                    for key in [root, *self.parts(root)]:
                        self.questions[key].opened = True


def replay(lines: Iterable[Line]) -> World:
    """Return the event that the lines of a recording lead to."""
    world = World()
    for line in lines:
        world.apply(line)
    return world
