"""Folding one stream's deltas into the state they describe. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeAlias

Key: TypeAlias = tuple[str, str]
Entity: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed in a stream after one revision and up to another."""

    stream: str
    after: int
    revision: int
    changes: tuple[tuple[Key, Entity | None], ...]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Delta:
        """From the wire's `{stream, after, revision, changes}`."""
        return cls(data["stream"], data["after"], data["revision"], _changes(data["changes"]))


class Outcome(Enum):
    """What became of a delta."""

    IGNORED = auto()
    APPLIED = auto()
    HELD = auto()
    GAP = auto()


@dataclass(slots=True)
class Stream:
    """One followed stream: the entities as of a revision, and the deltas that came too early."""

    name: str
    revision: int | None = None
    entities: dict[Key, Entity] = field(default_factory=dict)
    asking: bool = False
    again: bool = False
    _held: list[Delta] = field(default_factory=list)

    def ask(self) -> dict[str, Any]:
        """The payload of `subscribe`; until its answer is taken, deltas are held."""
        self.asking = True
        self.again = False
        if self.revision is None:
            return {"stream": self.name}
        return {"stream": self.name, "revision": self.revision}

    def take(self, answer: dict[str, Any]) -> list[Delta]:
        """Takes the answer to `subscribe`, then the deltas held meanwhile; returns those applied.

        `again` is true afterwards if a held delta did not fit: subscribe once more.
        """
        if answer["whole"]:
            self.entities = {}
        self._fold(_changes(answer["changes"]))
        self.revision = answer["revision"]
        self.asking = False
        held, self._held = self._held, []
        outcomes = [(delta, self.offer(delta)) for delta in held]
        self.again = self.again or any(outcome is Outcome.GAP for _, outcome in outcomes)
        return [delta for delta, outcome in outcomes if outcome is Outcome.APPLIED]

    def lose(self) -> None:
        """The connection ended, and with it the subscription and whatever was held."""
        self.asking = False
        self._held.clear()

    def offer(self, delta: Delta) -> Outcome:
        """Applies a delta if it is new and nothing is missing before it; a gap asks for more."""
        if self.asking or self.revision is None:
            self._held.append(delta)
            return Outcome.HELD
        if delta.revision <= self.revision:
            return Outcome.IGNORED
        if delta.after > self.revision:
            return Outcome.GAP
        self._fold(delta.changes)
        self.revision = delta.revision
        return Outcome.APPLIED

    def of_type(self, kind: str) -> list[Entity]:
        """The entities of one type."""
        return [entity for (type_, _), entity in self.entities.items() if type_ == kind]

    def _fold(self, changes: Iterable[tuple[Key, Entity | None]]) -> None:
        entities = self.entities
        for key, entity in changes:
            if entity is None:
                entities.pop(key, None)
            else:
                entities[key] = entity


def snapshot(answer: dict[str, Any]) -> dict[Key, Entity]:
    """The entities of a whole answer to `subscribe`."""
    return {key: entity for key, entity in _changes(answer["changes"]) if entity is not None}


def _changes(changes: list[Entity]) -> tuple[tuple[Key, Entity | None], ...]:
    return tuple(
        ((change["type"], change["id"]), None if change.get("gone") else change)
        for change in changes
    )
