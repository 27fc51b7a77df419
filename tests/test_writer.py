"""The one writer: many commands in one transaction, each failing alone, acks after the commit."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialogi.commands import Command
from dialogi.concurrency import Mailbox
from dialogi.errors import Refusal
from dialogi.store import Full, open_database
from dialogi.writer import Outcome, Writer, write, write_alone
from tests.support.hall import Hall
from tests.support.server import ROOT

LONG_ENOUGH = 20.0


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """Return an event in the phase of support."""
    hall = Hall(tmp_path)
    hall.phase("support")
    yield hall
    hall.close()


class Desk:
    """A writer whose acks come in a thread, as they come to the server's own code."""

    def __init__(self, path: Path) -> None:
        mailbox = Mailbox()
        threading.Thread(target=mailbox.serve, daemon=True).start()
        self.writer = Writer(path, mailbox)

    def send(self, commands: list[Command]) -> list[tuple[threading.Event, list[Outcome]]]:
        """Queue commands; return for each what tells that it is done, and what came of it."""
        slips: list[tuple[threading.Event, list[Outcome]]] = []
        for command in commands:
            ready, outcomes = threading.Event(), list[Outcome]()

            def done(
                outcome: Outcome,
                ready: threading.Event = ready,
                outcomes: list[Outcome] = outcomes,
            ) -> None:
                outcomes.append(outcome)
                ready.set()

            self.writer.send(command, done)
            slips.append((ready, outcomes))
        return slips


@pytest.fixture
def desk(hall: Hall) -> Desk:
    """Return a writer on the hall's database."""
    return Desk(hall.path)


def codes(outcomes: list[Outcome]) -> list[str]:
    """Return `ok`, or the code of the refusal, for each."""
    return [it.code if isinstance(it, Refusal) else "ok" for it in outcomes]


def asks(hall: Hall, actor: str, count: int) -> list[Command]:
    """Return as many questions, each a command."""
    return [hall.command(actor, "question.ask", {"text": f"Why {at}?"}) for at in range(count)]


def commits(path: Path) -> int:
    """Return how many transactions the write-ahead log holds (SQLite file format, section 4.1)."""
    log = Path(f"{path}-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    frames = range(32, len(log) - page, 24 + page)
    ours = [at for at in frames if log[at + 8 : at + 16] == log[16:24]]
    return sum(int.from_bytes(log[at + 4 : at + 8], "big") != 0 for at in ours)


def test_a_batch_is_one_transaction(hall: Hall) -> None:
    person = hall.join()
    hall.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outcomes, trouble = write(hall.db, asks(hall, person, 50))
    assert codes(outcomes) == ["ok"] * 50
    assert trouble == []
    assert commits(hall.path) == 1
    assert [it["revision"] for it in outcomes if isinstance(it, dict)] == list(
        range(hall.state().revision - 49, hall.state().revision + 1)
    )


def test_what_waited_for_a_lock_is_written_in_a_few_transactions(hall: Hall, desk: Desk) -> None:
    person = hall.join()
    hall.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hall.db.execute("BEGIN IMMEDIATE")
    slips = desk.send(asks(hall, person, 200))
    hall.db.execute("ROLLBACK")
    for ready, _ in slips:
        assert ready.wait(LONG_ENOUGH)
    assert {codes(outcomes)[0] for _, outcomes in slips} == {"ok"}
    assert commits(hall.path) <= 20
    texts = hall.rows("SELECT text FROM question WHERE event = ? ORDER BY id", hall.here.event)
    assert texts == [(f"Why {at}?",) for at in range(200)], "in the order of sending"


def test_one_that_is_refused_and_one_that_breaks_do_not_take_the_others_along(hall: Hall) -> None:
    person = hall.join()
    taken = hall.one("SELECT resume_hash FROM participant WHERE id = ?", int(person[12:]))
    first, last = asks(hall, person, 2)
    refused = hall.command(person, "question.ask", {"text": ""})
    broken = hall.joining(hall.here.event, "A", "x")
    broken = replace(broken, payload={**broken.payload, "resume_hash": taken})
    outcomes, trouble = write(hall.db, [first, refused, broken, last])
    assert codes(outcomes) == ["ok", "empty", "internal", "ok"]
    assert len(trouble) == 1
    assert "IntegrityError" in trouble[0]
    assert hall.one("SELECT COUNT(*) FROM question WHERE event = ?", hall.here.event) == 2
    joined = hall.join()
    assert hall.state().participants[int(joined[12:])].number == 2, "no number was used up"


def test_an_op_that_comes_twice_in_a_batch_is_done_once(hall: Hall) -> None:
    person = hall.join()
    ask = hall.command(person, "question.ask", {"text": "Once?"})
    outcomes, _ = write(hall.db, [ask, ask, replace(ask, payload={"text": "Else?"}), ask])
    assert codes(outcomes) == ["ok", "ok", "op_reused", "ok"]
    assert outcomes[0] == outcomes[1] == outcomes[3]
    assert hall.one("SELECT COUNT(*) FROM question WHERE event = ?", hall.here.event) == 1
    assert hall.one("SELECT COUNT(*) FROM ledger WHERE op = ?", ask.op) == 1


def test_an_ack_comes_when_everybody_can_read_what_was_acked(hall: Hall, desk: Desk) -> None:
    person = hall.join()
    other = open_database(hall.path)
    seen: list[Any] = []
    ready = threading.Event()
    told: list[dict[int, int]] = []
    desk.writer.on_commit = told.append

    def done(outcome: Outcome) -> None:
        assert isinstance(outcome, dict)
        sql = "SELECT text FROM question WHERE id = ?"
        seen.append(other.execute(sql, (int(outcome["question"]),)).fetchone()[0])
        seen.append(list(told))
        ready.set()

    desk.writer.send(hall.command(person, "question.ask", {"text": "Kept?"}), done)
    assert ready.wait(LONG_ENOUGH)
    assert seen == ["Kept?", [{hall.here.event: hall.state().revision}]]
    other.close()


def test_readers_hear_of_the_newest_revision_also_when_something_was_sent_again(
    hall: Hall, desk: Desk
) -> None:
    person = hall.join()
    told: list[dict[int, int]] = []
    desk.writer.on_commit = told.append
    early, *others = asks(hall, person, 4)
    assert desk.writer.execute(early)["ok"]
    hall.db.execute("BEGIN IMMEDIATE")
    slips = desk.send([others[0], *others[1:], early])
    time.sleep(0.1)
    hall.db.execute("ROLLBACK")
    for ready, _ in slips:
        assert ready.wait(LONG_ENOUGH)
    assert max(it[hall.here.event] for it in told) == hall.state().revision


def test_whoever_waits_gets_the_reply_or_the_refusal(hall: Hall, desk: Desk) -> None:
    person = hall.join()
    assert desk.writer.execute(asks(hall, person, 1)[0])["ok"]
    with pytest.raises(Refusal) as caught:
        desk.writer.execute(hall.command(person, "question.ask", {"text": "x" * 501}))
    assert caught.value.code == "too_long"
    assert desk.writer.waiting() == 0


def test_an_ack_that_cannot_be_given_does_not_keep_others_from_theirs(
    hall: Hall, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    person = hall.join()
    first, second = asks(hall, person, 2)

    def fails(_: Outcome) -> None:
        raise ConnectionResetError

    with caplog.at_level(logging.ERROR):
        desk.writer.send(first, fails)
        assert desk.writer.execute(second)["ok"]
    assert "An ack could not be given" in caplog.text
    assert hall.one("SELECT COUNT(*) FROM question WHERE event = ?", hall.here.event) == 2


def test_another_programs_lock_is_waited_out(hall: Hall, desk: Desk) -> None:
    person = hall.join()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, str(hall.path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        began = time.monotonic()
        reply = desk.writer.execute(asks(hall, person, 1)[0])
        waited = time.monotonic() - began
    assert reply["ok"]
    assert 1.0 < waited < 5.0
    assert desk.writer.stuck_since is None


HOLDS_THE_LOCK = """
import sys, time
from pathlib import Path
from dialogi.store import open_database
db = open_database(Path(sys.argv[1]))
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(1.5)
db.execute("COMMIT")
"""


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_the_servers_own_code_goes_on_while_the_database_is_locked(hall: Hall, mode: str) -> None:
    person = hall.join()
    command = asks(hall, person, 1)[0]
    found = _run(GOES_ON, mode, str(hall.path), json.dumps(vars(command)))
    assert found["done_early"] is False
    assert found["ok"] is True
    assert found["ticks"] > 30
    assert found["longest"] < 0.5


GOES_ON = """
import json, sys, warnings
warnings.filterwarnings("ignore")
from dialogi import concurrency
mode, path, command = sys.argv[1:]
concurrency.patch(mode)
import time
from pathlib import Path
from dialogi.commands import Command
from dialogi.store import open_database
from dialogi.writer import Writer
mailbox = concurrency.Mailbox()
concurrency.spawn(mailbox.serve)
db = open_database(Path(path))
db.execute("BEGIN IMMEDIATE")
writer, outcomes = Writer(Path(path), mailbox), []
writer.send(Command(**json.loads(command)), outcomes.append)
gaps, began = [], time.monotonic()
while time.monotonic() < began + 1.5:
    before = time.monotonic()
    time.sleep(0.01)
    gaps.append(time.monotonic() - before)
early = bool(outcomes)
db.execute("COMMIT")
while not outcomes and time.monotonic() < began + 20:
    time.sleep(0.01)
ok = isinstance(outcomes[0], dict)
print(json.dumps({"done_early": early, "ok": ok, "ticks": len(gaps), "longest": max(gaps)}))
"""


def test_on_a_full_disk_nothing_is_acked_and_afterwards_all_goes_on(hall: Hall) -> None:
    person = hall.join()
    commands = [
        hall.command(person, "question.ask", {"text": f"{at} " + "x" * 480}) for at in range(400)
    ]
    written = json.dumps([vars(command) for command in commands])
    found = _run(FULL_DISK, str(hall.path), said=written)
    assert found["acked"], "something still fitted"
    assert set(found["refused"]) == {"unavailable"}
    assert set(found["afterwards"]) == {"ok"}
    sql = "SELECT op FROM ledger WHERE command = 'question.ask' AND actor = ? ORDER BY revision"
    assert hall.rows(sql, person) == [(command.op,) for command in commands]
    assert hall.rows("PRAGMA integrity_check") == [("ok",)]


FULL_DISK = """
import json, logging, resource, signal, sys, threading
from pathlib import Path
from dialogi.commands import Command
from dialogi.concurrency import Mailbox
from dialogi.errors import Refusal
from dialogi.writer import Writer
logging.disable()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, commands = Path(sys.argv[1]), [Command(**it) for it in json.load(sys.stdin)]
mailbox = Mailbox()
threading.Thread(target=mailbox.serve, daemon=True).start()
writer = Writer(path, mailbox)
size = Path(str(path) + "-wal").stat().st_size
usual = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1_000_000, usual[1]))
def code(command):
    try:
        return "ok" if writer.execute(command)["ok"] else "?"
    except Refusal as refusal:
        return refusal.code
codes = []
for at, command in enumerate(commands):
    codes.append(code(command))
    if codes[-1] != "ok":
        codes += [code(it) for it in commands[at + 1 : at + 4]]
        break
left = commands[codes.count("ok"):]
resource.setrlimit(resource.RLIMIT_FSIZE, usual)
print(json.dumps({
    "acked": codes.count("ok"),
    "refused": [it for it in codes if it != "ok"],
    "afterwards": [code(it) for it in left],
}))
"""


def test_a_batch_that_finds_no_more_room_is_not_stored_at_all(hall: Hall) -> None:
    person = hall.join()
    pages = hall.one("PRAGMA page_count")
    hall.one(f"PRAGMA max_page_count = {pages + 2}")
    before = hall.dump()
    commands = [hall.command(person, "question.ask", {"text": "x" * 500}) for _ in range(100)]
    with pytest.raises(Full):
        write(hall.db, commands)
    assert hall.dump() == before
    hall.one(f"PRAGMA max_page_count = {pages + 1000}")
    assert codes(write(hall.db, commands)[0]) == ["ok"] * 100


def test_a_program_of_its_own_writes_all_or_nothing(hall: Hall) -> None:
    person = hall.join()
    before = hall.dump()
    bad = hall.command(person, "question.ask", {"text": ""})
    with pytest.raises(Refusal) as caught:
        write_alone(hall.path, [*asks(hall, person, 2), bad])
    assert caught.value.code == "empty"
    assert hall.dump() == before
    assert [it["ok"] for it in write_alone(hall.path, asks(hall, person, 2))] == [True, True]


def _run(script: str, *arguments: str, said: str = "") -> Any:
    """Return what a script prints, as JSON; it runs in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
