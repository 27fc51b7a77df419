"""Who follows which stream, and the delta that each stream sent last."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..snapshot import Stream


@dataclass
class Topic:
    """One stream of one event. `last` is the revision of its delta before the next."""

    event: int
    stream: Stream
    last: int
    sids: set[str] = field(default_factory=set)


class Topics:
    """All streams that anybody follows."""

    def __init__(self) -> None:
        self._topics: dict[int, dict[Stream, Topic]] = {}

    def join(self, event: int, stream: Stream, sid: str, revision: int) -> Topic:
        """`sid` follows the stream from `revision` on."""
        topics = self._topics.setdefault(event, {})
        topic = topics.get(stream)
        if topic is None:
            topic = topics[stream] = Topic(event, stream, revision)
        topic.sids.add(sid)
        return topic

    def leave(self, event: int, stream: Stream, sid: str) -> Topic | None:
        """`sid` follows the stream no more; the topic that it left."""
        topics = self._topics.get(event, {})
        topic = topics.get(stream)
        if topic is None:
            return None
        topic.sids.discard(sid)
        if not topic.sids:
            del topics[stream]
        return topic

    def of(self, event: int, persons: set[int]) -> Iterator[Topic]:
        """The event's topics that may have something new, the persons' own streams among them."""
        topics = self._topics.get(event, {})
        for topic in list(topics.values()):
            if topic.stream.kind not in {"me", "staff"}:
                yield topic
        for person in persons:
            own = topics.get(Stream("me", person))
            if own is not None:
                yield own
