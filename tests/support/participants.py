"""What invented participants do: only what must be accepted, in whichever order a player sends it.

Where the contract is silent about who may do what, nothing is invented.
"""

from __future__ import annotations

from tests.support import texts
from tests.support.pen import Pen

# How likely a participant does what, by the phase of their room.
HABITS: dict[str, dict[str, float]] = {
    "write": {"ask": 6, "edit": 2, "withdraw": 1, "vote": 1},
    "discuss": {"ask": 4, "edit": 2, "withdraw": 1, "vote": 1},
    "support": {"ask": 1, "edit": 0.5, "withdraw": 0.3, "vote": 20},
    "plenary": {"vote": 1},
}


class Participants:
    """All invented participants."""

    def __init__(self, pen: Pen) -> None:
        self.pen, self.world, self.rng = pen, pen.world, pen.rng

    def act(self) -> None:
        """Let somebody do what their room's phase allows; in vain tries nothing is written."""
        for _ in range(20):
            name = self.rng.choice(list(self.world.people))
            person = self.world.people[name]
            habits = HABITS.get(self.world.phase_of(person.room))
            if person.removed or habits is None:
                continue
            [what] = self.rng.choices(list(habits), list(habits.values()))
            if getattr(self, f"_{what}")(name):
                return

    def _ask(self, by: str) -> bool:
        if len(self.world.questions) >= self.pen.size.questions:
            return False
        key = self.pen.next_question()
        self.pen.command(by, "question.ask", question=key, text=texts.question(self.rng, key))
        return True

    def _edit(self, by: str) -> bool:
        own = self._changeable(by) if self._rarer("question.edit", 0.4) else []
        if own:
            key = self.rng.choice(own)
            self.pen.edited.add(key)
            text = texts.question(self.rng, f"{key} edited")
            self.pen.command(by, "question.edit", question=key, text=text)
        return bool(own)

    def _withdraw(self, by: str) -> bool:
        merged = {question.merged_into for question in self.world.questions.values()}
        seldom = self._rarer("question.withdraw", 0.1)
        own = [key for key in self._changeable(by) if key not in merged] if seldom else []
        if own:
            key = self.rng.choice(own)
            self.pen.edited.add(key)
            self.pen.command(by, "question.withdraw", question=key)
        return bool(own)

    def _rarer(self, command: str, share: float) -> bool:
        """Tell if a command has been given less often than a share of the questions."""
        return self.pen.count.get(command, 0) < share * len(self.world.questions)

    def _changeable(self, by: str) -> list[str]:
        """Return own questions behind which nobody else stands, whoever acts first."""
        world, voters = self.world, self.pen.voters
        found = []
        for key, question in world.questions.items():
            if question.author == by and question.visible:
                cluster = [key, *(each for each in world.questions if key in world.above(each))]
                others = {person for each, person in world.supports if each in cluster}
                for each in cluster:
                    others |= voters.get(each, set())
                if others <= {by}:
                    found.append(key)
        return found

    def _vote(self, by: str) -> bool:
        choice = [
            key
            for key in self._votable(by)
            if not self.pen.edited & {key, *self.world.above(key)}
            or self.world.questions[key].author == by
        ]
        if not choice:
            return False
        having = [key for key in choice if (key, by) in self.world.supports]
        if having and self.rng.random() < 0.12:
            key, on = self.rng.choice(having), False
        else:
            key, on = choice[int(len(choice) * self.rng.random() ** 2)], True
        self.pen.voters.setdefault(key, set()).add(by)
        self.pen.command(by, "vote.set", question=key, on=on)
        return True

    def _votable(self, by: str) -> list[str]:
        """Return what a person may support now, by the phase of their own room."""
        world, room = self.world, self.world.people[by].room
        visible = [key for key, question in world.questions.items() if question.visible]
        if world.phase_of(room) == "support":
            return [
                key
                for key in visible
                if world.questions[key].room == room and world.questions[key].number
            ]
        if world.phase_of(room) == "plenary":
            if self.pen.in_plenary is None:
                roots = [root for root in world.shown_roots() if world.on_shortlist(root)]
                self.pen.in_plenary = [key for root in roots for key in [root, *world.parts(root)]]
            return self.pen.in_plenary
        return [key for key in visible if world.questions[key].author == by]
