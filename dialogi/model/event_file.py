"""The event file (contract, section 2): TOML → a plain dict with every key, or what is wrong where.

The same checks serve the header of a recording. Nothing here knows how an event is stored.
"""

import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from ..errors import Refusal
from . import limits
from .files import BadFile, suggestion
from .phases import PHASES

__all__ = ["LANGUAGES", "BadFile", "check_event", "read_event_file"]

LANGUAGES = ("fi", "sv", "en")
MOST_AFFILIATIONS = 20
MOST_ENTRIES = 100
URL_LENGTH = 2000

#: Where a value stands: keys and positions from the top.
Path = tuple[str | int, ...]
Check = Callable[[Any, Path], Any]

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


class _Fault(Exception):
    """Something wrong at `path`; the sentence begins with its subject."""

    def __init__(self, path: Path, predicate: str):
        super().__init__(path, predicate)
        self.path = path
        self.sentence = f"{_subject(path)} {predicate}"


def read_event_file(text: str) -> dict[str, Any]:
    """The event in `text` (TOML); every key is present afterwards. Raises BadFile."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise BadFile("the file is empty; an event file needs title, question and rooms.")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(text, str(error)) from None
    except ValueError:
        raise BadFile(
            "a number is too long; write fewer digits.", _line_of_many_digits(text)
        ) from None
    except RecursionError:
        raise BadFile("the file nests brackets too deeply; write one key a line.") from None
    try:
        return _event(data)
    except _Fault as fault:
        raise BadFile(fault.sentence, _line_of(text, fault.path)) from None


def check_event(data: dict[str, Any]) -> dict[str, Any]:
    """The same for an event that is parsed already. Rooms may be given by name alone."""
    try:
        return _event(data)
    except _Fault as fault:
        raise BadFile(fault.sentence) from None


def _event(data: dict[str, Any]) -> dict[str, Any]:
    return _table(data, (), _EVENT, required=("title", "question", "rooms"))


def _table(
    data: Any, path: Path, checks: dict[str, tuple[Check, Any]], *, required: tuple[str, ...]
) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _Fault(path, f"must be a table with {' and '.join(required)}, not {_show(data)}.")
    for key in data:
        if key not in checks:
            raise _Fault((*path, key), f"is no key of an event file: {suggestion(key, checks)}")
    for key in required:
        if data.get(key) is None:
            raise _Fault((*path, key), f"is missing: add a line {_EXAMPLES[key]}")
    return {
        key: usual() if data.get(key) is None else check(data[key], (*path, key))
        for key, (check, usual) in checks.items()
    }


def _text(most: int) -> Check:
    def check(value: Any, path: Path) -> str:
        if not isinstance(value, str):
            raise _Fault(path, f"must be a text in quotes, not {_show(value)}.")
        try:
            return limits.clean(value, str(path[-1]), most)
        except Refusal as refusal:
            raise _Fault(path, _TEXT_FAULTS[refusal.code].format(len(value), most)) from None

    return check


def _one_of(known: tuple[str, ...]) -> Check:
    def check(value: Any, path: Path) -> str:
        if value not in known:
            raise _Fault(path, f"must be one of {', '.join(known)}, not {_show(value)}.")
        return str(value)

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: Any, path: Path) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _Fault(path, f"must be a whole number from {low} to {high}, not {_show(value)}.")
        return value

    return check


def _list(of: Check, most: int, *, distinct: str | None = None, fewest: int = 0) -> Check:
    """A list of at most `most`; where `distinct` names a kind of thing, no two are alike."""

    def check(value: Any, path: Path) -> list[Any]:
        if not isinstance(value, list):
            raise _Fault(path, f"must be a list in square brackets, not {_show(value)}.")
        if not fewest <= len(value) <= most:
            raise _Fault(path, f"must have {fewest} to {most} entries, not {len(value)}.")
        found: list[Any] = []
        seen: dict[str, int] = {}
        for at, item in enumerate(value):
            found.append(of(item, (*path, at)))
            if distinct:
                name = found[-1]["name"] if isinstance(found[-1], dict) else found[-1]
                first = seen.setdefault(name.casefold(), at)
                if first != at:
                    raise _Fault(
                        (*path, at),
                        f"repeats the {distinct} {_show(name)} of entry {first + 1}; "
                        "give each a name of its own.",
                    )
        return found

    return check


def _url(value: Any, path: Path) -> str:
    text: str = _text(URL_LENGTH)(value, path)
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and " " not in text
    except ValueError:
        good = False
    if not good:
        raise _Fault(
            path,
            f"must be a whole address that begins with https:// or http://, not {_show(text)}.",
        )
    return text


def _email(value: Any, path: Path) -> str:
    text: str = _text(limits.TITLE_LENGTH)(value, path)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise _Fault(path, f"must be an e-mail address, not {_show(text)}.")
    return text


def _starts(value: Any, path: Path) -> str:
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise _Fault(
            path,
            "must be a date and time with its offset from UTC, "
            f"like 2021-03-25T09:00:00+02:00, not {_show(value)}.",
        )
    return moment.isoformat()


def _clock(value: Any, path: Path) -> str:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise _Fault(path, f'must be a time of day like "09:30", not {_show(value)}.')
    return f"{int(match[1]):02}:{match[2]}"


def _programme_entry(value: Any, path: Path) -> dict[str, Any]:
    return _table(value, path, _PROGRAMME, required=("at", "title"))


def _room(value: Any, path: Path) -> dict[str, Any]:
    if isinstance(value, str):
        value = {"name": value}
    return _table(value, path, _ROOM, required=("name",))


def _none() -> None:
    return None


_TITLE = _text(limits.TITLE_LENGTH)
_TEXTS = _list(_text(limits.QUESTION_LENGTH), MOST_ENTRIES)

#: Each key's check and what holds where the key is absent.
_PROGRAMME: dict[str, tuple[Check, Any]] = {
    "at": (_clock, _none),
    "title": (_TITLE, _none),
    "phase": (_one_of(PHASES), _none),
    "minutes": (_whole(1, limits.MOST_MINUTES), _none),
}
_ROOM: dict[str, tuple[Check, Any]] = {
    "name": (_text(limits.NAME_LENGTH), _none),
    "video_url": (_url, _none),
}
_EVENT: dict[str, tuple[Check, Any]] = {
    "title": (_TITLE, _none),
    "question": (_text(limits.QUESTION_LENGTH), _none),
    "language": (_one_of(LANGUAGES), lambda: "fi"),
    "starts": (_starts, _none),
    "places": (_whole(limits.FEWEST_PLACES, limits.MOST_PLACES), lambda: 10),
    "affiliations": (
        _list(_text(limits.NAME_LENGTH), MOST_AFFILIATIONS, distinct="affiliation"),
        list,
    ),
    "series": (_TITLE, _none),
    "organiser": (_TITLE, _none),
    "video_url": (_url, _none),
    "highlights": (_TEXTS, list),
    "programme": (_list(_programme_entry, MOST_ENTRIES), list),
    "guiding_questions": (_TEXTS, list),
    "ground_rules": (_TEXTS, list),
    "help_phone": (_text(limits.NAME_LENGTH), _none),
    "help_email": (_email, _none),
    "rooms": (_list(_room, limits.EVENT_ROOMS, distinct="room name", fewest=1), _none),
}
_EXAMPLES = {
    "title": 'title = "…".',
    "question": 'question = "…".',
    "at": 'at = "09:30".',
    "name": 'name = "…".',
    "rooms": '[[rooms]] and below it name = "Room 1", once for each room.',
}
_TEXT_FAULTS = {
    "empty": "must not be empty; write something or leave the key out.",
    "too_long": "is {} characters long; at most {} fit.",
    "invalid": "has a control character that cannot be shown; remove it.",
}


def _subject(path: Path) -> str:
    """`path` in words: `minutes in entry 2 of programme`."""
    match path:
        case (str(key),):
            return key
        case (str(key), int(at)):
            return f"entry {at + 1} of {key}"
        case (*outer, str(key)) if outer:
            return f"{key} in {_subject(tuple(outer))}"
    return "the event"


def _show(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() if not value.isprintable():
            return "this text"
        case str():
            return f'"{value if len(value) <= 40 else value[:39] + "…"}"'
        case int() | float():
            return str(value) if abs(value) < 10**15 else "this number"
        case date() | time():
            return value.isoformat()
        case list():
            return "a list"
        case dict():
            return "a table"
    return "nothing"


def _syntax_error(text: str, message: str) -> BadFile:
    match = _SYNTAX.fullmatch(message)
    reason, line, column = match.groups() if match else (message, None, None)
    where = f" (column {column})" if column else ""
    return BadFile(
        f"this is not TOML{where}: {reason[:1].lower()}{reason[1:]}. "
        'Write one key = value a line, and texts in "double quotes".',
        int(line) if line else len(text.rstrip().split("\n")),
    )


def _line_of_many_digits(text: str) -> int | None:
    """Where a number stands that Python does not read, as it reads no more than 4,300 digits."""
    found = re.search(r"[\d_]{4300,}", text)
    return None if found is None else text.count("\n", 0, found.start()) + 1


def _line_of(text: str, path: Path) -> int | None:
    """Where the key at `path` begins: the line after the last beginning of the file without it.

    A shorter path is tried where the whole one never appears, as for a room without a name.
    """
    lines = text.split("\n")
    for length in range(len(path), 0, -1):
        whole_before = 0
        for end in range(1, len(lines) + 1):
            try:
                data = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            if _reaches(data, path[:length]):
                return whole_before + 1
            whole_before = end
    return None


def _reaches(data: Any, path: Path) -> bool:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
