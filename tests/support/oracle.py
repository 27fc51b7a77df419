"""What a recording implies: the whole JSON export of the contract's section 6, computed apart.

Codes, ids, revisions, times and the guessed languages are the product's own; `normalise` takes them
off both sides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support import rules
from tests.support.rules import Chosen, Entrant
from tests.support.world import Line, World, clean, replay

Export = dict[str, Any]


def read(path: Path) -> list[Line]:
    """Return the lines of a recording file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def expected(lines: Iterable[Line]) -> Export:
    """Return the normalised export that a recording's lines imply."""
    return normalise(export(replay(lines)))


def export(world: World) -> Export:
    """Return the JSON export of a world, its ids being the recording's."""
    rule = world.settled["rule"] if world.settled else "seqpav"
    toplist = settled_toplist(world) if world.settled else proposed_toplist(world)
    return {
        "event": {
            "title": world.event["title"],
            "question": world.event["question"],
            "places": places(world),
            "stage": world.stage,
        },
        "rule": rule,
        "settled": world.settled is not None,
        "toplist": toplist,
        "questions": [exported_question(world, key) for key in world.questions],
        "audit": audit(world, [entry["questions"] for entry in toplist]),
    }


def places(world: World) -> int:
    """Return how many questions the list holds."""
    return int(world.event.get("places", 10))


def proposal(world: World, rule: str) -> list[Chosen]:
    """Return what a rule chooses in the present state."""
    entrants = [
        Entrant(root, frozenset(behind), len({world.people[person].room for person in behind}))
        for root in candidates(world)
        for behind in [world.behind(root)]
    ]
    return rules.propose(rule, entrants, places(world))


def candidates(world: World) -> list[str]:
    """Return the supported shown roots: those on the shortlist, if any shown root is, else all."""
    shown = world.shown_roots()
    shortlist = [root for root in shown if world.on_shortlist(root)]
    return [root for root in shortlist or shown if world.behind(root)]


def proposed_toplist(world: World) -> list[dict[str, Any]]:
    """Return the default rule's proposal as entries."""
    return [
        {
            "place": place,
            "tied_with": sorted(choice.tied_with),
            "text": world.questions[choice.name].text,
            "note": "",
            **provenance(world, [choice.name]),
        }
        for place, choice in enumerate(proposal(world, "seqpav"), start=1)
    ]


def settled_toplist(world: World) -> list[dict[str, Any]]:
    """Return the leads' list with the present support of its questions."""
    assert world.settled is not None
    ties = {choice.name: choice.tied_with for choice in proposal(world, world.settled["rule"])}
    return [
        {
            "place": place,
            "tied_with": sorted(ties.get(entry["questions"][0], ())),
            "text": clean(entry["text"]),
            "note": clean(entry.get("note") or ""),
            **provenance(world, entry["questions"]),
        }
        for place, entry in enumerate(world.settled["entries"], start=1)
    ]


def provenance(world: World, stored: list[str]) -> dict[str, Any]:
    """Return an entry's questions with their visible parts, rooms, and support by sides."""
    members: list[str] = []
    for key in stored:
        members += [each for each in [key, *world.parts(key)] if each not in members]
    visible = [key for key in members if world.questions[key].visible]
    rooms = {world.questions[key].room for key in visible}
    everybody = any(world.questions[key].opened for key in visible)
    eligible = {
        person for person in world.counted() if everybody or world.people[person].room in rooms
    }
    people = behind_entry(world, members)
    sides = {
        side: {"people": of_side(world, people, side), "eligible": of_side(world, eligible, side)}
        for side in world.affiliations
    }
    return {
        "questions": members,
        "rooms": sorted(rooms),
        "support": {"people": len(people), "eligible": len(eligible), "by_affiliation": sides},
    }


def behind_entry(world: World, keys: list[str]) -> set[str]:
    """Return who stands behind an entry; hidden and withdrawn questions count nowhere here."""
    people: set[str] = set()
    for key in keys:
        for each in [key, *world.parts(key)]:
            if world.questions[each].visible:
                people |= world.supporters(each)
    return people


def of_side(world: World, people: set[str], side: str) -> int:
    """Return how many of `people` have this affiliation."""
    return sum(world.people[person].affiliation == side for person in people)


def exported_question(world: World, key: str) -> dict[str, Any]:
    """Return a question's own row; a hidden one still lists who stands behind it."""
    question = world.questions[key]
    behind = world.behind(key)
    return {
        "id": key,
        "number": question.number,
        "room": question.room,
        "text": question.text,
        "original_text": question.original_text,
        "state": question.state,
        "merged_into": question.merged_into,
        "shortlisted": question.shortlisted,
        "support": {
            "people": len(behind),
            "by_affiliation": {side: of_side(world, behind, side) for side in world.affiliations},
        },
    }


def audit(world: World, entries: list[list[str]]) -> dict[str, Any]:
    """Return how many of all people stand behind at least one, two, three of the list."""
    lists = [behind_entry(world, keys) for keys in entries]
    having = [sum(person in people for people in lists) for person in world.counted()]
    return {
        "people": len(having),
        "represented_by_at_least": {
            str(least): sum(count >= least for count in having) for least in (1, 2, 3)
        },
    }


def normalise(document: Export) -> Export:
    """Return an export with ids as indices in the order of asking, without codes, times, languages.

    Only what the contract leaves open is evened out: the order of rooms and of ties, and
    whether a missing note is empty or null.
    """
    index = {question["id"]: place for place, question in enumerate(document["questions"])}
    event = {key: document["event"][key] for key in ("title", "question", "places", "stage")}
    toplist = [
        {
            "place": entry["place"],
            "tied_with": sorted(index[key] for key in entry["tied_with"]),
            "text": entry["text"],
            "note": entry["note"] or "",
            "questions": [index[key] for key in entry["questions"]],
            "rooms": sorted(entry["rooms"]),
            "support": entry["support"],
        }
        for entry in document["toplist"]
    ]
    questions = [
        {
            **{key: question[key] for key in ROW},
            "merged_into": None
            if question["merged_into"] is None
            else index[question["merged_into"]],
        }
        for question in document["questions"]
    ]
    return {
        "event": event,
        "rule": document["rule"],
        "settled": document["settled"],
        "toplist": toplist,
        "questions": questions,
        "audit": document["audit"],
    }


ROW = (
    "number",
    "room",
    "text",
    "original_text",
    "state",
    "merged_into",
    "shortlisted",
    "support",
)
