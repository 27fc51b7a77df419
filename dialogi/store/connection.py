"""Connections and transactions. Every connection commits by itself unless a transaction is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlite_utils import Database
from sqlite_utils import utils as _utils

from . import migrations

# sqlite_utils picks pysqlite3 where it is installed; everything here must speak of the same driver.
sqlite3: ModuleType = vars(_utils)["sqlite3"]

#: The first release without the WAL-reset bug, by which two connections that write or checkpoint at
#: once can lose committed rows (SQLite release notes, 3.51.3).
OLDEST_SAFE = (3, 51, 3)


class UnsafeDriver(RuntimeError):
    """The SQLite that was found can lose committed rows."""


class Busy(Exception):
    """Another program holds the database; try again."""


class Full(Exception):
    """The database cannot be written (disk full, read-only, an I/O error); nothing was stored."""


def sqlite_version() -> str:
    """The version of the SQLite library in use."""
    return str(sqlite3.sqlite_version)


def open_database(path: Path, *, check_driver: bool = True, patience: float = 5) -> Database:
    """A connection of its own to the database at `path`, made and migrated where needed.

    Waits `patience` seconds for another program's lock, now and in every statement. Raises
    UnsafeDriver for a SQLite that can lose committed rows, Busy when it has waited in vain.
    """
    if check_driver and tuple(map(int, sqlite_version().split("."))) < OLDEST_SAFE:
        raise UnsafeDriver(
            f"SQLite {sqlite_version()} can lose committed rows when two programs write at once. "
            "Install the pinned requirements (pysqlite3 brings a newer one)."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        str(path),
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.row_factory = sqlite3.Row
    db = Database(connection)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
        ):
            with _translated():
                db.execute(f"PRAGMA {pragma}")
        if db.execute("PRAGMA user_version").fetchone()[0] < len(migrations.STEPS):
            with immediate(db):
                migrations.migrate(db)
        elif db.execute("PRAGMA user_version").fetchone()[0] > len(migrations.STEPS):
            raise Full(f"{path} was made by a newer Dialogi. Update Dialogi to open it.")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """One write transaction: committed at the end, rolled back on any error.

    Raises Busy where the lock is held elsewhere, Full where SQLite cannot write.
    """
    with _translated():
        db.execute("BEGIN IMMEDIATE")
    try:
        yield
        with _translated():
            db.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def savepoint(db: Database) -> Iterator[None]:
    """A part of a transaction that can fail alone."""
    db.execute("SAVEPOINT command")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.execute("ROLLBACK TO command")
            db.execute("RELEASE command")
        raise
    db.execute("RELEASE command")


@contextmanager
def read_transaction(db: Database) -> Iterator[None]:
    """All reads inside see one revision of the database."""
    with _translated():
        db.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Busy(str(error)) from error
        raise Full(str(error)) from error


def is_write_failure(error: BaseException) -> bool:
    """Whether a statement failed because SQLite cannot write at all (disk full, I/O error)."""
    return isinstance(error, Full) or (
        isinstance(error, sqlite3.OperationalError)
        and any(
            sign in str(error)
            for sign in ("full", "disk I/O", "readonly", "read-only", "unable to open")
        )
    )


def backup(db: Database, target: Path) -> None:
    """A consistent copy of the whole database at `target`, while others write."""
    copy: Any = sqlite3.connect(str(target))
    try:
        db.conn.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise Full(f"The copy is damaged: {verdict}")
    finally:
        copy.close()
