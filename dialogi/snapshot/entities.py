"""One entity → one dict, whole, as a given audience may see it."""

from typing import Any

from ..model import phases
from ..model.limits import star_quota
from ..model.state import EventState, Participant, Question, Room

Entity = dict[str, Any]


def gone(kind: str, entity_id: int | str) -> Entity:
    """What tells a reader that an entity is not theirs to see any more."""
    return {"type": kind, "id": str(entity_id), "gone": True}


def event(state: EventState, *, public: bool) -> Entity:
    """The event; the public page learns neither the join code nor the way to the talking."""
    e = state.event
    entity: Entity = {
        "type": "event",
        "id": str(e.id),
        "title": e.title,
        "question": e.question,
        "language": e.language,
        "starts": e.starts,
        "places": e.places,
        "affiliations": e.affiliations,
        "series": e.series,
        "organiser": e.organiser,
        "highlights": e.highlights,
        "programme": e.programme,
        "guiding_questions": e.guiding_questions,
        "ground_rules": e.ground_rules,
        "help_phone": e.help_phone,
        "help_email": e.help_email,
        "demo": e.demo,
        "phase": e.phase,
        "ends_at": e.ends_at,
        "stage": e.published["stage"] if e.published else None,
    }
    return entity if public else {**entity, "code": e.code, "video_url": e.video_url}


def room(state: EventState, room: Room) -> Entity:
    """A room as everybody in the event sees it."""
    return {
        "type": "room",
        "id": str(room.id),
        "name": room.name,
        "position": room.position,
        "phase": state.phase_of(room.id),
        "own_phase": room.phase,
        "ends_at": state.ends_at_of(room.id),
        "video_url": room.video_url,
    }


def own_room(state: EventState, it: Room) -> Entity:
    """A room as its people see it."""
    return {**room(state, it), "people": len(state.room_people[it.id])}


def staffed_room(state: EventState, it: Room) -> Entity:
    """A room as its facilitators and the leads see it: how much was written, never what."""
    questions = [state.questions[q] for q in state.room_questions[it.id]]
    return {
        **own_room(state, it),
        "unshown": sum(1 for q in questions if q.number is None and q.visible),
        "silent": sum(
            1
            for person in state.room_people[it.id]
            if all(state.questions[q].withdrawn for q in state.authored.get(person, ()))
        ),
        "quota": star_quota(len(state.rooms)),
        "starred": sum(1 for q in questions if q.shortlisted and q.in_quota and q.visible),
    }


def question(it: Question) -> Entity:
    """A question as everybody sees it who may see it; never who asked it."""
    return {
        "type": "question",
        "id": str(it.id),
        "number": it.number,
        "room": str(it.room),
        "text": it.text,
        "original_text": it.original_text,
        "lang": it.lang,
        "state": it.state,
        "merged_into": None if it.merged_into is None else str(it.merged_into),
        "shortlisted": it.shortlisted,
        "revision": it.changed,
    }


def moderated_question(it: Question) -> Entity:
    """A question as facilitators see it: with the reason why it is hidden."""
    return {**question(it), "reason": it.reason}


def own_question(it: Question) -> Entity:
    """A question as its author sees it, in any state."""
    return {**question(it), "reason": it.reason, "mine": True}


def support(state: EventState, question_id: int, *, split: bool) -> Entity:
    """How many stand behind a question; with `split` also from which affiliations."""
    crowd = state.crowd_behind(question_id)
    entity: Entity = {"type": "support", "id": str(question_id), "people": crowd.bit_count()}
    if split and state.event.phase in phases.SPLIT:
        entity["by_affiliation"] = state.sides_of(crowd)
    return entity


def participant(it: Participant) -> Entity:
    """A person as facilitators and leads see them."""
    return {
        "type": "participant",
        "id": str(it.id),
        "number": it.number,
        "name": it.name,
        "affiliation": it.affiliation,
        "room": str(it.room),
        "removed": it.removed,
        "kept": it.kept,
        "reason": it.reason,
    }


def me(state: EventState, it: Participant) -> Entity:
    """One's own seat, with the questions that one supports."""
    return {
        "type": "me",
        "id": str(it.id),
        "number": it.number,
        "name": it.name,
        "affiliation": it.affiliation,
        "room": str(it.room),
        "removed": it.removed,
        "reason": it.reason,
        "supports": [str(q) for q in sorted(state.supports.get(it.id, ()))],
    }


def published(state: EventState) -> Entity | None:
    """The published list, frozen as it was.

    By affiliation only where no group was small, and only for what everybody could support: among
    the people of a few rooms a side may be one person.
    """
    frozen = state.event.published
    if frozen is None:
        return None
    entries = [
        entry
        if frozen["split"] and entry["support"]["eligible"] == frozen["audit"]["people"]
        else {**entry, "support": _whole(entry["support"])}
        for entry in frozen["entries"]
    ]
    return {
        "type": "toplist",
        "id": "published",
        "stage": frozen["stage"],
        "published": frozen["published"],
        "rule": frozen["rule"],
        "entries": entries,
        "audit": frozen["audit"],
    }


def draft(state: EventState) -> Entity:
    """The list as the leads work on it."""
    settled = state.event.draft
    return {
        "type": "toplist",
        "id": "draft",
        "settled": settled is not None,
        "rule": settled["rule"] if settled else None,
        "entries": settled["entries"] if settled else [],
    }


def _whole(support: Entity) -> Entity:
    return {key: value for key, value in support.items() if key != "by_affiliation"}
