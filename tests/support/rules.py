"""The two rules that choose a list, written as the contract says them: slow, exact, plain.

Nothing here knows rooms, phases or merges; `oracle` turns an event into candidates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Entrant:
    """A candidate: its name, the people behind it, and how many rooms these people sit in."""

    name: str
    people: frozenset[str]
    rooms: int


@dataclass(frozen=True)
class Chosen:
    """One place of a list and the names of all who had as good a claim to it."""

    name: str
    tied_with: frozenset[str]


def propose(rule: str, entrants: Sequence[Entrant], places: int) -> list[Chosen]:
    """Return at most `places` chosen of `entrants`, which come in the order of asking."""
    return {"seqpav": seqpav, "votes": votes}[rule](entrants, places)


def seqpav(entrants: Sequence[Entrant], places: int) -> list[Chosen]:
    """Sequential proportional approval voting: who has n of the list already weighs 1/(1+n)."""
    chosen: list[Chosen] = []
    left = list(entrants)
    has: Counter[str] = Counter()
    while left and len(chosen) < places:
        score = {
            entrant.name: sum(
                (Fraction(1, 1 + has[person]) for person in entrant.people), Fraction(0)
            )
            for entrant in left
        }
        best = max(score.values())
        level = [entrant for entrant in left if score[entrant.name] == best]
        winner = first_of(level)
        tied = frozenset(entrant.name for entrant in level if entrant != winner)
        chosen.append(Chosen(winner.name, tied))
        left.remove(winner)
        has.update(winner.people)
    return chosen


def votes(entrants: Sequence[Entrant], places: int) -> list[Chosen]:
    """Most people first; tied are all others, on the list or not, with equally many."""
    left = list(entrants)
    chosen: list[Chosen] = []
    while left and len(chosen) < places:
        most = max(len(entrant.people) for entrant in left)
        winner = first_of([entrant for entrant in left if len(entrant.people) == most])
        tied = frozenset(
            entrant.name
            for entrant in entrants
            if len(entrant.people) == most and entrant != winner
        )
        chosen.append(Chosen(winner.name, tied))
        left.remove(winner)
    return chosen


def first_of(level: Sequence[Entrant]) -> Entrant:
    """Break a tie: more people, then more rooms among them, then earlier asked."""
    people = max(len(entrant.people) for entrant in level)
    level = [entrant for entrant in level if len(entrant.people) == people]
    rooms = max(entrant.rooms for entrant in level)
    return next(entrant for entrant in level if entrant.rooms == rooms)
