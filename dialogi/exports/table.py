"""The questions as a table (CSV, RFC 4180) that spreadsheets open as it is."""

import csv
import io
from typing import Any

from .document import Document

_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets take UTF-8 for an old code page
_FORMULA = tuple("=+-@\t\r＝＋－＠")

#: Columns that an export for organisers has beyond the published list's.
_INNER = ("state", "merged_into", "shortlisted")


def as_csv(document: Document) -> str:
    """A row a question, those of the list first, with their place; support in people.

    Columns are called as in the JSON export. `merged_into` is a question's number.
    """
    questions = document["questions"]
    places = {
        question: entry["place"] for entry in document["toplist"] for question in entry["questions"]
    }
    numbers = {question["id"]: question["number"] for question in questions}
    support = _support(document)
    sides = list(dict.fromkeys(side for row in support.values() for side in row["by_affiliation"]))
    inner = [key for key in _INNER if any(key in question for question in questions)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["place", "number", "room", "text", "original_text", "lang", *inner, "people", *sides]
    )
    rows = sorted([*questions, *_unsaid(document)], key=lambda row: places.get(row["id"], 10**9))
    for question in rows:
        counts = support.get(question["id"], {"people": None, "by_affiliation": {}})
        row = [
            places.get(question["id"]),
            *(question.get(key) for key in ("number", "room", "text", "original_text", "lang")),
            *(_inner(question, key, numbers) for key in inner),
            counts["people"],
            *(counts["by_affiliation"].get(side) for side in sides),
        ]
        writer.writerow([_harmless(cell) for cell in row])
    return _BYTE_ORDER_MARK + out.getvalue()


def _unsaid(document: Document) -> list[Document]:
    """A row for each place of whose questions the document tells nothing: its words alone."""
    known = {question["id"] for question in document["questions"]}
    return [
        {"id": entry["questions"][0], "text": entry["text"]}
        for entry in document["toplist"]
        if not known.intersection(entry["questions"])
    ]


def _support(document: Document) -> dict[str, dict[str, Any]]:
    """Each question's own support; where the public knows only a place's, that of its first."""
    found = {
        question["id"]: question["support"]
        for question in document["questions"]
        if "support" in question
    }
    for entry in document["toplist"]:
        split = entry["support"].get("by_affiliation", {})
        found.setdefault(
            entry["questions"][0],
            {
                "people": entry["support"]["people"],
                "by_affiliation": {side: count["people"] for side, count in split.items()},
            },
        )
    return found


def _inner(question: Document, key: str, numbers: dict[str, int | None]) -> Any:
    value = question.get(key)
    if key == "merged_into":
        return None if value is None else numbers[value]
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
