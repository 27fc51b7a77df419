"""The lists that the rules choose: real conversations, and every step of a tie-break.

Each sentence is asked of the oracle and of the product.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogi.model import selection
from tests.support import polis, rules
from tests.support.rules import Entrant

NAMES_IN_GOLDEN = {"votes": "av", "seqpav": "seqpav"}

Chosen = list[tuple[str, set[str]]]
Propose = Callable[[str, Sequence[Entrant], int], Chosen]


def by_oracle(rule: str, entrants: Sequence[Entrant], places: int) -> Chosen:
    """Return the oracle's list."""
    return [(each.name, set(each.tied_with)) for each in rules.propose(rule, entrants, places)]


def by_product(rule: str, entrants: Sequence[Entrant], places: int) -> Chosen:
    """Return the product's list; its ids and people are integers."""
    numbers: dict[str, int] = {}
    for entrant in entrants:
        for person in sorted(entrant.people):
            numbers.setdefault(person, len(numbers))
    candidates = [
        selection.Candidate(
            id=1000 + index,
            people=frozenset(numbers[person] for person in entrant.people),
            rooms=entrant.rooms,
        )
        for index, entrant in enumerate(entrants)
    ]
    return [
        (
            entrants[place.id - 1000].name,
            {entrants[tied - 1000].name for tied in place.tied_with},
        )
        for place in selection.propose(rule, candidates, places)
    ]


either = pytest.mark.parametrize(
    "propose", [pytest.param(by_oracle, id="oracle"), pytest.param(by_product, id="product")]
)


def entrant(name: str, people: str, rooms: int = 1) -> Entrant:
    """Return a candidate; each letter of `people` is a person."""
    return Entrant(name, frozenset(people), rooms)


@either
@pytest.mark.parametrize("rule", ["votes", "seqpav"])
def test_the_golden_lists_of_all_nine_conversations_are_reproduced(
    propose: Propose, rule: str, shared_data: Path
) -> None:
    golden = json.loads((shared_data / "polis" / "golden_k10.json").read_text("utf-8"))
    names = polis.conversations(shared_data / "polis")
    assert len(names) == 9
    assert sorted(golden) == names
    for name in names:
        entrants = polis.entrants(shared_data / "polis" / name)
        order = [int(chosen) for chosen, _ in propose(rule, entrants, 10)]
        assert order == golden[name]["rules"][NAMES_IN_GOLDEN[rule]]["order"], name


@either
def test_seqpav_has_no_ties_in_the_real_conversations_and_votes_has(
    propose: Propose, shared_data: Path
) -> None:
    tied = {"votes": 0, "seqpav": 0}
    for name in polis.conversations(shared_data / "polis"):
        entrants = polis.entrants(shared_data / "polis" / name)
        for rule in tied:
            tied[rule] += sum(bool(ties) for _, ties in propose(rule, entrants, 10))
    assert tied["seqpav"] == 0
    assert tied["votes"] > 0


@either
def test_seqpav_prefers_people_who_have_nothing_on_the_list_yet(propose: Propose) -> None:
    entrants = [entrant("a", "123456"), entrant("b", "12345"), entrant("c", "789")]
    assert [name for name, _ in propose("seqpav", entrants, 2)] == ["a", "c"]
    assert [name for name, _ in propose("votes", entrants, 2)] == ["a", "b"]


@either
def test_equal_sums_go_to_more_people(propose: Propose) -> None:
    # After a, both weigh one: b has a fresh person, c two that have one question already.
    entrants = [entrant("a", "1234"), entrant("b", "5"), entrant("c", "12")]
    assert propose("seqpav", entrants, 2) == [("a", set()), ("c", {"b"})]


@either
def test_more_people_win_also_over_more_rooms(propose: Propose) -> None:
    entrants = [entrant("a", "12345"), entrant("b", "67", rooms=2), entrant("c", "1234", rooms=1)]
    assert propose("seqpav", entrants, 2) == [("a", set()), ("c", {"b"})]


@either
@pytest.mark.parametrize("rule", ["votes", "seqpav"])
def test_equal_people_go_to_more_rooms_among_them(propose: Propose, rule: str) -> None:
    entrants = [entrant("a", "12", 1), entrant("b", "34", 2)]
    assert propose(rule, entrants, 1) == [("b", {"a"})]


@either
@pytest.mark.parametrize("rule", ["votes", "seqpav"])
def test_equal_rooms_go_to_the_earlier_asked(propose: Propose, rule: str) -> None:
    entrants = [entrant("a", "12", 2), entrant("b", "34", 2), entrant("c", "56", 2)]
    assert propose(rule, entrants, 1) == [("a", {"b", "c"})]


@either
def test_a_tie_of_seqpav_names_those_chosen_later_but_not_those_chosen_before(
    propose: Propose,
) -> None:
    entrants = [entrant("a", "12"), entrant("b", "34"), entrant("c", "56")]
    assert propose("seqpav", entrants, 2) == [("a", {"b", "c"}), ("b", {"c"})]


@either
def test_a_tie_of_votes_names_all_with_equally_many_also_those_chosen_before(
    propose: Propose,
) -> None:
    entrants = [entrant("a", "12"), entrant("b", "34"), entrant("c", "56"), entrant("d", "1")]
    assert propose("votes", entrants, 2) == [("a", {"b", "c"}), ("b", {"a", "c"})]


@either
def test_thirds_and_sixths_are_added_exactly(propose: Propose) -> None:
    # After a and b: c is one fresh person, d is three people who have two each: 3 · 1/3 = 1.
    entrants = [
        entrant("a", "123456"),
        entrant("b", "123457"),
        entrant("c", "8"),
        entrant("d", "123"),
    ]
    chosen = propose("seqpav", entrants, 3)
    assert chosen[2] == ("d", {"c"})


@either
@pytest.mark.parametrize("rule", ["votes", "seqpav"])
def test_a_list_is_shorter_than_its_places_when_candidates_run_out(
    propose: Propose, rule: str
) -> None:
    assert propose(rule, [], 10) == []
    assert len(propose(rule, [entrant("a", "1"), entrant("b", "1")], 10)) == 2


@either
def test_a_list_of_thirty_is_exact_beyond_ten_places(propose: Propose) -> None:
    # After twelve choices each of thirteen people weighs 1/13, together exactly one fresh person.
    crowd = "abcdefghijklm"
    entrants = [entrant("fresh", "z"), entrant("old", crowd)]
    entrants += [entrant(f"q{index}", crowd + str(index)) for index in range(9)]
    entrants += [entrant(f"q{index}", crowd + "XYZ"[index - 9]) for index in range(9, 12)]
    chosen = propose("seqpav", entrants, 30)
    assert [name for name, _ in chosen] == [f"q{index}" for index in range(12)] + ["old", "fresh"]
    assert chosen[12:] == [("old", {"fresh"}), ("fresh", set())]


@st.composite
def profiles(draw: st.DrawFn) -> list[Entrant]:
    """Draw candidates with supporters who sit in up to four rooms."""
    seats = draw(st.lists(st.integers(0, 3), min_size=1, max_size=14))
    groups = draw(
        st.lists(st.sets(st.integers(0, len(seats) - 1), min_size=1), min_size=0, max_size=34)
    )
    return [
        Entrant(
            f"q{index}",
            frozenset(f"p{person}" for person in group),
            len({seats[person] for person in group}),
        )
        for index, group in enumerate(groups)
    ]


@settings(max_examples=300, deadline=None)
@given(profiles(), st.sampled_from(["votes", "seqpav"]), st.integers(3, 30))
def test_product_and_oracle_agree_on_any_profile(
    entrants: list[Entrant], rule: str, places: int
) -> None:
    assert by_product(rule, entrants, places) == by_oracle(rule, entrants, places)
