"""The pen that writes an invented recording, and the world that its lines have led to."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.support.world import Line, World


@dataclass
class Size:
    """How large a recording is to be."""

    people: int
    rooms: int
    commands: int
    questions: int
    seconds: float = 600.0
    facilitated: float = 0.15  # the share of commands that are facilitators'
    settles: bool = True  # whether the leads set and publish a list


@dataclass
class Pen:
    """Writes lines, takes them into the world, and keeps what else may matter in a replay."""

    rng: random.Random
    size: Size
    world: World = field(default_factory=World)
    lines: list[Line] = field(default_factory=list)
    at: float = 0.0
    count: dict[str, int] = field(default_factory=dict)
    # Since the last facilitator's line: a player keeps no order between these people.
    voters: dict[str, set[str]] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    # What plenary votes may go to, until anything but a vote changes it.
    in_plenary: list[str] | None = None

    def put(self, line: Line) -> None:
        """Write a line of any kind."""
        self.lines.append(line)
        self.world.apply(line)

    def command(self, by: str, command: str, **payload: object) -> None:
        """Write a command."""
        self.put({"at": self.at, "by": by, "command": command, **payload})
        self.count[command] = self.count.get(command, 0) + 1
        if command != "vote.set":
            self.in_plenary = None
        if by not in self.world.people:
            self.voters.clear()
            self.edited.clear()

    def pass_time(self) -> None:
        """Let a little time go by before the next command."""
        pace = self.size.seconds / self.size.commands
        self.at = round(self.at + self.rng.expovariate(1 / pace), 3)

    def next_question(self) -> str:
        """Return the id of a question that is to be asked."""
        return f"q{len(self.world.questions)}"
