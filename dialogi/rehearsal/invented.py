"""Invents a recording for as many people and minutes as wanted, in an event that exists already."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import aiohttp

from .entrance import NotAdmitted, NotThere, Seat, open_join
from .script import RehearsalError
from .texts import first_names, questions

Line = dict[str, Any]

# When each phase begins, as a share of the whole time; the shortlist comes before the plenary.
BEGINNINGS = (("write", 0.0), ("discuss", 0.3), ("support", 0.4), ("plenary", 0.7))
SHORTLIST_BEGINS, RESULTS_BEGIN = 0.62, 0.97
MOMENT = 0.005
LATE_SHARE = 0.04
SUPPORTED_SHARE = 0.35
PLENARY_VOTES = 6
SHORTLIST = 30
FACILITATOR = "f1"


def invent(participants: int, minutes: float, *, join_url: str) -> list[Line]:
    """Invents a recording that fits the event behind a join link. Raises `RehearsalError`.

    The rooms and affiliations are those that its form offers.
    """
    rooms, affiliations = asyncio.run(_offered(join_url))
    return invented(participants, minutes, rooms=rooms, affiliations=affiliations)


async def _offered(join_url: str) -> tuple[list[str], list[str]]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        try:
            opened = await open_join(session, join_url)
        except (NotAdmitted, NotThere) as problem:
            raise RehearsalError(f"nobody can join: {problem}") from problem
    if isinstance(opened, Seat):
        raise RehearsalError(f"{join_url} is not a link to join by; take the event's join link")
    _, form = opened
    rooms = [room for room in form.offers.get("room", []) if room]
    if not rooms and form.hidden.get("room"):
        rooms = [form.hidden["room"]]
    return rooms, [side for side in form.offers.get("affiliation", []) if side]


def invented(
    participants: int,
    minutes: float,
    *,
    rooms: Sequence[str] = (),
    affiliations: Sequence[str] = (),
    seed: int = 1,
) -> list[Line]:
    """The lines of a recording of `participants` people and `minutes`, the header first.

    The same arguments give the same lines. Without rooms all sit in the only one, whose name the
    form does not ask for. Raises `RehearsalError`.
    """
    if participants < 1 or minutes <= 0:
        raise RehearsalError("invented people and minutes must be more than 0")
    return _Author(participants, minutes * 60, rooms, affiliations, seed).lines()


class _Author:
    """Writes one recording, phase after phase."""

    def __init__(
        self,
        participants: int,
        seconds: float,
        rooms: Sequence[str],
        affiliations: Sequence[str],
        seed: int,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invents people, keeps no secret
        self._seconds = seconds
        self._rooms = list(rooms)
        self._affiliations = list(affiliations)
        self._people = [f"p{number}" for number in range(1, participants + 1)]
        self._room_of = {
            person: rooms[number % len(rooms)] if rooms else ""
            for number, person in enumerate(self._people)
        }
        late = self._people[participants - int(participants * LATE_SHARE) :]
        self._late = {person: self._between(0.05, 0.35) for person in late}
        self._authors: dict[str, str] = {}
        self._commands: list[Line] = []

    def lines(self) -> list[Line]:
        for phase, begins in BEGINNINGS:
            self._facilitate(begins * self._seconds, "phase.set", phase=phase)
        self._ask()
        self._correct()
        self._support()
        self._shortlist_and_vote()
        self._facilitate(RESULTS_BEGIN * self._seconds, "toplist.publish", stage="final")
        self._facilitate((RESULTS_BEGIN + MOMENT) * self._seconds, "phase.set", phase="results")
        header = {
            "dialogi_recording": 1,
            "event": {
                "title": "Harjoitus",
                "question": "Mitkä ovat tärkeimmät kysymykset yhteistyössämme?",
                "language": "fi",
            },
            "rooms": self._rooms,
            "affiliations": self._affiliations,
        }
        people = [self._person(number, person) for number, person in enumerate(self._people)]
        late = [line for line in people if "at" in line]
        in_time = sorted([*late, *self._commands], key=lambda line: float(line["at"]))
        return [
            header,
            *(line for line in people if "at" not in line),
            {"facilitator": FACILITATOR, "room": ""},
            *in_time,
        ]

    def _person(self, number: int, person: str) -> Line:
        sides = ["", *self._affiliations, *self._affiliations]
        line: Line = {
            "participant": person,
            "name": first_names[number % len(first_names)] if number % 3 else "",
            "affiliation": sides[(number * 7 + number // len(sides)) % len(sides)],
            "room": self._room_of[person],
        }
        if person in self._late:
            line["at"] = self._late[person]
        return line

    def _ask(self) -> None:
        """Most people write a question in silence, some two, some only when they talk."""
        texts = questions(self._random)
        for person in self._people:
            for _ in range(self._random.choice((0, 1, 1, 1, 2))):
                question = f"q{len(self._authors) + 1}"
                self._authors[question] = person
                at = self._between(*self._random.choice(((0.02, 0.3), (0.02, 0.3), (0.31, 0.6))))
                at = max(at, self._late.get(person, 0.0) + MOMENT * self._seconds)
                self._do(person, at, "question.ask", question=question, text=next(texts))

    def _correct(self) -> None:
        """A few think again before anybody else can stand behind their question."""
        for line in [line for line in self._commands if line["command"] == "question.ask"]:
            if line["at"] < 0.2 * self._seconds and self._random.random() < 0.05:
                at = self._between(0.22, 0.29)
                text = line["text"].removesuffix("?") + " käytännössä?"
                self._do(line["by"], at, "question.edit", question=line["question"], text=text)

    def _support(self) -> None:
        asked = {
            line["question"]: line["at"]
            for line in self._commands
            if line["command"] == "question.ask"
        }
        for person in self._people:
            for question, author in self._authors.items():
                if author == person or self._room_of[author] != self._room_of[person]:
                    continue
                if self._random.random() < SUPPORTED_SHARE:
                    at = max(self._between(0.41, 0.69), asked[question] + MOMENT * self._seconds)
                    self._do(person, at, "vote.set", question=question, on=True)
                    if self._random.random() < 0.03 and at < 0.68 * self._seconds:
                        off = at + (0.695 * self._seconds - at) * self._random.random()
                        self._do(person, off, "vote.set", question=question, on=False)

    def _shortlist_and_vote(self) -> None:
        by_room: dict[str, list[str]] = {}
        for question, author in self._authors.items():
            by_room.setdefault(self._room_of[author], []).append(question)
        share = max(1, SHORTLIST // max(1, len(by_room)))
        chosen = [question for asked in by_room.values() for question in asked[:share]][:SHORTLIST]
        for place, question in enumerate(chosen):
            at = (SHORTLIST_BEGINS + 0.05 * place / SHORTLIST) * self._seconds
            self._facilitate(at, "shortlist.set", question=question, on=True)
        for person in self._people:
            others = [question for question in chosen if self._authors[question] != person]
            for question in self._random.sample(others, min(PLENARY_VOTES, len(others))):
                at = self._between(0.71, 0.96)
                self._do(person, at, "vote.set", question=question, on=True)

    def _between(self, earliest: float, latest: float) -> float:
        return self._random.uniform(earliest, latest) * self._seconds

    def _facilitate(self, at: float, command: str, **payload: Any) -> None:
        self._do(FACILITATOR, at, command, **payload)

    def _do(self, by: str, at: float, command: str, **payload: Any) -> None:
        line = {"at": round(at, 3), "by": by, "command": command, **payload}
        self._commands.append(line)
