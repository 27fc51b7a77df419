"""What a client knows of one stream, folded from acks and deltas by the contract's section 4."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Entity = dict[str, Any]


@dataclass
class Folded:
    """One stream as one client sees it."""

    stream: str
    revision: int = 0
    entities: dict[tuple[str, str], Entity] = field(default_factory=dict)
    held: list[Entity] | None = None  # deltas that came before the subscribe's ack
    error: Entity | None = None  # why the stream may not be followed (any more)
    gaps: int = 0
    resyncs: int = 0
    deltas: int = 0

    def waiting(self) -> None:
        """Note that a subscribe has been sent; deltas are held until its ack."""
        self.held = []

    def acked(self, ack: Entity) -> bool:
        """Take a subscribe's ack and what was held; tell if a gap asks for another subscribe."""
        held, self.held = self.held or [], None
        self.error = ack.get("error")
        if self.error is not None:
            self.entities.clear()
            return False
        assert ack["stream"] == self.stream
        if ack["whole"]:
            self.entities.clear()
        self._apply(ack["changes"])
        self.revision = ack["revision"]
        return any(self.delta(delta) for delta in held)

    def delta(self, delta: Entity) -> bool:
        """Take a delta; tell if one before it is missing, so that a subscribe is due."""
        self.deltas += 1
        if self.held is not None:
            self.held.append(delta)
        elif delta["revision"] <= self.revision:
            return False
        elif delta["after"] <= self.revision:
            self._apply(delta["changes"])
            self.revision = delta["revision"]
        else:
            self.gaps += 1
            return True
        return False

    def of_type(self, kind: str) -> list[Entity]:
        """Return the entities of one type."""
        return [entity for (each, _), entity in self.entities.items() if each == kind]

    def get(self, kind: str, key: str) -> Entity | None:
        """Return one entity, if it is there."""
        return self.entities.get((kind, key))

    def _apply(self, changes: list[Entity]) -> None:
        for change in changes:
            key = (change["type"], change["id"])
            if change.get("gone"):
                self.entities.pop(key, None)
            else:
                self.entities[key] = change


def differences(ours: Folded, theirs: Folded) -> list[str]:
    """Return, a line each, what two pictures of a stream do not have in common."""
    keys = sorted({*ours.entities, *theirs.entities})
    return [
        f"{key}: folded {json.dumps(ours.entities.get(key), ensure_ascii=False)}"
        f" | fresh {json.dumps(theirs.entities.get(key), ensure_ascii=False)}"
        for key in keys
        if ours.entities.get(key) != theirs.entities.get(key)
    ]
