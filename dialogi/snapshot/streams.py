"""What each stream shows, whole or as the changes since a revision.

For every stream: what was shown at revision N, folded with `changes(state, stream, N)`, equals what
is shown now. An entity that may have been shown before and is not to be seen any more is `gone`;
what nobody has ever seen on the stream is not mentioned.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..model import phases
from ..model.state import EventState, Question
from . import entities
from .entities import Entity

EVERYTHING = -1


@dataclass(frozen=True)
class Stream:
    """A stream as one audience follows it.

    `kind`: event, room, facilitators, lead, me (participants), staff (a grant's own me), public.
    `id`: the room, the participant or the grant; 0 elsewhere. `name` is the wire's.
    """

    kind: str
    id: int = 0

    @property
    def name(self) -> str:
        """What the stream is called on the wire."""
        if self.kind in {"room", "facilitators"}:
            return f"{self.kind}:{self.id}"
        return {"public": "event", "staff": "me"}.get(self.kind, self.kind)


def changes(state: EventState, stream: Stream, since: int = EVERYTHING) -> list[Entity]:
    """The entities that changed on the stream after revision `since`, or all that it shows."""
    found = _Found(since)
    _STREAMS[stream.kind](state, stream.id, found)
    return found.changes


@dataclass
class _Found:
    since: int
    changes: list[Entity] = field(default_factory=list)

    def new(self, *revisions: int) -> bool:
        return any(revision > self.since for revision in revisions)

    def put(self, entity: Entity) -> None:
        self.changes.append(entity)

    def drop(self, kind: str, entity_id: int) -> None:
        if self.since != EVERYTHING:
            self.changes.append(entities.gone(kind, entity_id))


def _event(state: EventState, _: int, found: _Found) -> None:
    _frame(state, found, public=False)
    anew = found.new(state.event.context)
    if not (state.in_plenary or anew):
        return
    shown = _plenary(state) if state.in_plenary else frozenset()
    split = state.may_split()
    for question in state.questions.values():
        if question.id in shown:
            if anew or found.new(question.changed):
                found.put(entities.question(question))
            if anew or found.new(question.support_changed):
                found.put(entities.support(state, question.id, split=split))
        elif question.starred_once and (anew or found.new(question.changed)):
            found.drop("question", question.id)
            found.drop("support", question.id)


def _public(state: EventState, _: int, found: _Found) -> None:
    _frame(state, found, public=True)


def _frame(state: EventState, found: _Found, *, public: bool) -> None:
    if found.new(state.event.changed):
        found.put(entities.event(state, public=public))
    if not public:
        for room in state.rooms.values():
            if found.new(room.changed):
                found.put(entities.room(state, room))
    published = entities.published(state)
    if published is not None and found.new(state.event.list_changed):
        found.put(published)


def _room(state: EventState, room_id: int, found: _Found) -> None:
    room = state.rooms[room_id]
    if found.new(room.changed, room.people_changed):
        found.put(entities.own_room(state, room))
    phase = state.phase_of(room_id)
    listed, supported = phase in phases.ROOM_LIST, phase == phases.SUPPORT
    anew = found.new(room.context)
    if not (listed or anew):
        return
    for question in _numbered(state, state.room_questions[room_id]):
        if listed and question.visible:
            if anew or found.new(question.changed):
                found.put(entities.question(question))
            if supported and (anew or found.new(question.support_changed)):
                found.put(entities.support(state, question.id, split=False))
            elif anew:
                found.drop("support", question.id)
        elif anew or found.new(question.changed):
            found.drop("question", question.id)
            found.drop("support", question.id)


def _facilitators(state: EventState, room_id: int, found: _Found) -> None:
    _staffed_rooms(state, [room_id], found)
    _moderated(state, state.room_questions[room_id], found, split=False)
    for person in state.participants.values():
        if person.room == room_id:
            if found.new(person.changed):
                found.put(entities.participant(person))
        elif person.moved and found.new(person.moved):
            found.drop("participant", person.id)


def _lead(state: EventState, _: int, found: _Found) -> None:
    _staffed_rooms(state, state.rooms, found)
    _moderated(state, state.questions, found, split=True)
    for person in state.participants.values():
        if found.new(person.changed):
            found.put(entities.participant(person))
    if found.new(state.event.list_changed):
        found.put(entities.draft(state))


def _staffed_rooms(state: EventState, room_ids: Iterable[int], found: _Found) -> None:
    for room_id in room_ids:
        room = state.rooms[room_id]
        if found.new(room.changed, room.people_changed, room.staff_changed):
            found.put(entities.staffed_room(state, room))


def _moderated(
    state: EventState, question_ids: Iterable[int], found: _Found, *, split: bool
) -> None:
    resplit = split and found.new(state.event.context)
    for question in _numbered(state, question_ids):
        if question.withdrawn:
            if found.new(question.changed):
                found.drop("question", question.id)
                found.drop("support", question.id)
            continue
        if found.new(question.changed):
            found.put(entities.moderated_question(question))
        if resplit or found.new(question.support_changed):
            found.put(entities.support(state, question.id, split=split))


def _me(state: EventState, participant_id: int, found: _Found) -> None:
    person = state.participants[participant_id]
    if found.new(person.changed, person.supports_changed):
        found.put(entities.me(state, person))
    for question_id in sorted(state.authored.get(participant_id, ())):
        question = state.questions[question_id]
        if found.new(question.changed):
            found.put(entities.own_question(question))


def _staff(_: EventState, __: int, ___: _Found) -> None:
    """A grant has nothing that an event could change."""


def _plenary(state: EventState) -> frozenset[int]:
    """What everybody chooses among: roots on the shortlist that are shown, and their parts.

    What a facilitator wrote down in a room where nobody reads yet stays out until it is read there.
    """
    roots = {state.root_of(q.id) for q in state.questions.values() if q.shortlisted}
    return frozenset(
        part.id
        for root in roots
        if state.questions[root].visible and state.on_shortlist(root)
        for part in state.visible_parts(root)
        if part.number is not None
    )


def _numbered(state: EventState, question_ids: Iterable[int]) -> Iterable[Question]:
    questions = (state.questions[question_id] for question_id in sorted(question_ids))
    return (question for question in questions if question.number is not None)


_STREAMS = {
    "event": _event,
    "public": _public,
    "room": _room,
    "facilitators": _facilitators,
    "lead": _lead,
    "me": _me,
    "staff": _staff,
}
