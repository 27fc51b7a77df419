"""Whole events played against a real server: nothing lost, everybody converged, the list right.

What the product exports at the end is compared with the oracle's reading of the recording.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import oracle, recordings
from tests.support.pen import Size
from tests.support.recordings import HALL, LARGEST, SMALL
from tests.support.server import Links, Server, clean_environment, command_line

pytestmark = pytest.mark.server

UNSETTLED = replace(SMALL, settles=False)


def rehearsal(links: Links, server: Server, recording: Path) -> list[str]:
    """Return the arguments that play a recording as browsers would, without the database."""
    urls = ["--url", server.url, "--join", links["join"], "--facilitate", links["facilitate"]]
    return ["rehearse", links["event"], "--recording", str(recording), *urls, "--speed", "120"]


def play(server: Server, recording: Path, elsewhere: Path, timeout: float = 100) -> Played:
    """Play a recording on a new event from another folder, and return what came of it."""
    links = server.event_from(recording)
    done = command_line(elsewhere, *rehearsal(links, server, recording), timeout=timeout)
    assert done.stdout, done.stderr
    return Played(links["event"], json.loads(done.stdout), done.stderr)


class Played:
    """An event after a replay, the player's report, and what it said meanwhile."""

    def __init__(self, event: str, report: dict[str, Any], said: str) -> None:
        self.event, self.report, self.said = event, report, said


def assert_undisturbed(played: Played, lines: list[dict[str, Any]]) -> None:
    """Assert that every command arrived once, was accepted and was seen by all."""
    report = played.report
    commands = sum("command" in line for line in lines)
    people = sum("participant" in line and "command" not in line for line in lines)
    expected = {"commands": commands, "acked": commands, "refused": 0, "lost": 0, "resyncs": 0}
    assert {key: report[key] for key in expected} == expected, played.said
    assert report["converged"] is True, played.said
    assert report["people"] == people
    assert report["deltas"] > 0
    for times in (report["ack_ms"], report["seen_ms"]):
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]


def assert_replays_as_the_oracle_says(
    server: Server, recording: Path, elsewhere: Path, timeout: float = 100
) -> Played:
    """Play a recording and compare the export with the oracle's."""
    lines = oracle.read(recording)
    played = play(server, recording, elsewhere, timeout)
    assert_undisturbed(played, lines)
    assert oracle.normalise(server.exported(played.event)) == oracle.expected(lines)
    return played


def assert_round_trip(server: Server, event: str, elsewhere: Path, timeout: float = 100) -> Path:
    """Export an event's recording, play it on a second event, and compare the two exports."""
    recording = server.export(event, "recording")
    before = server.exported(event)
    first = oracle.normalise(before)
    assert oracle.expected(oracle.read(recording)) == first
    again = play(server, recording, elsewhere, timeout)
    assert_undisturbed(again, oracle.read(recording))
    after = server.exported(again.event)
    assert oracle.normalise(after) == first
    assert languages(after) == languages(before)
    return recording


def languages(export: dict[str, Any]) -> list[str]:
    """Return the languages of an export's questions in the order of asking."""
    return [question["lang"] for question in export["questions"]]


def test_the_seattle_conversation_replays_and_its_recording_replays_again(
    server: Server, shared_data: Path, tmp_path: Path
) -> None:
    recording = shared_data / "recordings" / "seattle.jsonl"
    played = assert_replays_as_the_oracle_says(server, recording, tmp_path)
    assert_round_trip(server, played.event, tmp_path)


@pytest.mark.parametrize("size", [SMALL, UNSETTLED], ids=["settled", "proposed"])
def test_a_small_event_with_every_command_replays_and_its_recording_replays_again(
    server: Server, tmp_path: Path, size: Size
) -> None:
    lines = recordings.generate(11, size)
    recording = recordings.write(tmp_path / "small.jsonl", lines)
    played = assert_replays_as_the_oracle_says(server, recording, tmp_path)
    assert_round_trip(server, played.event, tmp_path)


def test_a_recording_verifies_and_a_tampered_one_does_not(server: Server, tmp_path: Path) -> None:
    lines = recordings.generate(12, SMALL)
    played = play(server, recordings.write(tmp_path / "small.jsonl", lines), tmp_path)
    recording = server.export(played.event, "recording")
    verified = command_line(tmp_path, "verify", recording)
    assert verified.returncode == 0, verified.stderr
    exported = oracle.read(recording)
    for index in telling_votes(exported):
        tampered = [line for place, line in enumerate(exported) if place != index]
        path = recordings.write(tmp_path / "tampered.jsonl", tampered)
        verified = command_line(tmp_path, "verify", path)
        assert verified.returncode == 1, f"without {exported[index]}"
        assert len(verified.stderr.strip().splitlines()) == 1


def telling_votes(lines: list[dict[str, Any]]) -> list[int]:
    """Return places of votes without which the list's support would differ: the last such two."""
    whole = oracle.expected(lines)["toplist"]
    found: list[int] = []
    for index in reversed(range(len(lines))):
        rest = [line for place, line in enumerate(lines) if place != index]
        if lines[index].get("command") == "vote.set" and oracle.expected(rest)["toplist"] != whole:
            found.append(index)
        if len(found) == 2:
            break
    return found


def test_three_power_cuts_in_the_middle_of_an_event_lose_and_double_nothing(
    own_server: Server, shared_data: Path, tmp_path: Path
) -> None:
    recording = shared_data / "recordings" / "seattle.jsonl"
    lines = oracle.read(recording)
    links = own_server.event_from(recording)
    player = subprocess.Popen(
        [sys.executable, "-m", "dialogi", *rehearsal(links, own_server, recording)],
        cwd=tmp_path,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        for votes in (40, 160, 300):
            wait_for_revision(own_server, links["event"], votes)
            assert player.poll() is None
            own_server.restart()
        out, err = player.communicate(timeout=90)
    finally:
        player.kill()
        player.wait()
    assert out, err
    report = json.loads(out)
    commands = sum("command" in line for line in lines)
    assert (report["acked"], report["refused"], report["lost"]) == (commands, 0, 0)
    assert report["converged"] is True, err
    export = own_server.exported(links["event"])
    assert export["event"]["revision"] >= commands
    assert oracle.normalise(export) == oracle.expected(lines)
    ledger = oracle.read(own_server.export(links["event"], "recording"))
    assert sum("command" in line for line in ledger) == commands


def wait_for_revision(server: Server, event: str, revision: int, within: float = 60) -> None:
    """Wait until an event's ledger, people's joining not counted, is that long."""
    end = time.monotonic() + within
    while True:
        ledger = oracle.read(server.export(event, "recording"))
        if sum("command" in line for line in ledger) >= revision:
            return
        assert time.monotonic() < end, f"only {len(ledger)} lines after {within} s"
        time.sleep(0.2)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["taxes", "climate-de"])
def test_the_larger_conversations_replay_and_their_recordings_replay_again(
    server: Server, shared_data: Path, tmp_path: Path, name: str
) -> None:
    recording = shared_data / "recordings" / f"{name}.jsonl"
    played = assert_replays_as_the_oracle_says(server, recording, tmp_path, 500)
    assert_round_trip(server, played.event, tmp_path, 500)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(20, 30))
def test_small_events_of_many_kinds_replay(server: Server, tmp_path: Path, seed: int) -> None:
    size = replace(SMALL, settles=seed % 2 == 0, rooms=2 + seed % 7)
    recording = recordings.write(tmp_path / "small.jsonl", recordings.generate(seed, size))
    played = assert_replays_as_the_oracle_says(server, recording, tmp_path)
    assert_round_trip(server, played.event, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("size", [HALL, LARGEST], ids=["hall", "largest"])
def test_large_events_with_every_command_replay(server: Server, tmp_path: Path, size: Size) -> None:
    recording = recordings.write(tmp_path / "large.jsonl", recordings.generate(5, size))
    played = assert_replays_as_the_oracle_says(server, recording, tmp_path, 800)
    assert_round_trip(server, played.event, tmp_path, 800)
