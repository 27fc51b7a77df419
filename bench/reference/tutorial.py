"""The baseline: a live vote as tutorials build it, with stock Flask-SocketIO and eventlet.

One transaction and one broadcast a vote, on the server's own event loop.
"""

import eventlet

eventlet.monkey_patch()

import os
import sqlite3

from flask import Flask, request
from flask_socketio import SocketIO, emit, join_room

app = Flask(__name__)
socketio = SocketIO(app, async_mode="eventlet")
db = sqlite3.connect(os.environ["DATABASE"], check_same_thread=False)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute(
    "CREATE TABLE vote (id INTEGER PRIMARY KEY, question TEXT, voter TEXT, side TEXT,"
    " UNIQUE (question, voter))"
)
SIDES = [side for side in os.environ.get("SIDES", "").split(",") if side]
sides: dict[str, str | None] = {}
revision = 1


def support(question: str) -> dict[str, object]:
    """How many support a question, and from where."""
    rows = db.execute(
        "SELECT side, COUNT(*) FROM vote WHERE question = ? GROUP BY side", (question,)
    ).fetchall()
    split = dict.fromkeys(SIDES, 0) | {side: count for side, count in rows if side}
    people = sum(count for _, count in rows)
    return {"type": "support", "id": question, "people": people, "by_affiliation": split}


@socketio.on("connect")
def connected() -> None:
    """Somebody comes, from one of the sides or from none."""
    sides[request.sid] = [*SIDES, None][len(sides) % (len(SIDES) + 1)]  # type: ignore[attr-defined]


@socketio.on("subscribe")
def subscribe(wish: dict[str, str]) -> dict[str, object]:
    """Join the room and get the state."""
    join_room("event")
    changes = [support(question) for question in os.environ["QUESTIONS"].split(",")]
    return {"ok": True, "stream": wish["stream"], "revision": revision, "changes": changes}


@socketio.on("vote.set")
def vote(data: dict[str, str]) -> dict[str, object]:
    """Store the vote, and tell everybody."""
    global revision
    voter = request.sid  # type: ignore[attr-defined]
    if data["on"]:
        db.execute(
            "INSERT OR IGNORE INTO vote (question, voter, side) VALUES (?, ?, ?)",
            (data["question"], voter, sides[voter]),
        )
    else:
        db.execute("DELETE FROM vote WHERE question = ? AND voter = ?", (data["question"], voter))
    db.commit()
    revision += 1
    changes = [support(data["question"])]
    delta = {"stream": "event", "after": revision - 1, "revision": revision, "changes": changes}
    emit("delta", delta, to="event")
    return {"ok": True, "revision": revision, "question": data["question"]}


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
