"""The events of a running server: an `EventState` each, kept at the committed revision.

Reading goes through one native thread with a connection of its own, so that a slow disk never holds
up the server's own code; what it finds is applied where the states are read.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .concurrency import Mailbox, NativeWorker
from .model.state import EventState
from .store import Database, open_database, read_transaction, reading

log = logging.getLogger(__name__)

T = TypeVar("T")


class Reader:
    """Runs reading functions in a native thread, each in one read transaction."""

    def __init__(self, database: Path, mailbox: Mailbox) -> None:
        self._database = database
        self._mailbox = mailbox
        self._db: Database | None = None
        self._worker = NativeWorker("dialogi-reader", self._run, 50)

    def read(self, function: Callable[[Database], T]) -> T:
        """The result of `function(db)`; waits cooperatively and raises what it raised."""
        ready = threading.Event()
        results: list[tuple[Any, BaseException | None]] = []

        def done(result: Any, error: BaseException | None) -> None:
            results.append((result, error))
            ready.set()

        self._worker.put((function, done))
        ready.wait()
        result, error = results[0]
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def data_version(self, db: Database) -> int:
        """Changes whenever another connection, of this or any program, has committed."""
        return int(db.execute("PRAGMA data_version").fetchone()[0])

    def _run(self, jobs: list[tuple[Callable[[Database], Any], Callable[..., None]]]) -> None:
        for function, done in jobs:
            result, error = None, None
            try:
                if self._db is None:
                    self._db = open_database(self._database)
                with read_transaction(self._db):
                    result = function(self._db)
            except BaseException as raised:  # noqa: BLE001 - handed to the one who asked
                error = raised
            self._mailbox.post(_call(done, result, error))


def _call(done: Callable[..., None], *args: object) -> Callable[[], None]:
    return lambda: done(*args)


class Events:
    """Looks events up and keeps their states fresh."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._states: dict[int, EventState] = {}
        self._committed: dict[int, int] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._advances: dict[int, reading.Advance] = {}
        self._version: int | None = None
        #: Events that somebody brings up just now, and what tells the others that it is done.
        self._under_way: dict[int, threading.Event] = {}
        #: Held while a state is changed or walked through: with plain threads these can meet.
        #: Nobody may call `now` meanwhile: who brings the state up needs the lock for it.
        self.lock = threading.RLock()

    def by_code(self, code: str) -> EventState | None:
        """The event with this join code, fresh; None where there is none."""
        return self._found(("code", code.strip().upper()), reading.find_event)

    def by_results_id(self, results_id: str) -> EventState | None:
        """The event whose results page has this id, fresh."""
        return self._found(("results", results_id), reading.find_by_results_id)

    def by_present_id(self, present_id: str) -> EventState | None:
        """The event whose projector page has this id, fresh."""
        return self._found(("present", present_id), reading.find_by_present_id)

    def committed(self, revisions: dict[int, int]) -> None:
        """The writer has committed these events up to these revisions."""
        for event_id, revision in revisions.items():
            if revision > self._committed.get(event_id, 0):
                self._committed[event_id] = revision

    def watch(self) -> set[int]:
        """Look for what other programs committed; the events that are newer than their states."""

        def look(db: Database) -> dict[int, int] | None:
            version = self._reader.data_version(db)
            if version == self._version:
                return None
            self._version = version
            return reading.revisions(db)

        found = self._reader.read(look)
        if found is not None:
            self.committed(found)
        return {
            event_id
            for event_id, state in self._states.items()
            if state.revision < self._committed.get(event_id, 0)
        }

    def is_fresh(self, event_id: int) -> bool:
        """Whether `now(event_id)` needs no waiting."""
        return self._holds(event_id, self._committed.get(event_id, 0))

    def _holds(self, event_id: int, revision: int) -> bool:
        state = self._states.get(event_id)
        return state is not None and state.revision >= revision

    def now(self, event_id: int) -> EventState:
        """The event's state at the committed revision. KeyError where there is none."""
        wanted = self._committed.get(event_id, 0)
        while not self._holds(event_id, wanted):
            mine = threading.Event()
            with self.lock:
                first = self._under_way.setdefault(event_id, mine)
            if first is not mine:
                # A thousand arrivals cost one reading.
                first.wait()
                continue
            try:
                self._bring_up(event_id)
            finally:
                del self._under_way[event_id]
                mine.set()
        return self._states[event_id]

    def _bring_up(self, event_id: int) -> None:
        state = self._states.get(event_id)
        since = -1 if state is None else state.revision
        rows = self._reader.read(lambda db: reading.fetch(db, event_id, since))
        with self.lock:
            if state is None:
                state = self._states[event_id] = reading.begin(rows)
            else:
                self._remember(event_id, reading.apply(state, rows))
            self.committed({event_id: state.revision})

    def take_advance(self, event_id: int) -> reading.Advance:
        """What changed, beyond the state itself, since this was last asked."""
        return self._advances.pop(event_id, None) or reading.Advance()

    def read(self, function: Callable[[Database], T]) -> T:
        """Read something else from the database, off the server's own code."""
        return self._reader.read(function)

    def _remember(self, event_id: int, advance: reading.Advance) -> None:
        sum_of = self._advances.setdefault(event_id, reading.Advance())
        sum_of.unseated |= advance.unseated
        sum_of.persons |= advance.persons

    def _found(
        self, key: tuple[str, str], find: Callable[[Database, str], int | None]
    ) -> EventState | None:
        event_id = self._ids.get(key)
        if event_id is None:
            event_id = self._reader.read(lambda db: find(db, key[1]))
            if event_id is None:
                return None
            self._ids[key] = event_id
        return self.now(event_id)
