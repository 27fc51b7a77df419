"""An event with everything that one can trip over, for tests that must change none of it."""

from __future__ import annotations

from typing import Any

from tests.support.meeting import Meeting, Member
from tests.support.server import Server


class Scene:
    """An event in `support` with a question of each kind, and another event beside it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.meeting, self.other = Meeting(server), Meeting(server)
        self.me, self.someone_else = self.meeting.participant(), self.meeting.participant()
        self.stranger = self.meeting.participant("B")
        self.facilitator = self.meeting.facilitator("A")
        self.lead = self.meeting.lead
        self.ids: dict[str, Any] = {**self.meeting.rooms, "person": self.someone_else.id}
        self._crowd = [self.meeting.participant() for _ in range(6)]
        self._turn = 0
        self._ask_everything()
        foreigner = self.other.participant()
        self.other.phase("support")
        self.foreign = {
            "question": foreigner.ask(),
            "participant": foreigner.id,
            "room": self.other.rooms["A"],
        }

    def member(self, name: str) -> Member:
        """Return somebody by name; `someone` is another one each time, as all have a limit."""
        if name == "someone":
            self._turn += 1
            return self._crowd[self._turn % len(self._crowd)]
        found: Member = getattr(self, name)
        return found

    def filled(self, value: Any) -> Any:
        """Return a payload with ids where it names them."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return self.ids[value[1:]] if isinstance(value, str) and value[:1] == "$" else value

    def close(self) -> None:
        """Close everybody's connection."""
        self.meeting.close()
        self.other.close()

    def _ask_everything(self) -> None:
        self.meeting.phase("support")
        self.ids["mine"] = self.me.ask("Mine, and nobody else's")
        for name in ("theirs", "hidden", "withdrawn", "root", "part"):
            self.ids[name] = self.someone_else.ask(name)
        self.ids["far"] = self.stranger.ask("In the other room")
        self.ids["shared"] = self.me.ask("Mine, and others support it")
        self.someone_else.done("vote.set", question=self.ids["shared"], on=True)
        self.lead.done("question.hide", question=self.ids["hidden"])
        self.someone_else.done("question.withdraw", question=self.ids["withdrawn"])
        self.lead.done("question.merge", into=self.ids["root"], questions=[self.ids["part"]])
        self.meeting.phase("write", "B")
        self.ids["unseen"] = self.stranger.ask("Nobody has read this yet")
        self.meeting.phase("lobby", "B")
