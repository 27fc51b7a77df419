"""The rehearsal player's folding of streams, and what it counts and times."""

from __future__ import annotations

from typing import Any

from dialogi.rehearsal.convergence import difference_between
from dialogi.rehearsal.measure import Sightings, percentiles
from dialogi.rehearsal.streams import Delta, Outcome, Stream

Line = dict[str, Any]


def delta(after: int, revision: int, *changes: Line) -> Delta:
    return Delta.of(
        {"stream": "room:1", "after": after, "revision": revision, "changes": list(changes)}
    )


def question(key: str, **fields: Any) -> Line:
    return {"type": "question", "id": key, **fields}


def answer(revision: int, *changes: Line, whole: bool = True) -> Line:
    return {"ok": True, "revision": revision, "changes": list(changes), "whole": whole}


def followed(revision: int, *changes: Line) -> Stream:
    stream = Stream("room:1")
    stream.ask()
    stream.take(answer(revision, *changes))
    return stream


def test_a_delta_that_follows_is_applied() -> None:
    stream = followed(5, question("1", text="old"), question("2"))
    gone = {"type": "question", "id": "2", "gone": True}
    assert stream.offer(delta(5, 7, question("1", text="new"), gone)) is Outcome.APPLIED
    assert stream.entities == {("question", "1"): question("1", text="new")}
    assert stream.revision == 7


def test_a_delta_that_is_not_newer_is_ignored() -> None:
    stream = followed(5, question("1", text="new"))
    assert stream.offer(delta(3, 5, question("1", text="old"))) is Outcome.IGNORED
    assert stream.entities["question", "1"]["text"] == "new"


def test_a_delta_that_overlaps_is_applied() -> None:
    assert followed(5).offer(delta(3, 8)) is Outcome.APPLIED


def test_a_delta_after_a_gap_is_not_applied() -> None:
    stream = followed(5)
    assert stream.offer(delta(6, 8, question("1"))) is Outcome.GAP
    assert (stream.revision, stream.entities) == (5, {})


def test_deltas_before_the_answer_are_held_and_then_applied_in_order() -> None:
    stream = Stream("room:1")
    assert stream.ask() == {"stream": "room:1"}
    assert stream.offer(delta(4, 6, question("1", text="old"))) is Outcome.HELD
    assert stream.offer(delta(6, 9, question("1", text="new"))) is Outcome.HELD
    applied = stream.take(answer(6, question("1", text="old")))
    assert [each.revision for each in applied] == [9]
    assert stream.entities["question", "1"]["text"] == "new"
    assert not stream.again


def test_a_held_delta_that_does_not_fit_asks_once_more() -> None:
    stream = followed(5)
    assert stream.ask() == {"stream": "room:1", "revision": 5}
    stream.offer(delta(8, 9))
    stream.take(answer(6, whole=False))
    assert stream.again
    assert stream.revision == 6


def test_a_whole_answer_replaces_everything_and_another_only_adds() -> None:
    stream = followed(5, question("1"))
    stream.ask()
    stream.take(answer(6, question("2"), whole=False))
    assert set(stream.entities) == {("question", "1"), ("question", "2")}
    stream.ask()
    stream.take(answer(7, question("3")))
    assert set(stream.entities) == {("question", "3")}


def test_a_lost_connection_forgets_what_was_held() -> None:
    stream = followed(5)
    stream.ask()
    stream.offer(delta(5, 6))
    stream.lose()
    stream.ask()
    assert stream.take(answer(5, whole=False)) == []


def test_a_difference_names_the_entity_and_the_field() -> None:
    mine = {("support", "1"): {"people": 3}}
    assert difference_between(mine, {("support", "1"): {"people": 3}}) == ""
    assert "support 1: people is 3, should be 4" in difference_between(
        mine, {("support", "1"): {"people": 4}}
    )
    assert "support 1 is missing" in difference_between({}, mine)
    assert "support 1 is no longer there" in difference_between(mine, {})


def test_percentiles_are_nearest_ranks_in_milliseconds() -> None:
    assert percentiles([n / 1000 for n in range(1, 101)]) == {"p50": 50, "p95": 95, "p99": 99}
    assert percentiles([0.002]) == {"p50": 2, "p95": 2, "p99": 2}
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None}


def test_seen_is_when_the_last_other_person_holds_the_first_delta_that_covers_it() -> None:
    sightings = Sightings()
    sightings.expect("room:1", 6, "author", 1.0)
    for person, at in (("a", 1.2), ("b", 1.5), ("author", 9.0)):
        sightings.delta("room:1", 5, 7, person, at)
        sightings.delta("room:1", 7, 8, person, at + 20)
        sightings.delta("room:2", 5, 7, person, at + 20)
    assert sightings.seconds() == [0.5]


def test_seen_waits_for_whoever_had_to_catch_up() -> None:
    sightings = Sightings()
    sightings.expect("room:1", 6, "author", 1.0)
    sightings.delta("room:1", 5, 7, "a", 1.2)
    sightings.catch_up("room:1", 4, 9, "b", 3.0)
    sightings.catch_up("room:1", 6, 9, "c", 5.0)
    assert sightings.seconds() == [2.0]


def test_what_nobody_else_could_see_is_not_measured() -> None:
    sightings = Sightings()
    sightings.expect("room:1", 6, "author", 1.0)
    sightings.delta("room:1", 5, 7, "author", 1.2)
    assert sightings.seconds() == []
