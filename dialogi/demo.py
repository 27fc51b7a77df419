"""The demonstration: a dialogue event with invented people and questions, as it looks half-way.

It goes through the ordinary commands, so it shows nothing that a real event could not have.
"""

import csv
import hashlib
import random
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .commands import Command
from .model import phases
from .model.state import EventState

QUESTIONS = Path(__file__).with_name("demo_questions.csv")
_SEED = 2021
#: People of each room beyond those who ask: they only support. One of them keeps their side.
_LISTENERS = ("hallinto", "järjestö", "")
_STARS = 3

_NAMES = ("Aino", "Eero", "Fatima", "Gun", "Hannes", "Ilona", "Jalo", "Kerttu", "Oona", "Pekka")

#: An event file as data. The phone number belongs to nobody.
EVENT: dict[str, Any] = {
    "title": "Hallinnon ja kansalaisjärjestöjen treffitori",
    "question": "Mitkä ovat 10 tärkeintä kysymystä hallinnon ja järjestöjen yhteistyössä?",
    "language": "fi",
    "starts": "2021-03-25T09:00:00+02:00",
    "places": 10,
    "affiliations": ["hallinto", "järjestö"],
    "series": "Kansalaisjärjestöakatemia",
    "organiser": "Dialogin esittely",
    "highlights": ["Tämä on esittely. Osallistujat ja kysymykset on keksitty."],
    "programme": [
        {"at": "09:00", "title": "Tervetuloa", "phase": "lobby", "minutes": 30},
        {
            "at": "09:30",
            "title": "Huoneissa: pelisäännöt ja esittäytyminen",
            "phase": "lobby",
            "minutes": 10,
        },
        {"at": "09:40", "title": "Omat kysymykset, hiljaa", "phase": "write", "minutes": 7},
        {"at": "09:47", "title": "Keskustelu kysymyksistä", "phase": "discuss", "minutes": 25},
        {"at": "10:12", "title": "Tuki ja huoneen valinnat", "phase": "support", "minutes": 8},
        {"at": "10:20", "title": "Loppusanat huoneissa", "minutes": 5},
        {"at": "10:30", "title": "Valitaan yhdessä", "phase": "plenary", "minutes": 15},
        {
            "at": "10:45",
            "title": "Alustavat kymmenen ja yhteinen keskustelu",
            "phase": "results",
            "minutes": 10,
        },
        {
            "at": "10:55",
            "title": "Lopulliset kymmenen, ja mitä seuraavaksi",
            "phase": "results",
            "minutes": 5,
        },
    ],
    "guiding_questions": [
        "Mitä yhteistyöllä voidaan saavuttaa?",
        "Mitä yhteisiin tavoitteisiin pääseminen vaatii?",
        "Missä hallinto ja järjestöt kohtaavat ja missä eivät?",
    ],
    "ground_rules": [
        "Kuuntele. Anna toisen puhua loppuun.",
        "Puhu omasta kokemuksestasi ja tavallisin sanoin.",
        "Kysy, jos et ymmärrä. Kysy myös, miksi toinen ajattelee niin.",
        "Saat olla eri mieltä. Etsi silti, mikä on yhteistä.",
        "Anna jokaiselle vuoro. Voit myös vain kuunnella.",
        "Mitä toinen kertoo itsestään, jää tähän huoneeseen.",
    ],
    "help_phone": "+358 9 000 0000",
    "rooms": [{"name": f"Huone {number}"} for number in range(1, 6)],
}

#: Carries out commands in order and gives their replies, as `writer.write_alone` does.
Perform = Callable[[list[Command]], list[dict[str, Any]]]


@dataclass(frozen=True)
class DemoQuestion:
    """A line of `demo_questions.csv`: who asks it, by side and room number, and how it is put."""

    room: int
    affiliation: str
    language: str
    text: str


def questions() -> list[DemoQuestion]:
    """The invented questions, in the order of asking."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [
            DemoQuestion(int(row["room"]), row["affiliation"], row["language"], row["text"])
            for row in csv.DictReader(file)
        ]


def fill(perform: Perform, state: EventState) -> None:
    """Seat people in the demonstration's rooms, let them ask and support, up to `support`.

    The same questions, support and shortlist each time. `state` is the event as it was created.
    """
    chance = random.Random(_SEED)  # noqa: S311 - the same demonstration each time, not a secret
    asked = questions()
    people = [(question.room, question.affiliation) for question in asked]
    people += [(room, side) for room in range(1, len(state.rooms) + 1) for side in _LISTENERS]

    def all_of(commands: list[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
        return perform(
            [
                Command(state.event.id, actor, name, payload, str(uuid.uuid4()))
                for actor, name, payload in commands
            ]
        )

    seats = all_of(
        [
            ("door", "participant.join", _form(at, room, side))
            for at, (room, side) in enumerate(people)
        ]
    )
    actors = [f"participant:{seat['participant']}" for seat in seats]
    asks = [
        (actor, "question.ask", {"text": question.text})
        for actor, question in zip(actors, asked, strict=False)
    ]
    ids = [
        reply["question"]
        for reply in all_of([_phase(phases.WRITE), *asks, _phase(phases.DISCUSS)])[1:-1]
    ]
    supported = _support(chance, asked, people)
    votes = [
        (actors[person], "vote.set", {"question": ids[at], "on": True})
        for person, choices in enumerate(supported)
        for at in choices
    ]
    chance.shuffle(votes)
    stars = [
        ("console", "shortlist.set", {"question": ids[at], "on": True})
        for at in _stars(asked, supported)
    ]
    all_of([_phase(phases.SUPPORT), *votes, *stars])


def _form(at: int, room: int, affiliation: str) -> dict[str, Any]:
    return {
        "name": _NAMES[at % len(_NAMES)] if at % 3 else "",
        "affiliation": affiliation,
        "room": EVENT["rooms"][room - 1]["name"],
        # Of a code that nobody has: these people never come back.
        "resume_hash": hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
    }


def _phase(phase: str) -> tuple[str, str, dict[str, Any]]:
    return ("console", "phase.set", {"phase": phase})


def _support(
    chance: random.Random, asked: list[DemoQuestion], people: list[tuple[int, str]]
) -> list[list[int]]:
    """For each person the questions of their room that they support besides their own.

    Some questions please everybody, some one side: the picture of where the sides meet needs both.
    """
    appeal = [chance.uniform(0.1, 0.75) for _ in asked]
    one_sided = [chance.random() < 0.4 for _ in asked]
    return [
        [
            at
            for at, question in enumerate(asked)
            if question.room == room
            and at != person
            and chance.random()
            < appeal[at] * (0.4 if one_sided[at] and side != question.affiliation else 1)
        ]
        for person, (room, side) in enumerate(people)
    ]


def _stars(asked: list[DemoQuestion], supported: list[list[int]]) -> list[int]:
    """The most supported of each room."""
    counts = [sum(at in choices for choices in supported) for at in range(len(asked))]
    return [
        at
        for room in sorted({question.room for question in asked})
        for at in sorted(
            (at for at, question in enumerate(asked) if question.room == room),
            key=lambda at: -counts[at],
        )[:_STARS]
    ]
