"""Invents recordings: seeded, of any size, with every command, each line of which is acceptable."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

from tests.support.facilitators import Facilitators
from tests.support.participants import Participants
from tests.support.pen import Pen, Size
from tests.support.world import Line

# The phases of the event one after the other, each with its share of the commands.
ACTS = (
    ("lobby", 0.02),
    ("write", 0.14),
    ("discuss", 0.12),
    ("write", 0.06),
    ("support", 0.24),
    ("discuss", 0.04),
    ("support", 0.08),
    ("plenary", 0.14),
    ("support", 0.04),
    ("plenary", 0.08),
    ("results", 0.04),
)

SMALL = Size(people=30, rooms=4, commands=700, questions=60)
HALL = Size(people=200, rooms=10, commands=3500, questions=200, facilitated=0.06)
LARGEST = Size(
    people=600, rooms=24, commands=12000, questions=450, seconds=2400.0, facilitated=0.03
)


def generate(seed: int, size: Size) -> list[Line]:
    """Return the lines of a recording; the same seed and size give the same lines."""
    pen = Pen(random.Random(seed), size)
    participants, facilitators = Participants(pen), Facilitators(pen)
    late = gather(pen)
    pen.command("f0", "phase.set", phase="lobby")
    for phase, share in ACTS:
        pen.pass_time()
        pen.command(pen.rng.choice(["f0", "f1", "clock"]), "phase.set", phase=phase)
        for _ in range(int(share * size.commands)):
            pen.pass_time()
            if late and pen.rng.random() < 0.02:
                pen.put({"at": pen.at, **late.pop()})
            if phase == "lobby" or pen.rng.random() < size.facilitated:
                facilitators.act()
            else:
                participants.act()
    return pen.lines


def gather(pen: Pen) -> list[Line]:
    """Write the heading, the people and the facilitators; return those who come later."""
    rng, size = pen.rng, pen.size
    rooms = ["Huone Ääni 会议室", *(f"Room {index + 1}" for index in range(1, size.rooms))]
    sides = ["hallinto", "järjestö"]
    event = {
        "title": "Invented 🎲 treffitori",
        "question": "Mitä kysymme? 我们问什么？",
        "language": rng.choice(["fi", "sv", "en"]),
        "places": rng.choice([3, 10, 10, 14]),
        "affiliations": sides,
    }
    pen.put({"dialogi_recording": 1, "event": event, "rooms": rooms, "affiliations": sides})
    late = []
    for index in range(size.people):
        side = rng.choice([*sides, *sides, ""])
        room = rooms[int(len(rooms) * rng.random() ** 1.3)]
        line: Line = {"participant": f"p{index}", "affiliation": side, "room": room}
        if index > 5 and rng.random() < 0.06:
            late.append(line)
        else:
            pen.put(line)
    pen.put({"facilitator": "f0", "room": ""})
    pen.put({"facilitator": "f1", "room": ""})
    for index, room in enumerate(rooms[: 1 + size.rooms // 2]):
        pen.put({"facilitator": f"r{index}", "room": room})
    return late


def write(path: Path, lines: Iterable[Line]) -> Path:
    """Store lines as a recording file and return its path."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, "utf-8")
    return path
