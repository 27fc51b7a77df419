"""Publishes what was committed: at most so many ticks a second, a delta a stream and tick."""

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from ..events import Events
from ..model.state import EventState
from ..snapshot import Stream, changes
from . import fanout
from .fanout import PATIENCE, Message
from .topics import Topic, Topics

if TYPE_CHECKING:
    from .hub import Connection

log = logging.getLogger(__name__)

#: Seconds between looks for what other programs, such as the command line, committed.
WATCH = 0.25


class Publisher:
    """One task publishes for all events, so that no stream ever sends two deltas at once."""

    def __init__(
        self,
        events: Events,
        topics: Topics,
        connections: dict[str, "Connection"],
        interval: float,
    ) -> None:
        self._events = events
        self._topics = topics
        self._connections = connections
        self._interval = interval
        self._dirty: set[int] = set()
        self._presence: set[tuple[int, int]] = set()
        self._published: dict[int, int] = {}
        self._behind: dict[str, Connection] = {}
        self._wake = threading.Event()

    def wake(self, events: set[int]) -> None:
        """These events have something new."""
        self._dirty |= events
        self._wake.set()

    def begin(self, event_id: int, revision: int) -> None:
        """Somebody follows the event from `revision` on; what comes after is to be published."""
        self._published.setdefault(event_id, revision)

    def run(self) -> None:
        """Publish for ever."""
        while True:
            self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            dirty, self._dirty = self._dirty, set()
            for event_id in dirty:
                try:
                    self._publish(event_id)
                except Exception:
                    log.exception("Publishing failed; it is tried again")
                    self.wake({event_id})
            try:
                self._publish_presence()
                self._look_after_the_slow()
            except Exception:
                log.exception("Presence could not be told; it is with the next change")
            time.sleep(max(0.001, self._interval - (time.monotonic() - began)))

    def watch(self) -> None:
        """Notice, for ever, what other programs have committed."""
        while True:
            try:
                newer = self._events.watch()
                if newer or self._behind:
                    self.wake(newer)
            except Exception:
                log.exception("Could not look for other programs' changes; it is tried again")
            time.sleep(WATCH)

    def _publish(self, event_id: int) -> None:
        since = self._published.get(event_id)
        state = self._events.now(event_id)
        with self._events.lock:
            deltas = self._deltas(state, since)
        # Sent without the lock: whoever subscribes meanwhile has these changes already.
        for topic, message in deltas:
            self._send(topic, message)

    def _deltas(self, state: EventState, since: int | None) -> list[tuple[Topic, Message]]:
        event_id = state.event.id
        advance = self._events.take_advance(event_id)
        self._published[event_id] = state.revision
        self._end_subscriptions(state, advance.unseated)
        if since is None or since >= state.revision:
            return []
        deltas = []
        for topic in self._topics.of(event_id, advance.persons):
            found = changes(state, topic.stream, since)
            if found:
                delta = {
                    "stream": topic.stream.name,
                    "after": topic.last,
                    "revision": state.revision,
                    "changes": found,
                }
                deltas.append((topic, Message.event("delta", delta)))
                topic.last = state.revision
        return deltas

    def _send(self, topic: Topic, message: Message) -> None:
        """To all who follow and read; who does not is told to subscribe again once they do."""
        followers = list(topic.followers.values())
        if self._behind:
            followers = [it for it in followers if topic.stream not in it.behind]
        skipped = fanout.broadcast([it.engine for it in followers], message)
        if skipped:
            for connection in followers:
                if connection.engine in skipped:
                    if not connection.behind:
                        connection.behind_since = time.monotonic()
                        self._behind[connection.sid] = connection
                    connection.behind.add(topic.stream)

    def _look_after_the_slow(self) -> None:
        """Resynchronise those who read again; hang up on those who have not for too long."""
        for sid, connection in list(self._behind.items()):
            if sid not in self._connections or not connection.behind:
                del self._behind[sid]
            elif fanout.waiting(connection.engine) == 0:
                for stream in list(connection.behind):
                    fanout.send(connection.engine, Message.event("resync", {"stream": stream.name}))
                del self._behind[sid]
            elif time.monotonic() - connection.behind_since > PATIENCE:
                log.info("a client that did not read for %s s was hung up on", PATIENCE)
                del self._behind[sid]
                connection.engine.close(wait=False, abort=True)

    def _end_subscriptions(self, state: EventState, persons: set[int]) -> None:
        """Who moved or was removed follows nothing any more that is not theirs."""
        if not persons:
            return
        for connection in list(self._connections.values()):
            if connection.event != state.event.id or connection.person not in persons:
                continue
            person = state.participants[connection.person]
            for stream in list(connection.streams):
                own = stream.kind == "me" or (
                    not person.removed and (stream.kind == "event" or stream.id == person.room)
                )
                if not own:
                    self._topics.leave(stream, connection)
                    connection.streams.discard(stream)
                    connection.behind.discard(stream)
            self.presence_changed(connection)

    # --- who is connected, for facilitators and leads

    def presence_changed(self, connection: "Connection") -> None:
        """Somebody came, went or moved."""
        if connection.person is None:
            return
        # Rooms are looked up when it is told: between now and then people may move.
        self._presence.add((connection.event, connection.person))
        self._wake.set()

    def tell_presence(self, connection: "Connection", stream: Stream, state: EventState) -> None:
        """Tell a new follower who is connected now."""
        rooms = [stream.id] if stream.kind == "facilitators" else list(state.rooms)
        here = self._here(state)
        for room in rooms:
            message = Message.event("presence", _presence(room, here.get(room, [])))
            fanout.send(connection.engine, message)

    def _publish_presence(self) -> None:
        changed, self._presence = self._presence, set()
        for event_id in {event_id for event_id, _ in changed}:
            followed = [
                topic
                for topic in self._topics.of(event_id, set())
                if topic.stream.kind in {"facilitators", "lead"}
            ]
            if not followed:
                continue
            state = self._events.now(event_id)
            here = self._here(state)
            rooms = {
                state.participants[person].room
                for of, person in changed
                if of == event_id and person in state.participants
            }
            for topic in followed:
                for room in state.rooms if self._moved(state, changed) else rooms:
                    if topic.stream.kind == "lead" or topic.stream.id == room:
                        message = Message.event("presence", _presence(room, here.get(room, [])))
                        fanout.broadcast(self._engines(topic), message)

    def _moved(self, state: EventState, changed: set[tuple[int, int]]) -> bool:
        return any(
            person in state.participants and state.participants[person].moved
            for event_id, person in changed
            if event_id == state.event.id
        )

    def _here(self, state: EventState) -> dict[int, list[str]]:
        here: dict[int, set[int]] = {}
        for connection in list(self._connections.values()):
            person = state.participants.get(connection.person or 0)
            if connection.event == state.event.id and person is not None and not person.removed:
                here.setdefault(person.room, set()).add(person.id)
        return {room: [str(person) for person in sorted(people)] for room, people in here.items()}

    def _engines(self, topic: Topic) -> list[Any]:
        return [connection.engine for connection in list(topic.followers.values())]


def _presence(room: int, connected: list[str]) -> dict[str, Any]:
    return {"room": str(room), "connected": connected}
