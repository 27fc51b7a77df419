"""What a rehearsal counts and times. Times come in as seconds of one monotonic clock."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PERCENTILES = (50, 95, 99)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of a sorted, non-empty sequence."""
    return values[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def percentiles(seconds: Iterable[float]) -> dict[str, float | None]:
    """p50, p95 and p99 in milliseconds; none of them when nothing was measured."""
    values = sorted(seconds)
    return {
        f"p{percent}": round(percentile(values, percent) * 1000, 1) if values else None
        for percent in PERCENTILES
    }


@dataclass(slots=True)
class _Arrivals:
    """When the last two people got one delta: the last who is not a given person is needed."""

    after: int
    last: float = -math.inf
    last_person: str = ""
    before: float = -math.inf

    def add(self, person: str, at: float) -> None:
        if person != self.last_person:
            self.before = self.last
        self.last, self.last_person = at, person

    def last_but(self, person: str) -> float:
        return self.before if person == self.last_person else self.last


@dataclass(slots=True)
class Sightings:
    """From sending a command until its last other subscriber holds it.

    Instead of watching each command for each subscriber, it notes when each delta came last and
    looks the command's revision up at the end.
    """

    _revisions: dict[str, list[int]] = field(default_factory=dict)
    _arrivals: dict[tuple[str, int], _Arrivals] = field(default_factory=dict)
    _caught_up: dict[str, list[tuple[int, int, str, float]]] = field(default_factory=dict)
    _expected: list[tuple[str, int, str, float]] = field(default_factory=list)

    def delta(self, stream: str, after: int, revision: int, person: str, at: float) -> None:
        """A person applied a delta."""
        arrivals = self._arrivals.get((stream, revision))
        if arrivals is None:
            arrivals = self._arrivals[stream, revision] = _Arrivals(after)
            insort(self._revisions.setdefault(stream, []), revision)
        arrivals.add(person, at)

    def catch_up(self, stream: str, held: int, revision: int, person: str, at: float) -> None:
        """A person got what changed since the revision they held by subscribing again."""
        self._caught_up.setdefault(stream, []).append((held, revision, person, at))

    def expect(self, stream: str, revision: int, author: str, sent: float) -> None:
        """A command of an author, acked with a revision, that the others of a stream shall see."""
        self._expected.append((stream, revision, author, sent))

    def seconds(self) -> list[float]:
        """How long each expected command took to be seen; not those that nobody else could see."""
        return [
            seen - sent
            for stream, revision, author, sent in self._expected
            if (seen := self._seen(stream, revision, author)) > -math.inf
        ]

    def _seen(self, stream: str, revision: int, author: str) -> float:
        seen = -math.inf
        revisions = self._revisions.get(stream, [])
        place = bisect_left(revisions, revision)
        if place < len(revisions):
            arrivals = self._arrivals[stream, revisions[place]]
            if arrivals.after < revision:
                seen = arrivals.last_but(author)
        for held, reached, person, at in self._caught_up.get(stream, []):
            if person != author and held < revision <= reached:
                seen = max(seen, at)
        return seen


@dataclass(slots=True)
class Tally:
    """The running counts of a rehearsal."""

    lines: int = 0
    commands: int = 0
    sent: int = 0
    acked: int = 0
    refused: int = 0
    lost: int = 0
    deltas: int = 0
    resyncs: int = 0
    last_delta_at: float = 0.0
    ack_seconds: list[float] = field(default_factory=list)
    sightings: Sightings = field(default_factory=Sightings)

    def result(self, people: int, converged: bool) -> dict[str, object]:
        """The rehearsal's result, ready for JSON."""
        return {
            "people": people,
            "lines": self.lines,
            "commands": self.commands,
            "acked": self.acked,
            "refused": self.refused,
            "lost": self.lost,
            "deltas": self.deltas,
            "resyncs": self.resyncs,
            "ack_ms": percentiles(self.ack_seconds),
            "seen_ms": percentiles(self.sightings.seconds()),
            "converged": converged,
        }
