"""The phases of an event or a room, and what each lets people see and do (contract, section 4)."""

LOBBY = "lobby"
WRITE = "write"
DISCUSS = "discuss"
SUPPORT = "support"
PLENARY = "plenary"
RESULTS = "results"

PHASES = (LOBBY, WRITE, DISCUSS, SUPPORT, PLENARY, RESULTS)

#: Participants may ask, edit and withdraw.
ASKING = frozenset({WRITE, DISCUSS, SUPPORT})
#: Whoever is asked now is read by others at once: the question gets its number.
SHOWING = frozenset({DISCUSS, SUPPORT, PLENARY, RESULTS})
#: The room's list is on its people's screens.
ROOM_LIST = frozenset({DISCUSS, SUPPORT})
#: Support may be given to one's own questions at least.
SUPPORTING = frozenset({WRITE, DISCUSS, SUPPORT, PLENARY})
#: The event-wide split by affiliation may be shown.
SPLIT = frozenset({PLENARY, RESULTS})


def following(phase: str) -> str | None:
    """The phase that a timer's deadline leads to, None after the last."""
    at = PHASES.index(phase)
    return PHASES[at + 1] if at + 1 < len(PHASES) else None
