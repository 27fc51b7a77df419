"""Who is connected, for python-socketio: one namespace, no rooms, a set entry a client.

The stock manager keeps rooms in two-way dictionaries, looks through all of them whenever somebody
leaves, and finds out who is still connecting in a list. Streams have their own lists (`topics`).
"""

from collections.abc import Iterator
from typing import Any

from socketio.manager import Manager

NAMESPACE = "/"


class Roster(Manager):  # type: ignore[misc]  # python-socketio has no types
    """A client's Socket.IO id is its Engine.IO id: nobody but the client is ever told either."""

    def __init__(self) -> None:
        super().__init__()
        self._connecting: set[str] = set()
        self._connected: set[str] = set()

    def get_namespaces(self) -> list[str]:
        """The namespaces with anybody in them."""
        return [NAMESPACE] if self._connected or self._connecting else []

    def get_participants(self, namespace: str, room: object) -> Iterator[tuple[str, str]]:
        """(id, id) of a client's own room; of everybody for None."""
        here = self._connected if room is None else self._connected & {room}
        yield from ((sid, sid) for sid in list(here) if namespace == NAMESPACE)

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """Somebody begins to connect; None if they have done so before."""
        if namespace != NAMESPACE or eio_sid in self._connecting or eio_sid in self._connected:
            return None
        self._connecting.add(eio_sid)
        return eio_sid

    def connect(self, sid: str, _: str) -> str:
        """Somebody has passed."""
        self._connecting.discard(sid)
        self._connected.add(sid)
        return sid

    def is_pre_connected(self, sid: str, _: str) -> bool:
        """Whether somebody has begun to connect and has not passed yet."""
        return sid in self._connecting

    def is_connected(self, sid: str, _: str) -> bool:
        """Whether somebody has passed and not left."""
        return sid in self._connected

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """The Socket.IO id."""
        here = eio_sid in self._connected or eio_sid in self._connecting
        return eio_sid if here and namespace == NAMESPACE else None

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The Engine.IO id."""
        return self.sid_from_eio_sid(sid, namespace)

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:  # noqa: ARG002
        """Somebody begins to leave."""
        self._connected.discard(sid)
        return sid

    def disconnect(self, sid: str, namespace: str, **_: Any) -> None:  # noqa: ARG002
        """Somebody has left or was turned away."""
        self._connecting.discard(sid)
        self._connected.discard(sid)
        self.callbacks.pop(sid, None)
