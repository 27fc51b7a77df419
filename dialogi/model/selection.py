"""Rules that choose the list, and the audit of whom it represents. Pure, exact, no dependency.

Rules: `seqpav`, sequential proportional approval voting (Thiele 1895); `votes`, plain counting.
Contract, section 7, fixes both to the last tie.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import lcm

DEFAULT_RULE = "seqpav"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A root question that may be chosen: who stands behind it and from how many rooms."""

    id: int
    people: frozenset[int]
    rooms: int


@dataclass(frozen=True, slots=True)
class Place:
    """A chosen candidate and the ids of those that had the same sum at its place."""

    id: int
    tied_with: tuple[int, ...]


def propose(rule: str, candidates: Sequence[Candidate], places: int) -> list[Place]:
    """The list that `rule` chooses from `candidates`, given in the order of asking.

    At most `places` long, shorter where there are fewer candidates. KeyError for an unknown rule.
    """
    return RULES[rule](candidates, places)


def seqpav(candidates: Sequence[Candidate], places: int) -> list[Place]:
    """Fill the places one by one; a person with n chosen questions weighs 1 / (1 + n).

    Weights are whole numbers, the least common multiple of 1 … places (at least 10) over 1 + n, so
    sums are exact. People are bits of whole numbers: one level for each n, so that a sum takes a
    few bit counts instead of a walk over the people.
    """
    unit = lcm(*range(1, max(10, places) + 1))
    masks = _masks(candidates)
    levels = [_union(masks)]  # levels[n]: the people who stand behind n of the chosen
    left = list(range(len(candidates)))
    chosen: list[Place] = []
    while left and len(chosen) < places:
        sums = {
            at: sum(
                unit // (1 + n) * (masks[at] & level).bit_count() for n, level in enumerate(levels)
            )
            for at in left
        }
        most = max(sums.values())
        tied = [at for at in left if sums[at] == most]
        best = min(tied, key=lambda at: _tie_break(candidates[at], at))
        chosen.append(_place(candidates, best, tied))
        left.remove(best)
        levels.append(0)
        for n in range(len(levels) - 2, -1, -1):
            moved = levels[n] & masks[best]
            levels[n] ^= moved
            levels[n + 1] |= moved
    return chosen


def votes(candidates: Sequence[Candidate], places: int) -> list[Place]:
    """Most people first."""
    order = sorted(range(len(candidates)), key=lambda at: _tie_break(candidates[at], at))
    equals: dict[int, list[int]] = {}
    for at in range(len(candidates)):
        equals.setdefault(len(candidates[at].people), []).append(at)
    return [_place(candidates, at, equals[len(candidates[at].people)]) for at in order[:places]]


RULES: dict[str, Callable[[Sequence[Candidate], int], list[Place]]] = {
    "seqpav": seqpav,
    "votes": votes,
}


def represented(lists: Iterable[frozenset[int]], people: Iterable[int]) -> dict[str, int]:
    """The audit: how many of `people` stand behind at least 1, 2 and 3 of the chosen.

    `lists` holds the people behind each chosen question.
    """
    stands: dict[int, int] = dict.fromkeys(people, 0)
    for supporters in lists:
        for person in supporters:
            if person in stands:
                stands[person] += 1
    return {str(n): sum(1 for count in stands.values() if count >= n) for n in (1, 2, 3)}


def _masks(candidates: Sequence[Candidate]) -> list[int]:
    position = {person: bit for bit, person in enumerate(sorted(_union_of_people(candidates)))}
    return [sum(1 << position[person] for person in c.people) for c in candidates]


def _union_of_people(candidates: Sequence[Candidate]) -> frozenset[int]:
    return frozenset().union(*(candidate.people for candidate in candidates))


def _union(masks: Iterable[int]) -> int:
    everybody = 0
    for mask in masks:
        everybody |= mask
    return everybody


def _tie_break(candidate: Candidate, asked: int) -> tuple[int, int, int]:
    return (-len(candidate.people), -candidate.rooms, asked)


def _place(candidates: Sequence[Candidate], at: int, tied: Sequence[int]) -> Place:
    return Place(candidates[at].id, tuple(candidates[other].id for other in tied if other != at))
