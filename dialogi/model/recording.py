"""A recording (contract, section 5): JSON Lines → people and commands, or what is wrong where.

This reads the form: keys, types, and that every id was introduced before it is used. Whether a
command is allowed is for the commands to say when the recording is played.
"""

import json
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .event_file import check_event
from .files import BadFile, suggestion
from .limits import MOST_MINUTES
from .times import TOO_LATE, seconds

__all__ = ["CLOCK", "BadFile", "Recording", "is_recording", "read_recording"]

VERSION = 1
#: Who sets a phase at a timer's deadline; never declared. A player's lead sends its lines.
CLOCK = "clock"

Line = dict[str, Any]

_NO_RECORDING = (
    'this is no recording: its first line must have "dialogi_recording": 1 and the event.'
)


@dataclass
class Recording:
    """What a recording holds. Every dict of a line has its number in the file as `line`.

    `participants` were there from the start; a late-comer stands in `lines` with `at`, among the
    commands, in the order of the file. `result` is what the file itself claims came out, if
    anything. Affiliations are names or "" for none.
    """

    event: dict[str, Any]
    participants: list[Line] = field(default_factory=list)
    facilitators: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    result: dict[str, Any] | None = None

    @property
    def commands(self) -> int:
        """How many of the lines are commands."""
        return sum("command" in line for line in self.lines)

    @property
    def people(self) -> list[Line]:
        """Everybody who takes part, from the start or later."""
        return [
            *self.participants,
            *(line for line in self.lines if "participant" in line and "command" not in line),
        ]


def is_recording(text: str) -> bool:
    """Whether `text` is a recording rather than an event file: it begins with a brace."""
    return text.removeprefix("\ufeff").lstrip().startswith("{")


def read_recording(text: str) -> Recording:
    """The recording in `text`; raises BadFile with the number of the line at fault."""
    lines = text.removeprefix("\ufeff").split("\n")
    if not text.strip():
        raise BadFile("the file is empty; a recording begins with a line that describes the event.")
    if not is_recording(text):
        raise BadFile(_NO_RECORDING, 1)
    reader = _Reader(_header(_parse(lines[0], 1)))
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            if any(rest.strip() for rest in lines[number:]):
                raise BadFile("the line is empty; remove it.", number)
            break
        parsed = _parse(line, number)
        try:
            reader.take(parsed, number)
        except _Fault as fault:
            raise BadFile(str(fault), number) from None
    return reader.recording


def _parse(line: str, number: int) -> Line:
    try:
        parsed = json.loads(
            line, object_pairs_hook=_distinct, parse_constant=_no_constant, parse_int=_whole
        )
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except json.JSONDecodeError as error:
        raise BadFile(
            f"this is not JSON (column {error.colno}): {error.msg[:1].lower()}{error.msg[1:]}. "
            "Write one object in braces a line.",
            number,
        ) from None
    except UnicodeEncodeError:
        raise BadFile(
            "the text has half of a surrogate pair; write the whole sign.", number
        ) from None
    except RecursionError:
        raise BadFile("the line nests brackets too deeply.", number) from None
    except ValueError as error:
        raise BadFile(f"{error}", number) from None
    if not isinstance(parsed, dict):
        raise BadFile("the line must be an object in braces.", number)
    return parsed


def _distinct(pairs: list[tuple[str, Any]]) -> Line:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {_show(twice)} stands twice; keep one.")
    return found


def _whole(digits: str) -> int:
    # Python reads no more digits than these, and says so in words for programmers.
    if len(digits) > sys.int_info.default_max_str_digits:
        raise ValueError("a number is too long; write fewer digits.")
    return int(digits)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number; write digits.")


def _header(header: Line) -> Recording:
    if "dialogi_recording" not in header:
        raise BadFile(_NO_RECORDING, 1)
    if type(version := header["dialogi_recording"]) is not int or version != VERSION:
        raise BadFile(f"dialogi_recording must be {VERSION}; this Dialogi knows no other.", 1)
    event = header.get("event")
    if not isinstance(event, dict):
        raise BadFile("event must be an object with at least title and question.", 1)
    result = header.get("result")
    if result is not None and not isinstance(result, dict):
        raise BadFile("result must be an object.", 1)
    event = dict(event)
    for key in ("rooms", "affiliations"):
        if header.get(key) is None:
            continue
        # The event's own list may say more of a room than its name, but not other names.
        if event.get(key) is None:
            event[key] = header[key]
        elif _names(event[key]) != _names(header[key]):
            raise BadFile(f"{key} of the recording and of its event differ; make them the same.", 1)
    try:
        return Recording(check_event(event), result=result)
    except BadFile as bad:
        raise BadFile(bad.sentence, 1) from None


def _names(rooms: Any) -> Any:
    if not isinstance(rooms, list):
        return rooms
    return [room.get("name") if isinstance(room, dict) else room for room in rooms]


class _Fault(Exception):
    """One sentence about a line."""


class _Reader:
    """Takes line after line and knows what was introduced so far."""

    def __init__(self, recording: Recording):
        self.recording = recording
        self.rooms = {room["name"] for room in recording.event["rooms"]}
        self.affiliations = set(recording.event["affiliations"])
        self.participants: set[str] = set()
        self.facilitators: set[str] = set()
        self.questions: set[str] = set()

    def take(self, line: Line, number: int) -> None:
        if "command" in line:
            self.command(line)
        elif "participant" in line:
            self.participant(line)
        elif "facilitator" in line:
            self.facilitator(line)
        else:
            raise _Fault("the line must have participant, facilitator or command.")
        line["line"] = number

    def participant(self, line: Line) -> None:
        _keys(line, ("participant", "room"), ("affiliation", "at"))
        self.new_person(line["participant"], "participant")
        line["room"] = self.room(line["room"], "room")
        line["affiliation"] = self.affiliation(line.get("affiliation"))
        self.participants.add(line["participant"])
        if line.get("at") is None:
            line.pop("at", None)
            self.recording.participants.append(line)
        else:
            _moment(line["at"])
            self.recording.lines.append(line)

    def facilitator(self, line: Line) -> None:
        _keys(line, ("facilitator",), ("room", "at"))
        self.new_person(line["facilitator"], "facilitator")
        line["room"] = self.room_or_none(line.get("room"), "room")
        if line.get("at") is not None:
            _moment(line["at"])
        self.facilitators.add(line["facilitator"])
        self.recording.facilitators.append(line)

    def new_person(self, value: Any, key: str) -> None:
        _id(value, key)
        if value == CLOCK:
            raise _Fault(f'{key} must not be "{CLOCK}"; that name is taken.')
        if value in self.participants or value in self.facilitators:
            raise _Fault(f"{_show(value)} is declared twice; give each person an id of their own.")

    def command(self, line: Line) -> None:
        name = line["command"]
        if not isinstance(name, str) or name not in _COMMANDS:
            raise _Fault(
                f"{_show(name)} is no command of a recording: {suggestion(str(name), _COMMANDS)}"
            )
        required, optional = _COMMANDS[name]
        _keys(line, ("at", "by", "command", *required), tuple(optional))
        _moment(line["at"])
        self.actor(line["by"])
        for key, check in {**required, **optional}.items():
            if key in line:
                line[key] = check(self, line[key], key)
        if name == "question.ask":
            self.questions.add(line["question"])
        self.recording.lines.append(line)

    def actor(self, value: Any) -> None:
        _id(value, "by")
        if value not in self.participants and value not in self.facilitators and value != CLOCK:
            raise _Fault(
                f"{_show(value)} is nobody yet; put the line that declares them before this."
            )

    def person(self, value: Any, key: str) -> str:
        _id(value, key)
        if value not in self.participants:
            raise _Fault(
                f"{key} {_show(value)} is no participant yet; "
                "put the line that declares them before this."
            )
        return str(value)

    def person_or_none(self, value: Any, key: str) -> str | None:
        return None if value in (None, "") else self.person(value, key)

    def room(self, value: Any, key: str) -> str:
        name = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else None
        if name not in self.rooms:
            raise _Fault(f"{key} must be one of the rooms of the first line, not {_show(value)}.")
        return str(name)

    def room_or_none(self, value: Any, key: str) -> str:
        return "" if value in (None, "") else self.room(value, key)

    def affiliation(self, value: Any) -> str:
        if value in (None, ""):
            return ""
        name = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else None
        if name not in self.affiliations:
            raise _Fault(
                'affiliation must be "" or one of the affiliations of the first line, '
                f"not {_show(value)}."
            )
        return str(name)

    def new_question(self, value: Any, key: str) -> str:
        _id(value, key)
        if value in self.questions:
            raise _Fault(f"{key} {_show(value)} was asked before; give each question its own id.")
        return str(value)

    def question(self, value: Any, key: str) -> str:
        _id(value, key)
        if value not in self.questions:
            raise _Fault(
                f"{key} {_show(value)} has not been asked yet; "
                "put the line that asks it before this."
            )
        return str(value)

    def several(self, value: Any, key: str) -> list[str]:
        if not isinstance(value, list):
            raise _Fault(f"{key} must be a list of questions, not {_show(value)}.")
        return [self.question(item, key) for item in value]

    def entries(self, value: Any, key: str) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise _Fault(f"{key} must be a list of objects, one for each place.")
        for entry in value:
            _keys(entry, ("questions", "text"), ("texts", "note"))
            entry["questions"] = self.several(entry["questions"], "questions")
        return value

    def text(self, value: Any, key: str) -> str:
        if not isinstance(value, str):
            raise _Fault(f"{key} must be a text, not {_show(value)}.")
        return value

    def flag(self, value: Any, key: str) -> bool:
        if not isinstance(value, bool):
            raise _Fault(f"{key} must be true or false, not {_show(value)}.")
        return value

    def minutes_or_none(self, value: Any, key: str) -> float | None:
        if value is not None and not 0 < _number(value, key) <= MOST_MINUTES:
            raise _Fault(f"{key} must be more than 0 and at most {MOST_MINUTES}.")
        return value  # type: ignore[no-any-return]

    def time_or_none(self, value: Any, key: str) -> float | str | None:
        if value not in (None, ""):
            try:
                seconds(value if isinstance(value, str) else _number(value, key))
            except ValueError:
                raise _Fault(
                    f"{key} must be seconds since 1970 or like 2021-03-25T10:30:00+02:00, "
                    f"not {_show(value)}."
                ) from None
        return value  # type: ignore[no-any-return]


_Check = Callable[[_Reader, Any, str], Any]

#: What each command must and may say besides `at`, `by` and `command`.
_COMMANDS: dict[str, tuple[dict[str, _Check], dict[str, _Check]]] = {
    "question.ask": (
        {"question": _Reader.new_question, "text": _Reader.text},
        {"room": _Reader.room_or_none, "for": _Reader.person_or_none},
    ),
    "question.edit": ({"question": _Reader.question, "text": _Reader.text}, {}),
    "question.withdraw": ({"question": _Reader.question}, {}),
    "question.hide": ({"question": _Reader.question}, {"reason": _Reader.text}),
    "question.restore": ({"question": _Reader.question}, {}),
    "question.reword": ({"question": _Reader.question, "text": _Reader.text}, {}),
    "question.merge": ({"into": _Reader.question, "questions": _Reader.several}, {}),
    "question.split": ({"question": _Reader.question}, {}),
    "vote.set": ({"question": _Reader.question, "on": _Reader.flag}, {}),
    "shortlist.set": ({"question": _Reader.question, "on": _Reader.flag}, {}),
    "phase.set": (
        {"phase": _Reader.text},
        {"room": _Reader.room_or_none, "minutes": _Reader.minutes_or_none},
    ),
    "timer.set": ({}, {"room": _Reader.room_or_none, "ends_at": _Reader.time_or_none}),
    "participant.remove": (
        {"participant": _Reader.person},
        {"reason": _Reader.text, "keep": _Reader.flag},
    ),
    "participant.return": (
        {"participant": _Reader.person},
        {"reason": _Reader.text, "keep": _Reader.flag},
    ),
    "participant.move": ({"participant": _Reader.person, "room": _Reader.room}, {}),
    "toplist.set": ({"entries": _Reader.entries}, {"rule": _Reader.text}),
    "toplist.publish": ({"stage": _Reader.text}, {}),
}


def _keys(line: Line, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    known = (*required, *optional)
    for key in line:
        if key not in known:
            raise _Fault(f"{_show(key)} is not known here: {suggestion(key, known)}")
    for key in required:
        if key not in line:
            raise _Fault(f"{key} is missing; add it.")


def _id(value: Any, key: str) -> None:
    if not isinstance(value, str) or not value:
        raise _Fault(f"{key} must be an id in quotes, not {_show(value)}.")


def _moment(value: Any) -> None:
    if _number(value, "at") < 0:
        raise _Fault(f"at must be seconds from the first command, not {_show(value)}.")


def _number(value: Any, key: str) -> float:
    # Python's whole numbers have no end, and what calculates with them has.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < TOO_LATE:
        raise _Fault(f"{key} must be a number, not {_show(value)}.")
    return value


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        return "this text"
    return text if len(text) <= 60 else text[:59] + "…"
