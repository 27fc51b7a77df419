"""The command line: one JSON document for scripts, one line on what went wrong for people."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dialogi.rehearsal
from dialogi import cli
from dialogi.commands import Command
from dialogi.model.recording import Recording
from dialogi.rehearsal import RehearsalError
from dialogi.store import open_database
from dialogi.writer import write_alone
from tests.support.server import clean_environment, command_line

EVENT_FILE = """title = "Treffitori"
question = "Mitä?"
affiliations = ["hallinto", "järjestö"]
[[rooms]]
name = "Huone 1"
[[rooms]]
name = "Huone 2"
"""
RECORDING = "\n".join(
    json.dumps(line)
    for line in (
        {
            "dialogi_recording": 1,
            "event": {"title": "Played", "question": "Q?"},
            "rooms": ["A"],
            "affiliations": [],
            "result": {"support": {"q1": 1}},
        },
        {"participant": "p1", "affiliation": "", "room": "A"},
        {"facilitator": "f1", "room": ""},
        {"at": 0, "by": "f1", "command": "phase.set", "phase": "write"},
        {"at": 1, "by": "p1", "command": "question.ask", "question": "q1", "text": "Why?"},
    )
)


@dataclass
class Outcome:
    """What a run of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the files that the tests use and a database to be."""
    for name in [name for name in os.environ if name.startswith("DIALOGI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DIALOGI_DATABASE", str(tmp_path / "data.sqlite"))
    monkeypatch.setenv("DIALOGI_PUBLIC_URL", "https://dialogi.example")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "event.toml").write_text(EVENT_FILE, "utf-8")
    (tmp_path / "played.jsonl").write_text(RECORDING, "utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """A function that runs one command."""

    def one(*arguments: str) -> Outcome:
        try:
            status = cli.main(arguments)
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capfdbinary.readouterr()
        return Outcome(status, out.decode(), err.decode())

    return one


def assert_one_line(outcome: Outcome, status: int = 1) -> None:
    assert outcome.status == status
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err


# --- event create, list, export


def test_creating_an_event_prints_its_code_and_links_once(run: Run) -> None:
    made = run("event", "create", "event.toml")
    assert (made.status, made.err) == (0, "")
    links = made.document["links"]
    code = made.document["event"]
    assert list(links) == ["join", "results", "present", "facilitate", "organise", "rooms"]
    assert links["join"] == f"https://dialogi.example/join/{code}"
    assert list(links["rooms"]) == ["Huone 1", "Huone 2"]
    assert links["rooms"]["Huone 1"]["join"].startswith(f"https://dialogi.example/join/{code}/")
    assert links["rooms"]["Huone 2"]["facilitate"].startswith("https://dialogi.example/facilitate/")


def test_an_event_can_be_made_from_a_recording(run: Run) -> None:
    made = run("event", "create", "played.jsonl").document
    assert list(made["links"]["rooms"]) == ["A"]
    assert run("event", "list").document[0]["title"] == "Played"


def test_the_list_has_every_event_with_its_phase_and_numbers(run: Run) -> None:
    code = run("event", "create", "event.toml").document["event"]
    assert run("event", "list").document == [
        {
            "event": code,
            "title": "Treffitori",
            "phase": "lobby",
            "participants": 0,
            "questions": 0,
        }
    ]


def test_before_the_first_event_the_list_is_empty_and_no_database_is_made(
    run: Run, folder: Path
) -> None:
    outcome = run("event", "list")
    assert (outcome.status, outcome.document) == (0, [])
    assert "There is no database" in outcome.err
    assert not (folder / "data.sqlite").exists()


@pytest.mark.parametrize("fmt", ["json", "csv", "md", "recording"])
def test_an_export_is_written_to_the_file_and_announced(run: Run, folder: Path, fmt: str) -> None:
    code = run("event", "create", "event.toml").document["event"]
    done = run("event", "export", code.lower(), "--format", fmt, "--output", "out")
    assert done.document == {"event": code, "format": fmt, "output": "out"}
    assert "Treffitori" in (folder / "out").read_text("utf-8") or fmt == "csv"


def test_an_export_to_standard_output_is_the_file_itself(run: Run) -> None:
    code = run("event", "create", "event.toml").document["event"]
    done = run("event", "export", code, "--format", "json", "--output", "-")
    assert done.document["event"]["code"] == code


def test_an_exported_recording_makes_the_same_event_and_verifies(run: Run) -> None:
    code = run("event", "create", "event.toml").document["event"]
    run("event", "export", code, "--format", "recording", "--output", "r.jsonl")
    again = run("event", "create", "r.jsonl").document["event"]
    run("event", "export", again, "--format", "recording", "--output", "s.jsonl")
    assert Path("r.jsonl").read_bytes() == Path("s.jsonl").read_bytes()
    assert run("verify", "s.jsonl").status == 0


# --- what goes wrong


def test_a_mistake_in_a_file_is_one_line_with_file_line_and_remedy(run: Run, folder: Path) -> None:
    (folder / "event.toml").write_text(EVENT_FILE.replace("[[", "places = 50\n[[", 1), "utf-8")
    outcome = run("event", "create", "event.toml")
    assert_one_line(outcome)
    assert outcome.err == (
        "dialogi: event.toml: line 4: places must be a whole number from 3 to 30, not 50.\n"
    )
    assert not (folder / "data.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("event", "create", "missing.toml"), "missing.toml: No such file or directory"),
        (("event", "create", "."), "Is a directory"),
        (("event", "export", "NOSUCH", "--output", "x"), "There is no database"),
        (("backup", "copy.sqlite"), "There is no database"),
        (("rehearse", "NOSUCH", "--participants", "2"), "There is no database"),
        (("rehearse", "NOSUCH", "--recording", "event.toml"), "event.toml: line 1: this is no rec"),
        (("rehearse", "X", "--recording", "played.jsonl", "--minutes", "1"), "not both"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(
    run: Run, arguments: tuple[str, ...], part: str
) -> None:
    outcome = run(*arguments)
    assert_one_line(outcome)
    assert part in outcome.err


def test_an_unknown_event_is_one_line(run: Run) -> None:
    run("event", "create", "event.toml")
    outcome = run("event", "export", "NOSUCH", "--output", "x")
    assert_one_line(outcome)
    assert "There is no event NOSUCH" in outcome.err


def test_a_file_that_is_no_database_is_one_line(run: Run, folder: Path) -> None:
    (folder / "data.sqlite").write_text("this is no database, and long enough to tell" * 100)
    outcome = run("event", "list")
    assert_one_line(outcome)
    assert "Check DIALOGI_DATABASE" in outcome.err


def test_a_bad_setting_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOGI_PORT", "many")
    outcome = run("event", "list")
    assert_one_line(outcome)
    assert "DIALOGI_PORT" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("event",),
        ("event", "create"),
        ("event", "export", "ABC", "--format", "docx"),
        ("event", "anonymise", "ABC"),
        ("rehearse", "ABC", "--speed", "0"),
        ("rehearse", "ABC", "--participants", "-3"),
        ("verify",),
        ("fly",),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert_one_line(outcome, 2)
    assert "--help" in outcome.err


# --- verify


def test_a_sound_recording_verifies_with_one_document(run: Run) -> None:
    outcome = run("verify", "played.jsonl")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.document["event"] == "Played"
    assert outcome.document["support"] == {"q1": 1}
    assert outcome.document["proposal"]["entries"][0]["questions"] == ["q1"]
    assert outcome.document["audit"]["represented_by_at_least"]["1"] == 1


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('{"q1": 1}', '{"q1": 2}', "the recording claims 2 for support q1, but its lines give 1."),
        ('"phase": "write"', '"phase": "lobby"', "line 5: question.ask is refused (wrong_phase)"),
        ('"by": "p1"', '"by": "p2"', 'played.jsonl: line 5: "p2" is nobody yet'),
        ('"at": 1', '"at": ', "played.jsonl: line 5: this is not JSON"),
    ],
)
def test_what_does_not_fit_is_told_on_both_outputs_with_status_1(
    run: Run, folder: Path, old: str, new: str, difference: str
) -> None:
    assert old in RECORDING
    (folder / "played.jsonl").write_text(RECORDING.replace(old, new), "utf-8")
    outcome = run("verify", "played.jsonl")
    assert outcome.status == 1
    assert outcome.document["differences"][0].startswith(difference)
    assert difference in outcome.err
    assert outcome.err.count("\n") == 1


# --- rehearse


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the player is asked to play, instead of playing it."""
    calls: list[dict[str, Any]] = []

    def rehearse(script: Any, **options: Any) -> dict[str, Any]:
        calls.append({"script": script, **options})
        return {"lost": 0, "converged": True}

    def invent(participants: int, minutes: float, *, join_url: str) -> list[dict[str, Any]]:
        return [{"participants": participants, "minutes": minutes, "join_url": join_url}]

    monkeypatch.setattr(dialogi.rehearsal, "rehearse", rehearse)
    monkeypatch.setattr(dialogi.rehearsal, "invent", invent)
    return calls


def test_a_rehearsal_finds_the_events_links_by_its_code(
    run: Run, played: list[dict[str, Any]]
) -> None:
    code = run("event", "create", "event.toml").document["event"]
    assert run("rehearse", code, "--recording", "played.jsonl").status == 0
    assert isinstance(played[0]["script"], Recording)
    assert played[0]["url"] == "https://dialogi.example"
    assert played[0]["join_url"] == f"https://dialogi.example/join/{code}"
    assert played[0]["facilitate_url"].startswith("https://dialogi.example/facilitate/")
    assert played[0]["speed"] == 1.0


def test_a_rehearsal_with_links_needs_no_database(
    run: Run, folder: Path, played: list[dict[str, Any]]
) -> None:
    links = ("--join", "http://h:1/join/X", "--facilitate", "http://h:1/facilitate/t")
    assert run("rehearse", "X", "--participants", "7", "--minutes", "2", *links).status == 0
    assert played[0]["script"] == [
        {"participants": 7, "minutes": 2.0, "join_url": "http://h:1/join/X"}
    ]
    assert (played[0]["url"], played[0]["join_url"]) == (None, "http://h:1/join/X")
    assert not (folder / "data.sqlite").exists()


def test_a_rehearsal_that_lost_something_fails_after_its_report(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        dialogi.rehearsal, "rehearse", lambda *_, **__: {"lost": 1, "converged": True}
    )
    links = ("--join", "http://h:1/join/X", "--facilitate", "http://h:1/facilitate/t")
    outcome = run("rehearse", "X", "--recording", "played.jsonl", *links)
    assert (outcome.status, outcome.document["lost"]) == (1, 1)
    assert outcome.err.count("\n") == 1


def test_a_rehearsal_that_cannot_begin_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rehearse(*_: Any, **__: Any) -> None:
        raise RehearsalError("nobody answers; start the server")

    monkeypatch.setattr(dialogi.rehearsal, "rehearse", rehearse)
    links = ("--join", "http://h:1/join/X", "--facilitate", "http://h:1/facilitate/t")
    assert_one_line(run("rehearse", "X", "--recording", "played.jsonl", *links))


# --- backup


def test_a_backup_is_a_whole_database_of_its_own_while_others_write(run: Run, folder: Path) -> None:
    run("event", "create", "event.toml")
    stop = threading.Event()
    joined: list[dict[str, Any]] = []

    def keep_joining() -> None:
        while not stop.is_set():
            joined.extend(write_alone(folder / "data.sqlite", [joining(len(joined))]))

    writing = threading.Thread(target=keep_joining)
    writing.start()
    try:
        done = run("backup", "copy.sqlite")
    finally:
        stop.set()
        writing.join()
    assert (done.status, done.document["integrity"]) == (0, "ok")
    assert joined
    copy = open_database(folder / "copy.sqlite")
    people = copy.execute("SELECT COUNT(*) FROM participant").fetchone()[0]
    numbers = copy.execute("SELECT MAX(number), revision FROM participant, event").fetchone()
    copy.close()
    assert people <= len(joined)
    assert (numbers[0] or 0) == people
    assert (folder / "copy.sqlite").stat().st_mode & 0o077 == 0


def joining(at: int) -> Command:
    payload = {"name": "", "affiliation": "", "room": "", "resume_hash": str(at)}
    return Command(1, "door", "participant.join", payload, f"00000000-0000-4000-8000-{at:012}")


def test_a_backup_never_overwrites(run: Run, folder: Path) -> None:
    run("event", "create", "event.toml")
    (folder / "copy.sqlite").write_text("precious")
    outcome = run("backup", "copy.sqlite")
    assert_one_line(outcome)
    assert (folder / "copy.sqlite").read_text() == "precious"


def test_a_backup_that_fails_leaves_nothing_behind(run: Run, folder: Path) -> None:
    (folder / "data.sqlite").write_text("this is no database, and long enough to tell" * 100)
    assert_one_line(run("backup", "copy.sqlite"))
    assert not (folder / "copy.sqlite").exists()


# --- as a program


def test_the_program_runs_from_any_folder(folder: Path) -> None:
    environment = {"DIALOGI_DATABASE": str(folder / "data.sqlite")}
    made = command_line(folder, "event", "create", "event.toml", environment=environment)
    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout)["links"]["join"].startswith("http://127.0.0.1:5000/join/")
    database = sqlite3.connect(folder / "data.sqlite")
    assert database.execute("SELECT COUNT(*) FROM event").fetchone() == (1,)
    database.close()


def test_the_command_line_never_loads_the_server_or_eventlet() -> None:
    probe = (
        "import sys, dialogi.cli as cli; cli.main(['event', 'list']); "
        "print(sorted({'eventlet', 'flask', 'gevent', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=clean_environment() | {"DIALOGI_DATABASE": "/nonexistent/none.sqlite"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "[]\n[]\n"
