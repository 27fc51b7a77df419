"""Checks what a crowd was told against what the database holds: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite3

from tests.soak.crowd import Member, Sent


def faults(database: Path, members: list[Member]) -> list[str]:
    """What was promised and not kept, one sentence each."""
    rows = _ledger(database)
    found = [complaint for member in members for complaint in member.complaints]
    found += _order(rows)
    by_op: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        by_op.setdefault((row["actor"], row["op"]), []).append(row)
    for member in members:
        for sent in member.sent:
            found += _promise(by_op.get((f"participant:{member.id}", sent.op), []), sent)
    found += _votes(database, rows)
    found += _asked_once(database, rows)
    return found


def _order(rows: list[dict[str, Any]]) -> list[str]:
    revisions = [row["revision"] for row in rows]
    if revisions != list(range(1, len(rows) + 1)):
        return [f"the ledger's revisions are not 1 … {len(rows)}"]
    return []


def _promise(stored: list[dict[str, Any]], sent: Sent) -> list[str]:
    told = sent.ack
    if len(stored) > 1:
        return [f"{sent.command} {sent.op} stands {len(stored)} times in the ledger"]
    if told is None or not told["ok"]:
        return [f"{sent.op} was refused and stands in the ledger"] if stored and told else []
    if not stored:
        return [f"{sent.command} {sent.op} was acked and is not in the ledger"]
    if json.loads(stored[0]["reply"]) != told:
        return [f"{sent.op} was acked as {told}, stored as {stored[0]['reply']}"]
    return []


def _votes(database: Path, rows: list[dict[str, Any]]) -> list[str]:
    """The votes are what the ledger's commands in order make of them."""
    expected: dict[tuple[str, str], bool] = {}
    for row in rows:
        person = row["actor"].rpartition(":")[2]
        payload = json.loads(row["payload"])
        if row["command"] == "vote.set":
            expected[payload["question"], person] = payload["on"]
        elif row["command"] == "question.ask" and row["actor"].startswith("participant:"):
            expected[json.loads(row["reply"])["question"], person] = True
    held = {
        (str(row["question"]), str(row["participant"])): bool(row["active"])
        for row in _rows(database, "SELECT question, participant, active FROM vote")
    }
    if held != expected:
        return [f"{len(held.items() ^ expected.items())} votes differ from the ledger"]
    return []


def _asked_once(database: Path, rows: list[dict[str, Any]]) -> list[str]:
    asked = sorted(json.loads(r["reply"])["question"] for r in rows if r["command"] == _ASK)
    held = sorted(str(row["id"]) for row in _rows(database, "SELECT id FROM question"))
    return [] if asked == held else ["the questions are not those that were asked"]


_ASK = "question.ask"


def _ledger(database: Path) -> list[dict[str, Any]]:
    return _rows(
        database,
        "SELECT revision, actor, op, command, payload, reply FROM ledger ORDER BY revision",
    )


def _rows(database: Path, sql: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql)]
    finally:
        connection.close()
