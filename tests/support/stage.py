"""A recording played through raw clients, one line after the other, with everybody watching.

Rooms' facilitators act through their own rooms' links. The oracle's world goes along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.client import Person, done
from tests.support.server import Links, Server
from tests.support.socket import Socket
from tests.support.world import Line, World


@dataclass
class Actor:
    """Somebody on the stage: a connection and the streams that it follows by now."""

    name: str
    socket: Socket
    streams: list[str]


@dataclass
class Ended:
    """A subscription that a move or a removal ended, and how many frames had come before it."""

    name: str
    stream: str
    revision: int
    frames: int


class Stage:
    """All people and facilitators of a recording, connected to one server."""

    def __init__(self, server: Server, links: Links) -> None:
        self.server, self.links = server, links
        self.world = World()
        self.actors: dict[str, Actor] = {}
        self.ids: dict[str, str] = {}  # of questions, participants and rooms
        self.ended: list[Ended] = []

    def play(self, line: Line) -> None:
        """Do what a line says and take it into the world."""
        self.world.apply(line)
        if "command" in line:
            self._command(line)
        elif "participant" in line:
            self._join(line)
        elif "facilitator" in line:
            self._facilitator(line["facilitator"], line["room"])

    def close(self) -> None:
        """Close all connections."""
        for actor in self.actors.values():
            actor.socket.close()

    def watch(self, name: str, link: str, role: str) -> Actor:
        """Add somebody without a seat or a grant: a results page or a projector."""
        public = self.links[link].rsplit("/", 1)[1]
        return self._enter(name, Person(self.server.url), ["event"], event=public, role=role)

    def _join(self, line: Line) -> None:
        person = Person(self.server.url)
        name = line["participant"]
        reply = person.join(self.links["join"], name, line["affiliation"], line["room"])
        assert reply.status == 303, reply.text
        actor = self._enter(name, person, ["me", "event"], role="participant")
        [me] = actor.socket.streams["me"].of_type("me")
        self.ids[name] = me["id"]
        self._learn_rooms(actor.socket)
        self._follow(actor, f"room:{me['room']}")

    def _facilitator(self, name: str, room: str) -> None:
        person = Person(self.server.url)
        link = self.links["rooms"][room]["facilitate"] if room else self.links["facilitate"]
        assert person.get(link).status == 302
        if not room:
            actor = self._enter(name, person, ["event", "lead"], role="lead")
        else:
            actor = self._enter(name, person, ["event"], role="facilitator")
        self._learn_rooms(actor.socket)
        if room:
            self._follow(actor, f"facilitators:{self.ids[room]}")
            self._follow(actor, f"room:{self.ids[room]}")

    def _enter(self, name: str, person: Person, streams: list[str], **auth: Any) -> Actor:
        socket = person.connect(auth.pop("event", self.links["event"]), **auth)
        actor = self.actors[name] = Actor(name, socket, [])
        for stream in streams:
            self._follow(actor, stream)
        return actor

    def _follow(self, actor: Actor, stream: str) -> None:
        ack = actor.socket.subscribe(stream)
        assert ack["ok"], f"{actor.name} may not follow {stream}: {ack}"
        if stream not in actor.streams:
            actor.streams.append(stream)

    def _learn_rooms(self, socket: Socket) -> None:
        for room in socket.streams["event"].of_type("room"):
            self.ids[room["name"]] = room["id"]

    def _command(self, line: Line) -> None:
        by = "f0" if line["by"] == "clock" else line["by"]
        payload = {
            key: self._id(key, value)
            for key, value in line.items()
            if key not in {"at", "by", "command"}
        }
        if line["command"] == "question.ask":
            del payload["question"]
        moved = self.actors.get(line.get("participant", ""))
        frames = len(moved.socket.frames) if moved else 0
        ack = done(self.actors[by].socket, line["command"], **payload)
        if line["command"] == "question.ask":
            self.ids[line["question"]] = ack["question"]
        if line["command"].startswith("participant."):
            self._reseat(line["participant"], ack["revision"], frames)

    def _id(self, key: str, value: Any) -> Any:
        if key in {"question", "into", "participant", "room", "for"}:
            return self.ids.get(value, value)
        if key == "questions":
            return [self.ids[each] for each in value]
        if key == "entries":
            return [
                {**each, "questions": self._id("questions", each["questions"])} for each in value
            ]
        return value

    def _reseat(self, name: str, revision: int, frames: int) -> None:
        """Let a person notice in `me` that they were moved, and follow what they may now."""
        actor, person = self.actors[name], self.world.people[name]
        me = actor.socket.streams["me"]
        actor.socket.wait_for(lambda: me.revision >= revision, f"{name}'s own news")
        room = f"room:{self.ids[person.room]}"
        allowed = ["me"] if person.removed else ["me", "event", room]
        for stream in [each for each in actor.streams if each not in allowed]:
            actor.streams.remove(stream)
            self.ended.append(Ended(name, stream, revision, frames))
        for stream in [each for each in allowed if each not in actor.streams]:
            self._follow(actor, stream)
