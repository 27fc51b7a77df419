"""A recording as a player needs it: who takes part, and which line waits for which others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..model.recording import CLOCK, Recording

JOIN = "participant.join"
ALONE_ON_THEIR_QUESTION = ("question.edit", "question.withdraw")
OF_THE_LINE = ("at", "by", "command", "line")


class RehearsalError(Exception):
    """Why a rehearsal cannot be played, in one sentence that says what to do."""


@dataclass(slots=True)
class Step:
    """A command of the file, or a late-comer's joining, with the steps that must come first."""

    index: int
    line: int
    at: float
    by: str
    command: str
    payload: dict[str, Any]
    segment: int = 0
    waits: tuple[int, ...] = ()


@dataclass(slots=True)
class Segment:
    """Steps of participants between two facilitators' lines, and the line that ends them."""

    steps: list[Step] = field(default_factory=list)
    barrier: Step | None = None


@dataclass(slots=True)
class Script:
    """What is to be played."""

    people: dict[str, dict[str, Any]]
    facilitators: dict[str, str]
    segments: list[Segment]
    late: frozenset[str]
    lines: int
    commands: int
    last_at: float

    @classmethod
    def of(cls, recording: Recording | Iterable[dict[str, Any]]) -> Script:
        """From a recording that was read, or from its lines as dictionaries, the header first.

        Raises `RehearsalError`.
        """
        if isinstance(recording, Recording):
            numbered = [*recording.participants, *recording.facilitators, *recording.lines]
        else:
            numbered = [
                {"line": number, **line}
                for number, line in enumerate(recording, 1)
                if "dialogi_recording" not in line
            ]
        people = {line["participant"]: line for line in numbered if _is_person(line)}
        facilitators = {
            line["facilitator"]: line.get("room") or ""
            for line in numbered
            if "facilitator" in line and "command" not in line
        }
        steps = _steps(numbered)
        for step in steps:
            if step.command == "question.ask" and facilitators.get(step.by):
                # A room's own facilitator need not say the room; whoever stands in for them must.
                step.payload["room"] = step.payload.get("room") or facilitators[step.by]
        late = frozenset(step.by for step in steps if step.command == JOIN)
        segments = _segments(steps, people)
        for step in steps:
            if step.by not in people and step.by not in facilitators and step.by != CLOCK:
                raise RehearsalError(
                    f"line {step.line}: {step.by!r} has no line of their own; add one"
                )
        return cls(
            people=people,
            facilitators=facilitators,
            segments=segments,
            late=late,
            lines=len(numbered) + 1,
            commands=sum(step.command != JOIN for step in steps),
            last_at=max((step.at for step in steps), default=0.0),
        )

    def by_person(self) -> dict[str, list[Step]]:
        """Each person's steps in their order."""
        steps: dict[str, list[Step]] = {}
        for segment in self.segments:
            for step in segment.steps:
                steps.setdefault(step.by, []).append(step)
        return steps


def _is_person(line: dict[str, Any]) -> bool:
    return "participant" in line and "command" not in line


def _steps(lines: list[dict[str, Any]]) -> list[Step]:
    """Commands and late joinings in the order in which they are to be sent."""
    commands = [line for line in lines if "command" in line]
    first_line = commands[0]["line"] if commands else 0
    first_at = float(commands[0].get("at", 0)) if commands else 0.0
    waiting = [
        line
        for line in lines
        if _is_person(line)
        and line.get("at") is not None
        and (float(line["at"]) > first_at or line["line"] > first_line)
    ]
    steps: list[Step] = []

    def add(at: float, by: str, command: str, line: dict[str, Any]) -> None:
        payload = {key: value for key, value in line.items() if key not in OF_THE_LINE}
        steps.append(Step(len(steps), line["line"], at, by, command, payload))

    def let_in(which: list[dict[str, Any]]) -> None:
        for line in which:
            waiting.remove(line)
            add(max(0.0, float(line["at"])), line["participant"], JOIN, line)

    for line in commands:
        at = float(line.get("at", 0))
        named = {line["by"], line.get("participant"), line.get("for")}
        # A late-comer's line may stand at the top of the file or in its place.
        let_in(
            [
                late
                for late in waiting
                if late["participant"] in named
                or (late["line"] < line["line"] and float(late["at"]) <= at)
                or first_line < late["line"] < line["line"]
            ]
        )
        add(at, line["by"], line["command"], line)
    let_in(list(waiting))
    return steps


def _segments(steps: list[Step], people: dict[str, dict[str, Any]]) -> list[Segment]:
    """Splits at the facilitators' lines and says what else each step waits for.

    A facilitator's line waits for all before it, so waits are only needed inside a segment.
    """
    segments = [Segment()]
    clusters = _clusters(steps)
    order = _Order(clusters)
    for step in steps:
        step.segment = len(segments) - 1
        if step.by in people:
            step.waits = order.waits(step)
            segments[-1].steps.append(step)
        else:
            segments[-1].barrier = step
            segments.append(Segment())
            order = _Order(clusters)
    return segments


def _clusters(steps: list[Step]) -> dict[str, str]:
    """Questions that are ever merged → one of them that stands for all.

    Who stands behind a part stands behind the whole, so an edit of one concerns the others.
    """
    found: dict[str, str] = {}

    def root(question: str) -> str:
        while question in found:
            question = found[question]
        return question

    for step in steps:
        if step.command == "question.merge":
            into = root(step.payload["into"])
            for part in step.payload["questions"]:
                if (other := root(part)) != into:
                    found[other] = into
    return {question: root(question) for question in found}


@dataclass(slots=True)
class _Order:
    """The steps of one segment that later ones may have to wait for."""

    clusters: dict[str, str]
    last_ask: int | None = None
    last_join: int | None = None
    alone: dict[str, int] = field(default_factory=dict)
    since: dict[str, list[int]] = field(default_factory=dict)

    def waits(self, step: Step) -> tuple[int, ...]:
        question = step.payload.get("question")
        if step.command == JOIN:
            before, self.last_join = self.last_join, step.index
            return () if before is None else (before,)
        if question is None:
            return ()
        question = self.clusters.get(question, question)
        if step.command == "question.ask":
            before, self.last_ask = self.last_ask, step.index
            self.alone[question] = step.index
            return () if before is None else (before,)
        last_alone = self.alone.get(question)
        waits = [] if last_alone is None else [last_alone]
        if step.command in ALONE_ON_THEIR_QUESTION:
            waits += self.since.pop(question, [])
            self.alone[question] = step.index
        else:
            self.since.setdefault(question, []).append(step.index)
        return tuple(waits)
