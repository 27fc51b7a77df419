"""The rehearsal player: a recording, or invented people, against a running server.

It comes in from outside like any browser: over HTTP and Socket.IO, without the database.
"""

from .invented import invent
from .player import rehearse
from .script import RehearsalError

__all__ = ["RehearsalError", "invent", "rehearse"]
