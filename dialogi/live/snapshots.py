"""Whole streams as they go out, encoded and compressed once for all who arrive."""

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from ..model.state import EventState
from ..snapshot import Stream, changes
from . import frames

#: Streams whose last snapshot is kept.
MOST = 300
#: One person's own streams; nobody else asks for them.
_PERSONAL = {"me", "staff"}
_LEVEL = 6

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Whole:
    """A stream's entities at a revision, as JSON and as deflate blocks."""

    revision: int
    json: bytes
    _deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """Blocks that may stand anywhere in a message."""
        if self._deflated is None:
            self._deflated = frames.deflate(self.json, _LEVEL)
        return self._deflated


class Snapshots:
    """The last snapshot of each stream, made anew when the stream has changed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, Stream], Whole] = OrderedDict()

    def whole(self, state: EventState, stream: Stream) -> Whole:
        """Everything on the stream now."""
        if stream.kind in _PERSONAL:
            return Whole(state.revision, _encode(changes(state, stream)))
        key = (state.event.id, stream)
        kept = self._kept.get(key)
        if kept is None or not _still_holds(kept, state, stream):
            kept = self._kept[key] = Whole(state.revision, _encode(changes(state, stream)))
        self._kept.move_to_end(key)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept


def _still_holds(kept: Whole, state: EventState, stream: Stream) -> bool:
    """Whether nothing on the stream has changed since, though the event has."""
    if kept.revision != state.revision:
        if kept.revision > state.revision or changes(state, stream, kept.revision):
            return False
        kept.revision = state.revision
    return True
