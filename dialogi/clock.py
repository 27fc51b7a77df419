"""The clock: ends phases whose timer has run out, by commands like any other's."""

import logging
import time
import uuid

from .commands import Command
from .errors import Refusal
from .events import Events
from .model import phases
from .store import reading
from .store.reading import Deadline
from .writer import Outcome, Writer

log = logging.getLogger(__name__)

#: Seconds between looks; a phase ends at most this much late.
LOOK = 0.2


def run(writer: Writer, events: Events) -> None:
    """Look for ever."""
    while True:
        try:
            now = time.time()
            for deadline in events.read(reading.deadlines):
                if deadline.ends_at <= now:
                    writer.send(_end(deadline), _told)
        except Exception:
            log.exception("The clock could not look; it tries again")
        time.sleep(LOOK)


def _end(deadline: Deadline) -> Command:
    following = phases.following(deadline.phase)
    payload: dict[str, object] = {"ended": deadline.ends_at}
    if following is not None:
        payload["phase"] = following
    if deadline.room is not None:
        payload["room"] = str(deadline.room)
    # The command looks whether this very timer still runs, so ending it twice is ending it once. An
    # op made of the deadline would say the same, but of a moment that is set again as well.
    # After the last phase there is none to begin; only its timer goes.
    name = "timer.set" if following is None else "phase.set"
    return Command(deadline.event, "clock", name, payload, str(uuid.uuid4()))


def _told(outcome: Outcome) -> None:
    if isinstance(outcome, Refusal) and outcome.code != "conflict":
        log.warning("A phase could not be ended: %s", outcome)
