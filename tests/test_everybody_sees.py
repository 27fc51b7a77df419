"""What everybody sees while an event goes on: as much as the contract says, and never more.

Every command is played by raw clients with all others watching. Time and again each client's own
folding of its deltas must equal a fresh snapshot and what the oracle says this person may see.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import replace

import pytest

from tests.support import recordings, sight
from tests.support.client import Person
from tests.support.folding import Folded, differences
from tests.support.recordings import SMALL
from tests.support.server import Server
from tests.support.stage import Actor, Stage

pytestmark = pytest.mark.server

SIZE = replace(SMALL, people=14, rooms=3, commands=420, questions=40, facilitated=0.3)


@pytest.mark.parametrize(
    ("seed", "every"),
    [
        (41, 12),
        pytest.param(42, 1, marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
        *(
            pytest.param(seed, 7, marks=[pytest.mark.long, pytest.mark.timeout(600)])
            for seed in range(43, 50)
        ),
    ],
)
def test_everybody_sees_what_they_may_and_deltas_add_up_to_it(
    server: Server, seed: int, every: int
) -> None:
    lines = recordings.generate(seed, replace(SIZE, settles=seed % 2 == 1, rooms=2 + seed % 3))
    header = lines[0]
    rooms = [{"name": name} for name in header["rooms"]]
    stage = Stage(server, server.event_from({**header["event"], "rooms": rooms}))
    stage.watch("public", "results", "public")
    stage.watch("projector", "present", "projector")
    read: dict[str, int] = {}
    try:
        for index, line in enumerate(lines):
            stage.play(line)
            if "command" in line and (index % every == 0 or index == len(lines) - 1):
                assert_everybody_sees_what_they_may(stage, line)
                assert_unseen_texts_stay_with_their_authors(stage, read)
        assert_nothing_came_after_a_move(stage)
        assert all(
            not folded.gaps and not folded.resyncs
            for actor in stage.actors.values()
            for folded in actor.socket.streams.values()
        )
    finally:
        stage.close()


def test_who_joins_just_when_a_lead_begins_to_look_is_missed_by_no_delta(
    own_server: Server,
) -> None:
    event = {"title": "T", "question": "Q", "language": "en", "rooms": [{"name": "A"}]}
    for _ in range(6):  # the very first changes after a start, and of an event, are the hard ones
        links = own_server.event_from(event)
        lead = Person(own_server.url)
        lead.get(links["facilitate"])
        joining = [
            threading.Thread(target=Person(own_server.url).join, args=(links["join"],))
            for _ in range(6)
        ]
        with lead.connect(links["event"], "lead") as socket:
            for thread in joining[:3]:
                thread.start()
            socket.subscribe("lead")
            socket.subscribe("event")
            for thread in joining[3:]:
                thread.start()
            for thread in joining:
                thread.join()
            socket.assert_converged("lead")
            socket.assert_converged("event")
            assert len(socket.streams["lead"].of_type("participant")) == 6


def assert_everybody_sees_what_they_may(stage: Stage, line: dict[str, object]) -> None:
    """Assert that each client's pictures become right within a few ticks."""
    for actor in stage.actors.values():
        for stream in actor.streams:
            end = time.monotonic() + 3
            while found := mistakes(stage, actor, stream):
                assert time.monotonic() < end, "\n".join(
                    [f"{actor.name} in {stream} after {line}:", *found]
                )
                time.sleep(0.03)


def mistakes(stage: Stage, actor: Actor, stream: str) -> list[str]:
    """Return what is wrong with a client's picture of a stream, a line each."""
    folded = actor.socket.streams[stream]
    seen, due = sight.actual(folded), sight.expected(stage, actor, stream)
    found = [
        f"{key}: shown {seen.get(key)} | due {due.get(key)}"
        for key in sorted({*seen, *due})
        if seen.get(key) != due.get(key)
    ]
    return found or sight.wrong_sides(stage, folded) or unlike_fresh(actor, folded)


def unlike_fresh(actor: Actor, folded: Folded) -> list[str]:
    """Return where a client's picture differs from a fresh snapshot."""
    return differences(folded, actor.socket.fresh(folded.stream))


def assert_unseen_texts_stay_with_their_authors(stage: Stage, read: dict[str, int]) -> None:
    """Assert that no frame since the last look holds a text that only its author may know."""
    secrets = [(key, stage.world.questions[key].author) for key in sight.unseen(stage.world)]
    for name, actor in stage.actors.items():
        frames = actor.socket.frames
        came = "".join(text for way, text in frames[read.get(name, 0) :] if way == "<")
        read[name] = len(frames)
        for key, author in secrets:
            assert name == author or not re.search(rf"\({key}[) ]", came), (
                f"{name} was sent {key} of {author}, which nobody may know yet"
            )


def assert_nothing_came_after_a_move(stage: Stage) -> None:
    """Assert that a moved or removed person got no later delta of what they followed before."""
    for ended in stage.ended:
        for way, frame in stage.actors[ended.name].socket.frames[ended.frames :]:
            if way == ">" and "subscribe" in frame:
                if json.loads(frame[frame.index("[") :])[1]["stream"] == ended.stream:
                    break
            elif way == "<" and frame.startswith('42["delta"'):
                delta = json.loads(frame[2:])[1]
                assert delta["stream"] != ended.stream or delta["revision"] < ended.revision, (
                    f"{ended.name} got {delta} after revision {ended.revision}"
                )
