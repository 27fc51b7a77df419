"""The ledger as a recording (contract, section 5): who did what, under ids of the recording's own.

It has nobody's name, but it says who supported what, so it is for organisers only.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from ..commands import CONTRACT
from ..model.limits import QUESTION_LENGTH, clean
from ..model.recording import CLOCK, VERSION
from ..model.state import EventState
from ..snapshot import audit, export_list, proposal
from ..store.reading import Entry, Grant

Line = dict[str, Any]

#: Leads that no link stands for: a room link moves a seat, the command line acts for an organiser.
DOOR, CONSOLE = "door", "console"


def as_recording(state: EventState, grants: dict[int, Grant], ledger: Iterable[Entry]) -> str:
    """The recording of the event whose present `state` is what `ledger` made of it."""
    writer = _Writer(state, grants)
    for entry in ledger:
        writer.take(entry)
    lines = [
        _header(state, writer.results()),
        *writer.participants,
        *({"facilitator": name, "room": room} for name, room in writer.facilitators.items()),
        *writer.lines,
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def claims(state: EventState, names: dict[str, str]) -> dict[str, Any]:
    """What came out, for a later check: support, proposal and the audit of the list.

    `names` gives each question id (a text) the recording's own.
    """
    _, entries = export_list(state)
    return {
        "support": {
            names[str(question)]: len(state.behind(question))
            for question in sorted(state.questions)
        },
        "proposal": {
            "rule": "seqpav",
            "entries": [
                {
                    "place": entry["place"],
                    "questions": [names[question] for question in entry["questions"]],
                    "people": entry["support"]["people"],
                    "tied_with": [names[question] for question in entry["tied_with"]],
                }
                for entry in proposal(state, "seqpav")
            ],
        },
        "audit": audit(state, entries),
    }


def _header(state: EventState, result: dict[str, Any]) -> Line:
    event = state.event
    settings: Line = {
        "title": event.title,
        "question": event.question,
        "language": event.language,
        "starts": event.starts,
        "places": event.places,
        "affiliations": list(event.affiliations),
        "series": event.series,
        "organiser": event.organiser,
        "video_url": event.video_url,
        "highlights": list(event.highlights),
        "programme": [_without_nothing(entry) for entry in event.programme],
        "guiding_questions": list(event.guiding_questions),
        "ground_rules": list(event.ground_rules),
        "help_phone": event.help_phone,
        "help_email": event.help_email,
    }
    rooms = sorted(state.rooms.values(), key=lambda room: room.position)
    if any(room.video_url for room in rooms):
        settings["rooms"] = [
            _without_nothing({"name": room.name, "video_url": room.video_url}) for room in rooms
        ]
    return {
        "dialogi_recording": VERSION,
        "event": _without_nothing(settings),
        "rooms": [room.name for room in rooms],
        "affiliations": list(event.affiliations),
        "result": result,
    }


class _Writer:
    """Turns entries of the ledger into lines and keeps the recording's ids."""

    def __init__(self, state: EventState, grants: dict[int, Grant]):
        self.participants: list[Line] = []
        self.facilitators: dict[str, str] = {}
        self.lines: list[Line] = []
        self._state = state
        self._grants = grants
        self._people: dict[str, str] = {}
        self._questions: dict[str, str] = {}
        self._staff: dict[str, str] = {}
        self._rooms = {str(room.id): room.name for room in state.rooms.values()}
        self._began = math.inf  # when the first command came; nobody is late before it
        self._at = 0.0

    def take(self, entry: Entry) -> None:
        if entry.command == "participant.join":
            self._join(entry)
        elif entry.command == "seat.take":
            person = self._people[entry.actor.partition(":")[2]]
            room = self._rooms[entry.payload["room"]]
            self._add(
                entry, self._lead(DOOR), "participant.move", {"participant": person, "room": room}
            )
        elif entry.command in CONTRACT:
            self._add(entry, self._actor(entry.actor), entry.command, self._payload(entry))

    def results(self) -> dict[str, Any]:
        return claims(self._state, self._questions)

    def _join(self, entry: Entry) -> None:
        name = f"p{len(self._people) + 1}"
        self._people[entry.reply["participant"]] = name
        side = entry.payload["affiliation"]
        line = {
            "participant": name,
            "affiliation": side if side in self._state.event.affiliations else "",
            "room": self._rooms[entry.reply["room"]],
        }
        if self._began == math.inf:
            self.participants.append(line)
        else:
            self.lines.append({"at": self._seconds(entry.at), **line})

    def _add(self, entry: Entry, by: str, command: str, payload: Line) -> None:
        if self._began == math.inf:
            self._began = entry.at
        self.lines.append({"at": self._seconds(entry.at), "by": by, "command": command, **payload})

    def _seconds(self, moment: float) -> float:
        """Since the first command. A clock that was set back does not turn the order around."""
        self._at = max(self._at, round(moment - self._began, 3))
        return self._at

    def _actor(self, actor: str) -> str:
        kind, _, number = actor.partition(":")
        if kind == "participant":
            return self._people[number]
        if kind == CLOCK:
            return CLOCK
        if kind != "grant":
            return self._lead(CONSOLE)
        if number not in self._staff:
            grant = self._grants.get(int(number))
            self._staff[number] = f"f{len(self._staff) + 1}"
            room = grant.room if grant else None
            self.facilitators[self._staff[number]] = self._rooms[str(room)] if room else ""
        return self._staff[number]

    def _lead(self, name: str) -> str:
        self.facilitators[name] = ""
        return name

    def _payload(self, entry: Entry) -> Line:
        given = {key: value for key, value in entry.payload.items() if value is not None}
        payload: Line = {}
        if entry.command == "question.ask":
            question = entry.reply["question"]
            self._questions[question] = f"q{len(self._questions) + 1}"
            payload["question"] = self._questions[question]
        for key, value in given.items():
            match key:
                case "question" | "into":
                    payload[key] = self._questions[value]
                case "questions":
                    payload[key] = [self._questions[question] for question in value]
                case "room" | "participant" | "for" if value == "":
                    continue
                case "room":
                    payload[key] = self._rooms[value]
                case "participant" | "for":
                    payload[key] = self._people[value]
                case "entries":
                    payload[key] = [
                        {**entry, "questions": [self._questions[q] for q in entry["questions"]]}
                        for entry in value
                    ]
                case "text":  # as it was stored, not as it was typed
                    payload[key] = clean(value, key, QUESTION_LENGTH)
                case "ended":  # which of its timers the clock meant
                    continue
                case _:
                    payload[key] = value
        return payload


def _without_nothing(settings: Line) -> Line:
    return {key: value for key, value in settings.items() if value not in (None, [])}
