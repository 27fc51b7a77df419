"""Payloads that must be refused: each with what is wrong, and the codes that may say so."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

Payload = dict[str, Any]

UNKNOWN = "999999999"
CONTROL = "Mitä\u0007 nyt?"
OVERRIDE = "Mitä\u202e nyt?"
TEXTS = (
    ("spaces", "   \t  ", {"empty"}),
    ("nothing", "", {"empty"}),
    ("501 characters", "ä" * 501, {"too_long"}),
    ("501 emoji", "🎉" * 501, {"too_long"}),
    ("a control character", CONTROL, {"invalid"}),
    ("a bidi override", OVERRIDE, {"invalid"}),
    ("a zero byte", "a\u0000b", {"invalid"}),
)


class Bad(NamedTuple):
    """One thing that must be refused: who sends what, and the codes that fit."""

    what: str
    who: str
    command: str
    payload: Any
    codes: set[str]


def op() -> str:
    """A new op."""
    return str(uuid.uuid4())


def malformed(who: str, command: str, good: Payload) -> list[Bad]:
    """What every command must refuse: keys that lack or are too many, and wrong types."""
    found = [
        Bad("an extra key", who, command, {**good, "op": op(), "shoe": 1}, {"invalid"}),
        Bad("no op", who, command, dict(good), {"invalid"}),
        Bad("an op that is no UUID", who, command, {**good, "op": "1"}, {"invalid"}),
        Bad("an op of a wrong type", who, command, {**good, "op": 7}, {"invalid"}),
        Bad("a list", who, command, [1], {"invalid"}),
        Bad("a text", who, command, "x", {"invalid"}),
        Bad("nothing", who, command, None, {"invalid"}),
    ]
    for key, value in good.items():
        wrong: Any = 7 if isinstance(value, str | bool | list) else "x"
        bad = {**good, "op": op(), key: wrong}
        found.append(Bad(f"a wrong type of {key}", who, command, bad, {"invalid"}))
        nested = {**good, "op": op(), key: {"deep": [1]}}
        found.append(Bad(f"an object as {key}", who, command, nested, {"invalid"}))
        if key not in OPTIONAL:
            lacking = {name: it for name, it in good.items() if name != key}
            bad = {**lacking, "op": op()}
            found.append(Bad(f"without {key}", who, command, bad, {"invalid"}))
    return found


#: Keys that a command can do without.
OPTIONAL = {"room", "minutes", "ends_at", "for", "reason", "keep"}
