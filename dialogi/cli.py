"""The command line (contract, section 1): one JSON document on standard output, or why not.

Each command imports what it needs when it runs, so that `--help` and errors come at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from .config import Settings
    from .model.recording import Recording
    from .store import Database

T = TypeVar("T")

FORMATS = ("json", "csv", "md", "recording")
STANDARD = "-"
PEOPLE, MINUTES = 30, 5.0
#: Seconds for which a write waits while another program holds the database.
PATIENCE = 60.0

Options = argparse.Namespace


class Failure(Exception):
    """Why a command cannot do what it was asked for: one line that says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0, 1 for a failure, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader went away, as `head` does. What is left to flush must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _fail("Stopped.", 130)
    except _expected() as error:
        return _fail(_sentence(error), 1)


def _expected() -> tuple[type[BaseException], ...]:
    """What is somebody's mistake or the machine's trouble, not this program's."""
    from .config import BadSettings
    from .errors import Refusal
    from .model.files import BadFile
    from .rehearsal import RehearsalError
    from .store import Busy, Full
    from .store.connection import UnsafeDriver, sqlite3

    return (Failure, BadSettings, Refusal, BadFile, RehearsalError, Busy, Full, UnsafeDriver,
            sqlite3.DatabaseError, OSError)  # fmt: skip


def _sentence(error: BaseException) -> str:
    from .store import Busy
    from .store.connection import sqlite3

    if isinstance(error, Busy):
        return "Another program holds the database. Try again when it has finished."
    if isinstance(error, sqlite3.DatabaseError):
        return f"The database cannot be used ({error}). Check DIALOGI_DATABASE."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. Check the path and its permissions."
    return " ".join(str(error).split())


def _fail(sentence: str, status: int) -> int:
    print(f"dialogi: {sentence}", file=sys.stderr)
    return status


# --- what can be asked for


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m dialogi", description="Live dialogue events in the browser.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    event = commands.add_parser("event", help="create, list and export events")
    events = event.add_subparsers(required=True, metavar="COMMAND")
    create = _command(events, "create", _create, "a new event; prints its links, once")
    create.add_argument("file", metavar="FILE", help="an event file (TOML) or a recording, or -")
    _command(events, "list", _list, "all events")
    export = _command(events, "export", _export, "an event as a file")
    export.add_argument("code", metavar="CODE")
    export.add_argument("--format", choices=FORMATS, default="json")
    export.add_argument("--output", metavar="FILE", default=STANDARD, help="default: - (screen)")

    rehearse = _command(
        commands, "rehearse", _rehearse, "play a recording, or invented people, against a server"
    )
    rehearse.add_argument("code", metavar="CODE")
    rehearse.add_argument("--recording", metavar="FILE")
    rehearse.add_argument("--participants", metavar="N", type=_whole)
    rehearse.add_argument("--minutes", metavar="M", type=_positive)
    rehearse.add_argument(
        "--speed", metavar="X", type=_positive, default=1.0, help="times as fast as recorded"
    )
    rehearse.add_argument("--url", help="the server's address; default: DIALOGI_PUBLIC_URL")
    rehearse.add_argument("--join", metavar="URL", help="default: made from CODE")
    rehearse.add_argument("--facilitate", metavar="URL", help="default: a new lead's link")

    verify = _command(commands, "verify", _verify, "whether a recording's list follows from it")
    verify.add_argument("file", metavar="FILE", help="a recording, or -")
    backup = _command(commands, "backup", _backup, "a consistent copy of the database")
    backup.add_argument("file", metavar="FILE", help="a new file")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[Options], int], explanation: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=explanation, description=f"{explanation[0].upper()}{explanation[1:]}."
    )
    parser.set_defaults(run=run)
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"must be a number greater than 0, not {text!r}")
    return number


# --- events


def _create(options: Options) -> int:
    from .commands import perform
    from .creating import create_event
    from .model.event_file import read_event_file
    from .model.recording import is_recording, read_recording
    from .store import reading

    text = _read(options.file)
    with _about(options.file):
        file = read_recording(text).event if is_recording(text) else read_event_file(text)
    settings = _settings()
    created = _write(
        settings.database,
        lambda db: create_event(
            lambda command: perform(db, command, time.time()),
            lambda code: _found(reading.find_event(db, code), code),
            settings.public_url,
            file,
        ),
    )
    return _print(created)


def _list(_: Options) -> int:
    from .store import reading

    database = _settings().database
    if not database.exists():
        print(f"dialogi: There is no database at {database} yet.", file=sys.stderr)
        return _print([])
    events = []
    with _reading(database) as db:
        for event in reading.all_events(db):
            state = reading.load(db, event)
            events.append(
                {
                    "event": state.event.code,
                    "title": state.event.title,
                    "phase": state.event.phase,
                    "participants": len(state.people()),
                    "questions": len(state.questions),
                }
            )
    return _print(events)


def _export(options: Options) -> int:
    from .exports import ORGANISER, export
    from .store import reading

    with _reading(_settings().database) as db:
        event = _found(reading.find_event(db, options.code), options.code)
        text = export(options.format, db, event, audience=ORGANISER)
        code = reading.load(db, event).event.code
    raw = text.encode()
    if options.output == STANDARD:
        sys.stdout.buffer.write(raw)
        return 0
    Path(options.output).write_bytes(raw)
    return _print({"event": code, "format": options.format, "output": options.output})


# --- rehearsing and verifying


def _rehearse(options: Options) -> int:
    from .rehearsal import invent, rehearse

    if options.recording and (options.participants or options.minutes):
        raise Failure("Choose --recording or --participants and --minutes, not both.")
    script: Any = _recording(options.recording) if options.recording else None
    url = (options.url or (None if options.join else _settings().public_url) or "").rstrip("/")
    join_url = options.join or f"{url}/join/{options.code}"
    facilitate_url = options.facilitate or _lead_link(options.code, url)
    if script is None:
        people, minutes = options.participants or PEOPLE, options.minutes or MINUTES
        script = invent(people, minutes, join_url=join_url)
    result = rehearse(
        script,
        url=url or None,
        join_url=join_url,
        facilitate_url=facilitate_url,
        speed=options.speed,
        progress=sys.stderr,
    )
    _print(result)
    if result["lost"] or not result["converged"]:
        return _fail(
            "The rehearsal lost something or people ended up with different pictures. "
            "Look at the server's log.",
            1,
        )
    return 0


def _recording(name: str) -> Recording:
    from .model.recording import read_recording

    text = _read(name)
    with _about(name):
        return read_recording(text)


def _lead_link(code: str, url: str) -> str:
    from .commands import perform
    from .creating import new_link
    from .store import reading

    settings = _settings()
    _needed(settings.database)
    return _write(
        settings.database,
        lambda db: new_link(
            lambda command: perform(db, command, time.time()),
            _found(reading.find_event(db, code), code),
            url or settings.public_url,
            "lead",
        ),
    )


def _verify(options: Options) -> int:
    from .model.files import BadFile
    from .verifying import verify

    try:
        found = verify(_recording(options.file))
    except BadFile as bad:
        _print({"event": None, "differences": [str(bad)]})
        raise
    _print(found)
    if found["differences"]:
        return _fail(f"{options.file}: {found['differences'][0]}", 1)
    return 0


# --- the database


def _backup(options: Options) -> int:
    from .store.connection import backup, open_database

    database = _needed(_settings().database)
    target = Path(options.file)
    try:
        # It holds who supported what: nobody else on the machine is to read it.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Failure(f"{target} exists already. Choose a new name.") from None
    try:
        db = open_database(database)
        try:
            backup(db, target)
        finally:
            db.close()
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return _print({"backup": str(target), "bytes": target.stat().st_size, "integrity": "ok"})


def _write(database: Path, work: Callable[[Database], T]) -> T:
    """The result of `work`, all of which is committed at once, or nothing."""
    from .store import Busy, immediate, open_database

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            db = open_database(database)
            try:
                with immediate(db):
                    return work(db)
            finally:
                db.close()
        except Busy:
            if time.monotonic() > deadline:
                raise


@contextmanager
def _reading(database: Path) -> Iterator[Database]:
    from .store import open_database, read_transaction

    db = open_database(_needed(database))
    try:
        with read_transaction(db):
            yield db
    finally:
        db.close()


def _needed(database: Path) -> Path:
    if not database.exists():
        raise Failure(f"There is no database at {database}. Set DIALOGI_DATABASE to yours.")
    return database


def _found(event: int | None, code: str) -> int:
    if event is None:
        raise Failure(f"There is no event {code}. See `dialogi event list`.")
    return event


# --- input and output


def _settings() -> Settings:
    from .config import read_settings

    return read_settings(os.environ)


def _read(name: str) -> str:
    from .model.files import decode

    with _about(name):
        return decode(sys.stdin.buffer.read() if name == STANDARD else Path(name).read_bytes())


@contextmanager
def _about(name: str) -> Iterator[None]:
    """A sentence about a line tells of which file, too."""
    from .model.files import BadFile

    try:
        yield
    except BadFile as bad:
        where = "standard input" if name == STANDARD else name
        raise BadFile(f"{where}: {bad}") from None


def _print(value: object) -> int:
    """The one document that a script may read."""
    raw = json.dumps(value, ensure_ascii=False, indent=2).encode()
    sys.stdout.buffer.write(raw + b"\n")
    return 0
