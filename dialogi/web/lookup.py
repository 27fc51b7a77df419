"""What views need first: the running services, the event of an address, the seat in it."""

from typing import Protocol, cast

from flask import current_app

from .. import identity
from ..config import Settings
from ..errors import N_, Refusal, not_found
from ..events import Events
from ..model.state import EventState, Participant
from ..writer import Writer
from .language import speak_for


class Services(Protocol):
    """What `create_app` wires together for everybody who answers requests."""

    settings: Settings
    writer: Writer
    events: Events


def services() -> Services:
    """The running server's own."""
    return cast(Services, current_app.extensions["dialogi"])


def event_by_code(code: str) -> EventState | None:
    """The event with this join code; the page then speaks for it."""
    return _spoken_for(services().events.by_code(code))


def event_or_404(code: str) -> EventState:
    """As `event_by_code`, for pages whose address nobody types."""
    state = event_by_code(code)
    if state is None:
        raise not_found()
    return state


def event_by_results_id(results_id: str) -> EventState:
    """The event whose public results page this is."""
    state = _spoken_for(services().events.by_results_id(results_id))
    if state is None:
        raise not_found()
    return state


def event_by_present_id(present_id: str) -> EventState:
    """The event whose projector page this is."""
    state = _spoken_for(services().events.by_present_id(present_id))
    if state is None:
        raise not_found()
    return state


def seat_in(state: EventState) -> Participant | None:
    """This cookie's seat in the event, also if its person was removed."""
    participant_id = identity.seat(state.event.code)
    return None if participant_id is None else state.participants.get(participant_id)


def grant_in(state: EventState, *, role: str, room: int | None = None) -> identity.Identity:
    """This cookie's grant for the role; raises Refusal where there is none."""
    grant = identity.grant(state.event.code, role=role, room=room)
    if grant is None:
        raise Refusal(
            "forbidden",
            N_(
                "This page opens with a link of your own. Open the link that you were sent once "
                "more in this browser, or ask the organiser for a new one."
            ),
        )
    return grant


def _spoken_for(state: EventState | None) -> EventState | None:
    if state is not None:
        speak_for(state)
    return state
