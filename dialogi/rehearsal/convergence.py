"""Whether everybody's folded state equals a fresh snapshot once the deltas have gone quiet."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from .connection import ConnectionLost
from .measure import Tally
from .person import Person
from .streams import Entity, Key

QUIET_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 20.0
ROUND_SECONDS = 0.5
FEWEST_TRIES = 3
AT_ONCE = 24


@dataclass(slots=True)
class Comparison:
    """Fresh snapshots by person and stream, and what differs from them, in words."""

    fresh: dict[tuple[str, str], dict[Key, Entity]] = field(default_factory=dict)
    differences: dict[tuple[str, str], str] = field(default_factory=dict)


async def quiet(tally: Tally) -> None:
    """Waits until no delta has come for a second, or for the longest time it may take."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    while (now := loop.time()) - started < LONGEST_WAIT_SECONDS:
        silence = now - max(tally.last_delta_at, started)
        if silence >= QUIET_SECONDS:
            return
        await asyncio.sleep(QUIET_SECONDS - silence)


async def compare(people: Iterable[Person]) -> Comparison:
    """Compares every stream that somebody follows with a fresh subscription to it."""
    result = Comparison()
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS
    slots = asyncio.Semaphore(AT_ONCE)

    async def look(person: Person) -> None:
        async with slots:
            for name in list(person.streams):
                await _compare(person, name, result, deadline)

    await asyncio.gather(*(look(person) for person in people))
    return result


async def _compare(person: Person, name: str, result: Comparison, deadline: float) -> None:
    """One stream of one person; a difference that only was a delta under way does not count."""
    place = (person.key, name)
    for tries in itertools.count(1):
        try:
            fresh = await person.fresh(name)
        except ConnectionLost as problem:
            result.differences[place] = f"no fresh snapshot: {problem}"
            return
        stream = person.streams.get(name)
        if stream is None:
            return
        if fresh is None:
            difference = "a fresh subscription is refused"
        else:
            result.fresh[place] = fresh
            difference = difference_between(stream.entities, fresh)
        if not difference:
            return
        if tries >= FEWEST_TRIES and asyncio.get_running_loop().time() > deadline:
            result.differences[place] = difference
            return
        await asyncio.sleep(ROUND_SECONDS)


def difference_between(folded: dict[Key, Entity], fresh: dict[Key, Entity]) -> str:
    """The first entity that differs, in words; empty if none does."""
    if folded == fresh:
        return ""
    for key in folded.keys() | fresh.keys():
        mine, theirs = folded.get(key), fresh.get(key)
        if mine is None or theirs is None:
            return f"{' '.join(key)} is {'missing' if mine is None else 'no longer there'}"
        fields = [
            f"{name} is {mine.get(name)!r}, should be {theirs.get(name)!r}"
            for name in sorted(mine.keys() | theirs.keys())
            if mine.get(name) != theirs.get(name) or (name in mine) != (name in theirs)
        ]
        if fields:
            return f"{' '.join(key)}: {'; '.join(fields)}"
    return ""
