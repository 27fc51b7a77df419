"""The database file: made, brought up to date, refused where it is not safe, copied in use."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dialogi.store import Busy, Database, Full, immediate, migrations, open_database, savepoint
from dialogi.store import connection as connections
from dialogi.store.connection import UnsafeDriver, backup
from dialogi.store.migrations import STEPS, migrate
from dialogi.writer import write
from tests.support.hall import Hall, dump


def pragma(db: Database, name: str) -> object:
    """Return the value of a pragma."""
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def tables(db: Database) -> set[str]:
    """Return the names of all tables."""
    return {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_an_empty_file_gets_the_whole_schema(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "dialogi.sqlite"
    db = open_database(path)
    assert pragma(db, "user_version") == len(STEPS)
    assert {"event", "room", "participant", "staff", "question", "vote", "ledger"} <= tables(db)
    db.close()


def test_what_is_stored_outlives_closing_and_opening(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    before = hall.dump()
    hall.close()
    db = open_database(hall.path)
    assert dump(db) == before
    db.close()


def test_a_migration_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dialogi.sqlite"
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, "CREATE TABLE a (b); CREATE"))
    with pytest.raises(connections.sqlite3.OperationalError):
        open_database(path)
    monkeypatch.undo()
    db = open_database(path)
    assert pragma(db, "user_version") == len(STEPS)
    assert "a" not in tables(db)
    db.close()


def test_a_later_step_is_applied_once_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(tmp_path)
    before = hall.dump()
    step = "CREATE TABLE later (id INTEGER); -- a remark; really\nINSERT INTO later VALUES (1)"
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, step))
    for _ in range(2):
        db = open_database(hall.path)
        assert pragma(db, "user_version") == len(STEPS) + 1
        assert db.execute("SELECT COUNT(*) FROM later").fetchone()[0] == 1
        assert dump(db) == before
        db.close()
    hall.close()


def test_two_that_open_a_new_file_at_once_both_get_it(tmp_path: Path) -> None:
    found: list[object] = []

    def open_it() -> None:
        db = open_database(tmp_path / "dialogi.sqlite")
        found.append(pragma(db, "user_version"))
        db.close()

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [len(STEPS)] * 4


def test_a_file_of_a_newer_dialogi_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "dialogi.sqlite"
    db = open_database(path)
    db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    db.close()
    with pytest.raises(Full, match="newer Dialogi"):
        open_database(path)


def test_every_connection_is_durable_and_checks_references(tmp_path: Path) -> None:
    for _ in range(2):
        db = open_database(tmp_path / "dialogi.sqlite")
        assert pragma(db, "journal_mode") == "wal"
        assert pragma(db, "synchronous") == 2, "FULL"
        assert pragma(db, "foreign_keys") == 1
        assert not db.conn.in_transaction
        db.close()


def test_a_row_that_refers_to_nothing_is_not_stored(tmp_path: Path) -> None:
    db = open_database(tmp_path / "dialogi.sqlite")
    with pytest.raises(connections.sqlite3.IntegrityError, match="FOREIGN KEY"):
        db.execute("INSERT INTO vote VALUES (1, 1, 1, 1, 1)")
    db.close()


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_an_sqlite_that_can_lose_rows_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(connections.sqlite3, "sqlite_version", version)
    with pytest.raises(UnsafeDriver, match=f"{version}.*Install the pinned requirements"):
        open_database(tmp_path / "dialogi.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", ["3.51.3", "3.53.4", "4.0.0"])
def test_a_safe_sqlite_is_welcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(connections.sqlite3, "sqlite_version", version)
    open_database(tmp_path / "dialogi.sqlite").close()


def test_a_lock_that_stays_is_told_apart_from_a_disk_that_is_full(tmp_path: Path) -> None:
    one = open_database(tmp_path / "dialogi.sqlite")
    other = open_database(tmp_path / "dialogi.sqlite", patience=0.05)
    with immediate(one), pytest.raises(Busy), immediate(other):
        pass
    with immediate(other):
        other.execute("INSERT INTO kept_secret VALUES ('a', 'b')")
    one.close()
    other.close()


def store_and_fail(db: Database) -> None:
    """Change something, and then break."""
    db.execute("INSERT INTO kept_secret VALUES ('b', '2')")
    raise ZeroDivisionError


def test_a_part_of_a_transaction_fails_alone(tmp_path: Path) -> None:
    db = open_database(tmp_path / "dialogi.sqlite")
    with immediate(db):
        with savepoint(db):
            db.execute("INSERT INTO kept_secret VALUES ('a', '1')")
        with pytest.raises(ZeroDivisionError), savepoint(db):
            store_and_fail(db)
    assert [row[0] for row in db.execute("SELECT name FROM kept_secret")] == ["a"]
    with pytest.raises(ZeroDivisionError), immediate(db):
        store_and_fail(db)
    assert [row[0] for row in db.execute("SELECT name FROM kept_secret")] == ["a"]
    db.close()


def test_a_copy_made_while_others_write_is_whole(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    hall.phase("support")
    person = hall.join()
    reader = open_database(hall.path)
    copies = [tmp_path / f"copy{at}.sqlite" for at in range(5)]
    enough = threading.Event()

    def copy() -> None:
        for path in copies:
            backup(reader, path)
        enough.set()

    thread = threading.Thread(target=copy)
    thread.start()
    written = 0
    while not enough.is_set() or written < 20:
        ask = hall.command(person, "question.ask", {"text": f"Why {written}?"})
        vote = hall.command(person, "vote.set", {"question": "9000001", "on": written % 2 == 0})
        write(hall.db, [ask, vote])
        written += 1
    thread.join()
    for path in copies:
        db = open_database(path)
        revision = db.execute("SELECT revision FROM event WHERE code = 'HERE'").fetchone()[0]
        ledger = db.execute("SELECT COUNT(*) FROM ledger WHERE event = ?", (hall.here.event,))
        assert ledger.fetchone()[0] == revision
        assert pragma(db, "integrity_check") == "ok"
        db.close()
    reader.close()
    hall.close()


def test_migrating_what_is_up_to_date_changes_nothing(tmp_path: Path) -> None:
    db = open_database(tmp_path / "dialogi.sqlite")
    before = tables(db)
    with immediate(db):
        migrate(db)
    assert tables(db) == before
    db.close()
