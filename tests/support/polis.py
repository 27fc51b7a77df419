"""Reads the real conversations that the golden lists were chosen from: agreeing is support."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.support.rules import Entrant


def conversations(folder: Path) -> list[str]:
    """Return the names of the conversations in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def entrants(conversation: Path) -> list[Entrant]:
    """Return a conversation's comments that were not rejected, by comment-id, and who agreed."""
    with (conversation / "comments.csv").open(encoding="utf-8", newline="") as file:
        comments = sorted(
            int(row["comment-id"]) for row in csv.DictReader(file) if int(row["moderated"]) >= 0
        )
    behind: dict[int, set[str]] = {comment: set() for comment in comments}
    with (conversation / "participants-votes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for comment in comments:
                if row.get(str(comment)) == "1":
                    behind[comment].add(row["participant"])
    return [
        Entrant(str(comment), frozenset(people), 1 if people else 0)
        for comment, people in behind.items()
        if people
    ]
