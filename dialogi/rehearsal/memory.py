"""What a player learns while it plays: the server's ids, and how things stand between people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .script import Step
from .streams import Entity

# What players leave out by contract, and the recording's own id of a new question.
NOT_SENT = {"phase.set": ("minutes",), "timer.set": ("ends_at",), "question.ask": ("question",)}

# A recording may say nobody or nowhere; on the wire that is said by leaving the key out.
MAY_BE_EMPTY = ("for", "room")


class Unknown(Exception):
    """A line names what the server never gave an id, because it was refused or lost (`verdict`)."""

    def __init__(self, what: str, verdict: str) -> None:
        super().__init__(what)
        self.verdict = verdict


@dataclass(slots=True)
class Names:
    """The recording's own ids → the server's; `authors` are the recording's own."""

    questions: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """Ids, phases and supports as of the acked commands. `fates` says why an id is missing."""

    names: Names = field(default_factory=Names)
    fates: dict[tuple[str, str], str] = field(default_factory=dict)
    _phases: dict[str, str] = field(default_factory=dict)
    _supports: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, entities: Iterable[Entity]) -> None:
        """Takes rooms and phases from the first event stream that comes in."""
        if self.names.rooms:
            return
        for entity in entities:
            if entity["type"] == "event":
                self._phases[""] = entity["phase"]
            elif entity["type"] == "room":
                self.names.rooms[entity["name"]] = entity["id"]
                if entity.get("own_phase"):
                    self._phases[entity["id"]] = entity["own_phase"]

    def payload(self, step: Step) -> dict[str, Any]:
        """The payload to send, with the server's ids. Raises `Unknown`."""
        left_out = NOT_SENT.get(step.command, ())
        payload = {
            key: value
            for key, value in step.payload.items()
            if key not in left_out and (value or key not in MAY_BE_EMPTY)
        }
        if "question" in payload:
            payload["question"] = self._id(self.names.questions, "question", payload["question"])
        if step.command == "question.merge":
            payload["into"] = self._id(self.names.questions, "question", payload["into"])
            payload["questions"] = self._parts(payload["questions"])
        if step.command == "toplist.set":
            payload["entries"] = [
                {**entry, "questions": self._parts(entry["questions"])}
                for entry in payload["entries"]
            ]
        for key in ("participant", "for"):
            if key in payload:
                payload[key] = self._id(self.names.people, "participant", payload[key])
        if "room" in payload:
            payload["room"] = self._id(self.names.rooms, "room", payload["room"])
        return payload

    def _parts(self, questions: list[str]) -> list[str]:
        return [self._id(self.names.questions, "question", question) for question in questions]

    def _id(self, known: dict[str, str], kind: str, own: str) -> str:
        if own in known:
            return known[own]
        verdict = self.fates.get((kind, own), "refused")
        what = f"was {verdict}" if (kind, own) in self.fates else "is not there"
        raise Unknown(f"{kind} {own!r} {what}", verdict)

    def audience(self, step: Step, room: str) -> str:
        """The stream whose others see a command's effect at once; empty if there is none.

        `room` is the id of the room where the actor sits, empty for facilitators.
        """
        if step.command not in ("question.ask", "vote.set"):
            return ""
        room = room or self.names.rooms.get(step.payload.get("room") or "", "")
        everywhere = self._phases.get("", "")
        phase = self._phases.get(room, everywhere)
        if step.command == "question.ask":
            return f"room:{room}" if phase in ("discuss", "support") else ""
        if ((step.by, step.payload["question"]) in self._supports) == step.payload["on"]:
            # Nothing changes for anybody.
            return ""
        if phase == "support":
            return f"room:{room}"
        return "event" if phase == everywhere == "plenary" else ""

    def take(self, step: Step, body: dict[str, Any]) -> None:
        """Takes what an acked command changed, as far as later lines need it."""
        payload = step.payload
        if step.command == "question.ask":
            question = payload["question"]
            self.names.questions[question] = body["question"]
            supporter = step.by if step.by in self.names.people else payload.get("for")
            if supporter:
                self.names.authors[question] = supporter
                self._supports.add((supporter, question))
        elif step.command == "vote.set":
            change = self._supports.add if payload["on"] else self._supports.discard
            change((step.by, payload["question"]))
        elif step.command == "phase.set":
            room = self.names.rooms.get(payload.get("room") or "", "")
            if not room:
                self._phases.clear()
            self._phases[room] = payload["phase"]

    def fail(self, step: Step, verdict: str) -> None:
        """A command was refused or lost; what it would have made will be missed by later lines."""
        if step.command == "question.ask":
            self.fates["question", step.payload["question"]] = verdict
