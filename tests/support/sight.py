"""What each stream has to show of a world, by the contract's phases: derived, never remembered."""

from __future__ import annotations

from typing import Any

from tests.support.folding import Folded
from tests.support.oracle import of_side
from tests.support.stage import Actor, Stage
from tests.support.world import World

Seen = dict[tuple[str, str], dict[str, Any]]

OF_QUESTION = ("number", "room", "text", "state", "merged_into", "shortlisted")
OF_SUPPORT = ("people",)
OF_PARTICIPANT = ("room", "affiliation", "removed")


def expected(stage: Stage, actor: Actor, stream: str) -> Seen:
    """Return the questions, supports and people that a stream shows an actor now."""
    world = stage.world
    if stream == "me":
        return _me(stage, actor.name)
    if stream == "event":
        in_plenary = "plenary" in {world.phase, *world.own_phase.values()}
        shown = _shortlist(world) if in_plenary and actor.name != "public" else []
        return _questions(stage, shown, supported=True)
    if stream == "lead":
        seen = _questions(stage, _moderated(world, world.rooms), supported=True)
        return seen | _people(stage, world.rooms)
    kind, _, room_id = stream.partition(":")
    room = next(room for room in world.rooms if stage.ids[room] == room_id)
    if kind == "facilitators":
        seen = _questions(stage, _moderated(world, [room]), supported=True)
        return seen | _people(stage, [room])
    phase = world.phase_of(room)
    listed = [key for key in _moderated(world, [room]) if world.questions[key].visible]
    listed = listed if phase in {"discuss", "support"} else []
    return _questions(stage, listed, supported=phase == "support")


def actual(folded: Folded) -> Seen:
    """Return the same of what a client has folded."""
    fields = {"question": OF_QUESTION, "support": OF_SUPPORT, "participant": OF_PARTICIPANT}
    seen = {
        (kind, key): {field: entity[field] for field in fields[kind]}
        for (kind, key), entity in folded.entities.items()
        if kind in fields
    }
    if folded.stream == "me":
        for me in folded.of_type("me"):
            shown = {"room": me["room"], "removed": me["removed"]}
            seen["me", me["id"]] = {**shown, "supports": sorted(me.get("supports", []))}
    return seen


def unseen(world: World) -> list[str]:
    """Return the questions that nobody but their author may have read yet."""
    return [key for key, question in world.questions.items() if question.number is None]


def wrong_sides(stage: Stage, folded: Folded) -> list[str]:
    """Return supports whose split is wrong, or shown although a side has fewer than five."""
    world = stage.world
    names = {stage.ids[key]: key for key in world.questions}
    small = any(of_side(world, world.counted(), side) < 5 for side in world.affiliations)
    return [
        f"{folded.stream}: {support}"
        for support in folded.of_type("support")
        if "by_affiliation" in support
        if (small and folded.stream != "lead")
        or support["by_affiliation"] != _sides(world, names[support["id"]])
    ]


def _sides(world: World, key: str) -> dict[str, int]:
    behind = world.behind(key)
    return {side: of_side(world, behind, side) for side in world.affiliations}


def _me(stage: Stage, name: str) -> Seen:
    world, person = stage.world, stage.world.people[name]
    own = [key for key, question in world.questions.items() if question.author == name]
    supports = sorted(stage.ids[key] for key, each in world.supports if each == name)
    me = {"room": stage.ids[person.room], "removed": person.removed, "supports": supports}
    return _questions(stage, own, supported=False) | {("me", stage.ids[name]): me}


def _shortlist(world: World) -> list[str]:
    roots = [root for root in world.shown_roots() if world.on_shortlist(root)]
    return [key for root in roots for key in [root, *world.parts(root)]]


def _moderated(world: World, rooms: list[str]) -> list[str]:
    """Return what facilitators of some rooms see: hidden too, unseen and withdrawn not."""
    return [
        key
        for key, question in world.questions.items()
        if question.room in rooms and question.number and not question.withdrawn
    ]


def _questions(stage: Stage, keys: list[str], *, supported: bool) -> Seen:
    seen: Seen = {}
    for key in keys:
        question, name = stage.world.questions[key], stage.ids[key]
        into = question.merged_into
        seen["question", name] = {
            "number": question.number,
            "room": stage.ids[question.room],
            "text": question.text,
            "state": question.state,
            "merged_into": stage.ids[into] if into is not None else None,
            "shortlisted": question.shortlisted,
        }
        if supported:
            seen["support", name] = {"people": len(stage.world.behind(key))}
    return seen


def _people(stage: Stage, rooms: list[str]) -> Seen:
    return {
        ("participant", stage.ids[name]): {
            "room": stage.ids[person.room],
            "affiliation": person.affiliation or None,
            "removed": person.removed,
        }
        for name, person in stage.world.people.items()
        if person.room in rooms
    }
