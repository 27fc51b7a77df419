"""The one writer: a queue, a native thread, one transaction for all that wait, then the acks."""

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import Command, perform
from .concurrency import Mailbox, NativeWorker, sleep_natively
from .errors import N_, Refusal
from .store import Busy, Database, Full, immediate, open_database, savepoint
from .store.connection import is_write_failure

log = logging.getLogger(__name__)

#: One transaction takes at most so many commands: beyond it a commit's cost is spread thin already.
MOST_AT_ONCE = 500
#: Seconds between tries while another program holds the database.
RETRY = 0.02
#: Seconds that one try waits inside SQLite.
PATIENCE = 0.25

Reply = dict[str, Any]
Outcome = Reply | Refusal
Done = Callable[[Outcome], None]


@dataclass
class _Waiting:
    command: Command
    done: Done
    since: float = field(default_factory=time.monotonic)


class Writer:
    """Takes commands from the server's code and answers each once it is committed, or refused.

    `on_commit` hears the new revision of each event that changed, before the acks of that batch.
    """

    def __init__(self, database: Path, mailbox: Mailbox) -> None:
        self._database = database
        self._mailbox = mailbox
        self._db: Database | None = None
        self.on_commit: Callable[[dict[int, int]], None] = lambda _: None
        self.stuck_since: float | None = None
        self._worker = NativeWorker("dialogi-writer", self._batch, MOST_AT_ONCE)

    def send(self, command: Command, done: Done) -> None:
        """Queue `command`; `done` is called with the ack or a Refusal. Returns at once."""
        self._worker.put(_Waiting(command, done))

    def execute(self, command: Command) -> Reply:
        """Queue `command` and wait for its ack; raises Refusal."""
        ready = threading.Event()
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            ready.set()

        self.send(command, done)
        ready.wait()
        if isinstance(outcomes[0], Refusal):
            raise outcomes[0]
        return outcomes[0]

    def waiting(self) -> int:
        """How many commands the writer has not begun with."""
        return self._worker.waiting()

    def _batch(self, batch: list[_Waiting]) -> None:
        outcomes, trouble = self._commit(batch)
        revisions: dict[int, int] = {}
        for waiting, outcome in zip(batch, outcomes, strict=True):
            event = waiting.command.event
            if isinstance(outcome, dict) and event is not None:
                # The reply to what was sent again has the revision of the first time.
                revisions[event] = max(outcome["revision"], revisions.get(event, 0))
        self._mailbox.post(lambda: self._answer(batch, outcomes, revisions, trouble))

    def _commit(self, batch: list[_Waiting]) -> tuple[list[Outcome], list[str]]:
        while True:
            try:
                if self._db is None:
                    self._db = open_database(self._database, patience=PATIENCE)
                outcome = write(self._db, [waiting.command for waiting in batch])
                self.stuck_since = None
                return outcome
            except Busy:
                # Another program's lock is waited out; nothing was promised to anybody yet.
                if self.stuck_since is None:
                    self.stuck_since = time.monotonic()
                sleep_natively(RETRY)
            except Exception:  # noqa: BLE001 - reported, and answered as unavailable
                self._forget_connection()
                refusal = Refusal(
                    "unavailable",
                    N_("The server cannot save just now. Your text is kept; it is tried again."),
                )
                return [refusal] * len(batch), [traceback.format_exc()]

    def _forget_connection(self) -> None:
        if self._db is not None:
            with contextlib.suppress(Exception):
                self._db.close()
            self._db = None

    def _answer(
        self,
        batch: list[_Waiting],
        outcomes: list[Outcome],
        revisions: dict[int, int],
        trouble: list[str],
    ) -> None:
        for text in trouble:
            log.error("A command failed:\n%s", text)
        # Who reads after an ack must find what was acked.
        self.on_commit(revisions)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            try:
                waiting.done(outcome)
            except Exception:
                log.exception("An ack could not be given")


def write(db: Database, commands: list[Command]) -> tuple[list[Outcome], list[str]]:
    """One transaction for all `commands`, each failing alone; committed when this returns.

    Returns what became of each, and the tracebacks of those that broke. Raises Busy and Full, after
    which nothing was stored.
    """
    trouble: list[str] = []
    outcomes: list[Outcome] = []
    with immediate(db):
        for command in commands:
            try:
                with savepoint(db):
                    outcomes.append(perform(db, command, time.time()))
            except Refusal as refusal:
                outcomes.append(refusal)
            except Exception as error:
                if is_write_failure(error) or not db.conn.in_transaction:
                    raise Full(str(error)) from error
                trouble.append(traceback.format_exc())
                outcomes.append(
                    Refusal("internal", N_("Something went wrong here. Please try once more."))
                )
    return outcomes, trouble


def write_alone(database: Path, commands: list[Command]) -> list[Reply]:
    """Write from a program of its own, such as the command line; raises the first Refusal.

    All or nothing. Waits up to a minute for another program's lock.
    """
    db = open_database(database)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with immediate(db):
                    return [perform(db, command, time.time()) for command in commands]
            except Busy:
                if time.monotonic() > deadline:
                    raise Refusal(
                        "unavailable", "Another program holds the database. Try again later."
                    ) from None
                sleep_natively(RETRY)
    finally:
        db.close()
