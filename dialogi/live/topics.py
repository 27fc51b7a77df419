"""Who follows which stream, and the delta that each stream sent last."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..snapshot import Stream

if TYPE_CHECKING:
    from .hub import Connection

#: Streams of one person each. There are as many as people, and few have something new.
_PERSONAL = {"me", "staff"}


@dataclass(slots=True)
class Topic:
    """One stream of one event. `last` is the revision of its delta before the next."""

    event: int
    stream: Stream
    last: int
    followers: "dict[str, Connection]" = field(default_factory=dict)


class Topics:
    """All streams that anybody follows."""

    def __init__(self) -> None:
        self._shared: dict[int, dict[Stream, Topic]] = {}
        self._personal: dict[int, dict[Stream, Topic]] = {}

    def join(self, stream: Stream, connection: "Connection", revision: int) -> None:
        """Somebody follows a stream of their event from `revision` on."""
        topics = self._of_kind(stream).setdefault(connection.event, {})
        topic = topics.get(stream)
        if topic is None:
            topic = topics[stream] = Topic(connection.event, stream, revision)
        topic.followers[connection.sid] = connection

    def leave(self, stream: Stream, connection: "Connection") -> None:
        """Somebody follows a stream no more."""
        topics = self._of_kind(stream).get(connection.event, {})
        topic = topics.get(stream)
        if topic is not None:
            topic.followers.pop(connection.sid, None)
            if not topic.followers:
                del topics[stream]

    def of(self, event: int, persons: set[int]) -> Iterator[Topic]:
        """The event's topics that may have something new, the persons' own streams among them."""
        yield from list(self._shared.get(event, {}).values())
        personal = self._personal.get(event, {})
        for person in persons:
            own = personal.get(Stream("me", person))
            if own is not None:
                yield own

    def _of_kind(self, stream: Stream) -> dict[int, dict[Stream, Topic]]:
        return self._personal if stream.kind in _PERSONAL else self._shared
