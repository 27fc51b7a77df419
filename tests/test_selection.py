"""The rules that choose the list, as properties of any event; `test_golden` has the examples."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogi.model.selection import RULES, Candidate, Place, propose, represented

EXAMPLES = settings(max_examples=150, deadline=None)
PLACES = st.integers(3, 30)
either = pytest.mark.parametrize("rule", sorted(RULES))


@st.composite
def ballots(draw: st.DrawFn) -> list[Candidate]:
    """Draw candidates in the order of asking; their ids are in another order."""
    groups = draw(st.lists(st.frozensets(st.integers(1, 12), min_size=1), max_size=34))
    rooms = draw(st.lists(st.integers(1, 3), min_size=len(groups), max_size=len(groups)))
    return [
        Candidate(1000 - at, people, count)
        for at, (people, count) in enumerate(zip(groups, rooms, strict=True))
    ]


def best(candidates: list[Candidate], at_stake: list[Candidate], has: dict[int, int]) -> Place:
    """Return whom the next place belongs to, tried one by one in fractions."""
    sums = {
        it.id: sum((Fraction(1, 1 + has.get(person, 0)) for person in it.people), Fraction(0))
        for it in at_stake
    }
    level = [it for it in at_stake if sums[it.id] == max(sums.values())]
    asked = {it.id: at for at, it in enumerate(candidates)}
    winner = min(level, key=lambda it: (-len(it.people), -it.rooms, asked[it.id]))
    return Place(winner.id, tuple(it.id for it in level if it.id != winner.id))


@EXAMPLES
@given(ballots(), PLACES)
def test_every_place_of_seqpav_is_the_best_of_all_that_are_left(
    candidates: list[Candidate], places: int
) -> None:
    left, has = list(candidates), dict[int, int]()
    chosen = propose("seqpav", candidates, places)
    assert len(chosen) == min(places, len(candidates))
    for place in chosen:
        assert place == best(candidates, left, has)
        taken = next(it for it in left if it.id == place.id)
        left.remove(taken)
        for person in taken.people:
            has[person] = has.get(person, 0) + 1


@either
@EXAMPLES
@given(candidates=ballots(), places=PLACES, people=st.permutations(range(1, 13)))
def test_it_does_not_matter_who_the_people_are(
    rule: str, candidates: list[Candidate], places: int, people: list[int]
) -> None:
    others = [
        replace(it, people=frozenset(1_000_000 * people[person - 1] for person in it.people))
        for it in candidates
    ]
    assert propose(rule, others, places) == propose(rule, candidates, places)


@either
@EXAMPLES
@given(candidates=ballots(), places=PLACES, names=st.permutations(range(40)))
def test_it_does_not_matter_what_the_questions_are_called(
    rule: str, candidates: list[Candidate], places: int, names: list[int]
) -> None:
    name = {it.id: names[at] for at, it in enumerate(candidates)}
    others = [replace(it, id=name[it.id]) for it in candidates]
    assert propose(rule, others, places) == [
        Place(name[place.id], tuple(name[tied] for tied in place.tied_with))
        for place in propose(rule, candidates, places)
    ]


@either
@EXAMPLES
@given(candidates=ballots(), places=st.integers(3, 29))
def test_a_longer_list_begins_with_the_shorter(
    rule: str, candidates: list[Candidate], places: int
) -> None:
    shorter = propose(rule, candidates, places)
    assert propose(rule, candidates, places + 1)[: len(shorter)] == shorter


@either
@EXAMPLES
@given(candidates=ballots().filter(bool), places=PLACES, at=st.integers(0, 33))
def test_people_who_support_two_parts_of_a_cluster_count_once(
    rule: str, candidates: list[Candidate], places: int, at: int
) -> None:
    root = candidates[at % len(candidates)]
    part = frozenset(list(root.people)[: at % 3])
    united = [replace(it, people=it.people | part) if it is root else it for it in candidates]
    assert propose(rule, united, places) == propose(rule, candidates, places)


@EXAMPLES
@given(st.lists(st.integers(1, 8), min_size=1, max_size=4), PLACES)
def test_parties_get_places_in_proportion_to_their_people(sizes: list[int], places: int) -> None:
    """Where people stand behind whole lists, seqPAV is d'Hondt's method (Brill et al., 2018)."""
    candidates, start = [], 0
    for party, size in enumerate(sizes):
        people = frozenset(range(start, start + size))
        candidates += [Candidate(100 * party + at, people, 1) for at in range(places)]
        start += size
    seats = [0] * len(sizes)
    for place in propose("seqpav", candidates, places):
        seats[place.id // 100] += 1
    for size, got in zip(sizes, seats, strict=True):
        assert got >= size * places // sum(sizes), "fewer than the whole share"
        for other, theirs in zip(sizes, seats, strict=True):
            assert Fraction(size, got + 1) <= Fraction(other, theirs) if theirs else True


@pytest.mark.parametrize("places", range(3, 31))
def test_sums_are_exact_for_every_length_of_a_list(places: int) -> None:
    # After n choices the crowd of n + 1 weighs as much as one fresh person: at the last place.
    crowd = frozenset(range(places))
    filling = [Candidate(at, crowd | {100 + at}, 1) for at in range(places - 1)]
    candidates = [*filling, Candidate(998, frozenset({200}), 1), Candidate(999, crowd, 1)]
    chosen = propose("seqpav", candidates, places)
    assert [place.id for place in chosen[:-1]] == list(range(places - 1))
    assert chosen[-1] == Place(999, (998,))


@either
def test_ties_go_to_more_people_then_more_rooms_then_the_earlier_asked(rule: str) -> None:
    two, more = frozenset({1, 2}), frozenset({1, 2, 3})
    candidates = [
        Candidate(1, frozenset({4, 5}), 1),
        Candidate(2, frozenset({6, 7}), 1),
        Candidate(3, frozenset({8, 9}), 2),
    ]
    assert [place.id for place in propose(rule, candidates, 3)] == [3, 1, 2]
    assert propose(rule, candidates, 3)[0].tied_with == (1, 2)
    assert propose(rule, [Candidate(1, two, 5), Candidate(2, more, 1)], 1)[0].id == 2


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(KeyError):
        propose("av", [], 3)


@EXAMPLES
@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=12), st.frozensets(st.integers(0, 7)))
def test_the_audit_counts_people_with_at_least_one_two_and_three(
    lists: list[frozenset[int]], people: frozenset[int]
) -> None:
    found = represented(lists, people)
    for least in (1, 2, 3):
        having = [person for person in people if sum(person in each for each in lists) >= least]
        assert found[str(least)] == len(having)
