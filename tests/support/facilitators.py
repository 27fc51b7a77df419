"""What invented leads and rooms' facilitators do: only what their authority surely covers.

They never touch a question without a number, and where the contract is silent nothing is invented.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support import oracle, texts
from tests.support.pen import Pen
from tests.support.world import Question


class Facilitators:
    """All invented facilitators."""

    def __init__(self, pen: Pen) -> None:
        self.pen, self.world, self.rng = pen, pen.world, pen.rng

    def act(self) -> None:
        """Let a facilitator do something, every other time what was done least."""
        deeds: dict[str, Callable[[str], bool]] = {
            "question.ask": self._ask_for,
            "question.hide": self._hide,
            "question.restore": self._restore,
            "question.reword": self._reword,
            "question.merge": self._merge,
            "question.split": self._split,
            "shortlist.set": self._shortlist,
            "phase.set": self._set_room_phase,
            "timer.set": self._set_timer,
            "participant.remove": self._remove,
            "participant.return": self._return,
            "participant.move": self._move,
        }
        if self.pen.size.settles:
            deeds |= {"toplist.set": self._settle, "toplist.publish": self._publish}
        weights = {"question.merge": 4, "shortlist.set": 3, "question.hide": 2}
        order = sorted(deeds, key=lambda name: -(self.rng.random() ** (1 / weights.get(name, 1))))
        if self.rng.random() < 0.5:
            order.sort(key=lambda name: self.pen.count.get(name, 0) / weights.get(name, 1))
        for name in order:
            if deeds[name](self.rng.choice(list(self.world.facilitators))):
                return

    def _scope(self, by: str, fits: Callable[[Question], bool]) -> list[str]:
        """Return the numbered questions in a facilitator's care that fit."""
        room = self.world.facilitators[by]
        return [
            key
            for key, question in self.world.questions.items()
            if question.number and (not room or question.room == room) and fits(question)
        ]

    def _seated(self, by: str, removed: bool) -> list[str]:
        room = self.world.facilitators[by]
        return [
            name
            for name, person in self.world.people.items()
            if person.removed == removed and (not room or person.room == room)
        ]

    def _ask_for(self, by: str) -> bool:
        if len(self.world.questions) >= self.pen.size.questions + 10:
            return False
        room = self.world.facilitators[by] or self.rng.choice(self.world.rooms)
        people = [name for name in self._seated(by, False) if self.world.people[name].room == room]
        someone = self.rng.choice(["", *people[:3]])
        key = self.pen.next_question()
        text = texts.question(self.rng, f"{key} by phone")
        payload = {"question": key, "text": text, "room": room, "for": someone}
        self.pen.command(by, "question.ask", **payload)
        return True

    def _hide(self, by: str) -> bool:
        keys = self._scope(by, lambda question: question.visible)
        hidden = sum(question.hidden for question in self.world.questions.values())
        if not keys or hidden > len(self.world.questions) / 6:
            return False
        key = self.rng.choice(keys)
        self.pen.command(by, "question.hide", question=key, reason=texts.reason(self.rng))
        return True

    def _restore(self, by: str) -> bool:
        keys = self._scope(by, lambda question: question.state == "hidden")
        if keys:
            self.pen.command(by, "question.restore", question=self.rng.choice(keys))
        return bool(keys)

    def _reword(self, by: str) -> bool:
        keys = self._scope(by, lambda question: question.visible)
        if keys:
            key = self.rng.choice(keys)
            text = texts.question(self.rng, f"{key} reworded")
            self.pen.command(by, "question.reword", question=key, text=text)
        return bool(keys)

    def _merge(self, by: str) -> bool:
        into = self._scope(by, lambda question: question.state == "shown")
        free = self._scope(
            by, lambda question: not question.withdrawn and question.merged_into is None
        )
        if len(into) < 5:
            return False
        root = self.rng.choice(into)
        others = self.rng.sample([key for key in free if key != root], self.rng.choice([1, 1, 2]))
        self.pen.command(by, "question.merge", into=root, questions=others)
        return True

    def _split(self, by: str) -> bool:
        keys = [
            key
            for key in self._scope(by, lambda question: question.state == "merged")
            if self.world.questions[self.world.root(key)].room == self.world.questions[key].room
            or not self.world.facilitators[by]
        ]
        if keys:
            self.pen.command(by, "question.split", question=self.rng.choice(keys))
        return bool(keys)

    def _shortlist(self, by: str) -> bool:
        room = self.world.facilitators[by]
        listed = self._scope(by, lambda question: question.shortlisted)
        if listed and self.rng.random() < 0.3:
            visible = [key for key in listed if self.world.questions[key].visible]
            if visible:
                key = self.rng.choice(visible)
                self.pen.command(by, "shortlist.set", question=key, on=False)
            return bool(visible)
        keys = self._scope(by, lambda each: each.state == "shown" and not each.shortlisted)
        full = len(listed) >= (max(1, 30 // len(self.world.rooms)) if room else 40)
        if keys and not full:
            self.pen.command(by, "shortlist.set", question=self.rng.choice(keys), on=True)
        return bool(keys) and not full

    def _set_room_phase(self, by: str) -> bool:
        room = self.world.facilitators[by] or self.rng.choice(self.world.rooms)
        phase = self.rng.choice(["write", "discuss", "support", "support", "plenary", "results"])
        self.pen.command(by, "phase.set", phase=phase, room=room)
        return True

    def _set_timer(self, by: str) -> bool:
        room = self.world.facilitators[by] or self.rng.choice(["", *self.world.rooms])
        self.pen.command(by, "timer.set", room=room)
        return True

    def _remove(self, by: str) -> bool:
        people = self._seated(by, False)
        removed = sum(person.removed for person in self.world.people.values())
        if len(people) < 2 or removed > len(self.world.people) / 8:
            return False
        payload = {"reason": texts.reason(self.rng), "keep": self.rng.random() < 0.4}
        self.pen.command(by, "participant.remove", participant=self.rng.choice(people), **payload)
        return True

    def _return(self, by: str) -> bool:
        people = self._seated(by, True)
        if people:
            self.pen.command(by, "participant.return", participant=self.rng.choice(people))
        return bool(people)

    def _move(self, by: str) -> bool:
        people = [] if self.world.facilitators[by] else self._seated(by, False)
        if not people:
            return False
        name = self.rng.choice(people)
        rooms = [room for room in self.world.rooms if room != self.world.people[name].room]
        self.pen.command(by, "participant.move", participant=name, room=self.rng.choice(rooms))
        return True

    def _settle(self, by: str) -> bool:
        """Set a list: mostly a rule's own, two places swapped, one joined with another question."""
        if self.world.facilitators[by] or len(self.world.shown_roots()) < 12:
            return False
        rule = self.rng.choice(["seqpav", "votes"])
        roots = [root for root in self.world.shown_roots() if self.world.questions[root].number]
        names = [choice.name for choice in oracle.proposal(self.world, rule)]
        groups = [[name] for name in names if name in roots]
        spare = [root for root in roots if root not in names]
        if len(groups) < 3 or len(spare) < 2:
            return False
        groups[0], groups[1] = groups[1], groups[0]
        groups[-1] = [spare[0]]
        groups[0] = [*groups[0], spare[1]]
        entries = [
            {
                "questions": keys,
                "text": texts.question(self.rng, " + ".join(keys)),
                **({"texts": {"fi": "Miksi?", "sv": "Varför?"}} if self.rng.random() < 0.2 else {}),
                **({"note": texts.reason(self.rng)} if self.rng.random() < 0.4 else {}),
            }
            for keys in groups
        ]
        self.pen.command(by, "toplist.set", rule=rule, entries=entries)
        return True

    def _publish(self, by: str) -> bool:
        if self.world.facilitators[by] or self.world.settled is None:
            return False
        stage = self.rng.choice(["preliminary", "final"])
        self.pen.command(by, "toplist.publish", stage=stage)
        return True
