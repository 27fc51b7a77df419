"""Which acked commands have no effect in the final state, unless a later line undid it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .memory import Names
from .script import Step
from .streams import Entity, Key

Subject: TypeAlias = tuple[str, ...]
Snapshot: TypeAlias = dict[Key, Entity]
Check: TypeAlias = Callable[["FinalState"], bool]


@dataclass(slots=True)
class FinalState:
    """Fresh snapshots at the end: what everybody sees, what leads see, what each person sees."""

    names: Names
    event: Snapshot
    lead: Snapshot | None
    me: dict[str, Snapshot]

    def question(self, question: str) -> list[Entity]:
        """A question as the leads and its author see it; nothing if neither does."""
        key = ("question", self.names.questions[question])
        views = [self.lead or {}, self.me.get(self.names.authors.get(question, ""), {})]
        return [view[key] for view in views if key in view]

    def knows(self, question: str) -> bool:
        """Whether somebody is there who must see a question if it exists."""
        return self.names.authors.get(question, "") in self.me


def missing(steps: Iterable[Step], state: FinalState) -> list[Step]:
    """The acked steps, given in the file's order, whose effect is absent from the final state."""
    expected: dict[Subject, tuple[Step, Check]] = {}
    withdrawn: set[str] = set()
    removed: dict[str, bool] = {}
    for step in steps:
        for subject, check in _effects(step, state.names):
            expected.pop(subject, None)
            expected[subject] = (step, check)
        if step.command == "question.withdraw":
            withdrawn.add(step.payload["question"])
        elif step.command == "participant.remove":
            removed[step.payload["participant"]] = bool(step.payload.get("keep"))
        elif step.command == "participant.return":
            removed.pop(step.payload["participant"], None)
        elif step.command == "phase.set" and not step.payload.get("room"):
            # The event's phase ends those of the rooms.
            for subject in [subject for subject in expected if subject[0] == "room phase"]:
                del expected[subject]
    absent = {
        step.index: step
        for subject, (step, check) in expected.items()
        if not _undone(subject, withdrawn, removed, state) and not check(state)
    }
    return list(absent.values())


def _undone(
    subject: Subject, withdrawn: set[str], removed: dict[str, bool], state: FinalState
) -> bool:
    """Whether a later line made an effect invisible."""
    kind, *about = subject
    if kind in ("exists", "withdrawn"):
        return removed.get(state.names.authors.get(about[0], ""), True) is False
    if kind == "vote":
        person, question = about
        return question in withdrawn or person in removed
    if kind == "hidden" and removed.get(state.names.authors.get(about[0], ""), True) is False:
        # Those who are removed for good take their questions off the screens.
        return True
    if kind in ("text", "hidden", "merged", "shortlisted"):
        states = {view["state"] for view in state.question(about[0])}
        # What is hidden or withdrawn does not show where it belongs.
        unseen = {"withdrawn"} if kind != "merged" else {"withdrawn", "hidden"}
        return about[0] in withdrawn or not states or bool(states & unseen)
    return False


def _effects(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    """What a step changes, each with the look at the final state that finds it."""
    effects = _EFFECTS.get(step.command)
    return () if effects is None else effects(step, names)


def _asked(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield (
        ("exists", question),
        lambda end: not end.knows(question) or bool(end.question(question)),
    )
    yield from _worded(step, names)
    supporter = step.by if step.by in names.people else step.payload.get("for")
    if supporter:
        yield ("vote", supporter, question), _vote(supporter, question, True)


def _worded(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("text", question), _field(question, "text", step.payload["text"])


def _withdrawn(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("withdrawn", question), _state(question, "withdrawn", True)


def _hidden(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("hidden", question), _state(question, "hidden", step.command == "question.hide")


def _merged(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    into = names.questions[step.payload["into"]]
    for part in step.payload["questions"]:
        yield ("merged", part), _field(part, "merged_into", into)


def _split(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("merged", question), _field(question, "merged_into", None)


def _shortlisted(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("shortlisted", question), _field(question, "shortlisted", step.payload["on"])


def _voted(step: Step, _: Names) -> Iterable[tuple[Subject, Check]]:
    question = step.payload["question"]
    yield ("vote", step.by, question), _vote(step.by, question, step.payload["on"])


def _phase_set(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    room, phase = step.payload.get("room") or "", step.payload["phase"]
    if room:
        key = ("room", names.rooms[room])
        yield (
            ("room phase", room),
            lambda end: not end.event or end.event.get(key, {}).get("own_phase") == phase,
        )
    else:
        yield (
            ("phase",),
            lambda end: all(
                entity["phase"] == phase
                for (kind, _), entity in end.event.items()
                if kind == "event"
            ),
        )


def _removed(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    person = step.payload["participant"]
    gone = step.command == "participant.remove"
    yield ("removed", person), _person(names.people[person], "removed", gone)


def _moved(step: Step, names: Names) -> Iterable[tuple[Subject, Check]]:
    person = step.payload["participant"]
    yield (
        ("room", person),
        _person(names.people[person], "room", names.rooms[step.payload["room"]]),
    )


def _listed(_: Step, __: Names) -> Iterable[tuple[Subject, Check]]:
    yield ("draft",), lambda end: end.lead is None or ("toplist", "draft") in end.lead


def _published(_: Step, __: Names) -> Iterable[tuple[Subject, Check]]:
    yield ("published",), lambda end: not end.event or ("toplist", "published") in end.event


_EFFECTS: dict[str, Callable[[Step, Names], Iterable[tuple[Subject, Check]]]] = {
    "question.ask": _asked,
    "question.edit": _worded,
    "question.reword": _worded,
    "question.withdraw": _withdrawn,
    "question.hide": _hidden,
    "question.restore": _hidden,
    "question.merge": _merged,
    "question.split": _split,
    "shortlist.set": _shortlisted,
    "vote.set": _voted,
    "phase.set": _phase_set,
    "participant.remove": _removed,
    "participant.return": _removed,
    "participant.move": _moved,
    "toplist.set": _listed,
    "toplist.publish": _published,
}


def _field(question: str, name: str, value: Any) -> Check:
    return lambda end: all(
        _plain(view.get(name)) == _plain(value) for view in end.question(question)
    )


def _state(question: str, state: str, present: bool) -> Check:
    return lambda end: all((view["state"] == state) == present for view in end.question(question))


def _vote(person: str, question: str, on: bool) -> Check:
    def look(end: FinalState) -> bool:
        mine = end.me.get(person)
        if mine is None:
            return True
        me = next((entity for (kind, _), entity in mine.items() if kind == "me"), {})
        return (end.names.questions[question] in me.get("supports", [])) == on

    return look


def _person(person: str, name: str, value: Any) -> Check:
    key = ("participant", person)
    return lambda end: end.lead is None or end.lead.get(key, {}).get(name) == value


def _plain(value: Any) -> Any:
    """Texts as the server keeps them: NFC, on one line, trimmed."""
    if not isinstance(value, str):
        return value
    return " ".join(unicodedata.normalize("NFC", value).split())
