"""`EventState`: one event at one revision of its ledger, in memory, for everyone who reads.

It is filled and advanced by `store.reading`; nothing here changes an event. Support is derived
from the people who gave it, never counted up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import phases
from .limits import SMALLEST_SIDE
from .selection import Candidate

NOBODY: frozenset[int] = frozenset()


@dataclass(slots=True)
class Event:
    """What the organiser set and where the event stands. Times in seconds since the epoch."""

    id: int
    code: str
    results_id: str
    present_id: str
    title: str
    question: str
    language: str
    starts: str | None
    places: int
    affiliations: tuple[str, ...]
    series: str | None
    organiser: str | None
    video_url: str | None
    highlights: tuple[str, ...]
    programme: tuple[dict[str, Any], ...]
    guiding_questions: tuple[str, ...]
    ground_rules: tuple[str, ...]
    help_phone: str | None
    help_email: str | None
    demo: bool
    phase: str
    ends_at: float | None
    draft: dict[str, Any] | None
    published: dict[str, Any] | None
    revision: int
    changed: int
    context: int
    list_changed: int


@dataclass(slots=True)
class Room:
    """A breakout room. `phase` is None while it follows the event's."""

    id: int
    name: str
    slug: str
    position: int
    video_url: str | None
    phase: str | None
    ends_at: float | None
    changed: int
    context: int
    people_changed: int
    staff_changed: int


@dataclass(slots=True)
class Participant:
    """A seat. `affiliation` is None for "other / rather not say"."""

    id: int
    number: int
    name: str
    affiliation: str | None
    room: int
    removed: bool
    kept: bool
    reason: str
    changed: int
    supports_changed: int
    moved: int

    @property
    def counts(self) -> bool:
        """Whether this person is one of the event's people: the removed only if kept."""
        return self.kept or not self.removed


@dataclass(slots=True)
class Question:
    """A question in its room; flags are independent, `state` puts them in the contract's order."""

    id: int
    number: int | None
    room: int
    author: int | None
    text: str
    original_text: str
    lang: str
    hidden: bool
    reason: str
    withdrawn: bool
    merged_into: int | None
    shortlisted: bool
    in_quota: bool
    starred_once: bool
    opened: bool
    changed: int
    support_changed: int

    @property
    def state(self) -> str:
        """`withdrawn`, `hidden`, `merged` or `shown`: the first that applies."""
        if self.withdrawn:
            return "withdrawn"
        if self.hidden:
            return "hidden"
        return "shown" if self.merged_into is None else "merged"

    @property
    def visible(self) -> bool:
        """Neither hidden nor withdrawn."""
        return not (self.hidden or self.withdrawn)


@dataclass(slots=True)
class Crowds:
    """Sets of people as whole numbers, in which a person is the bit of their own number.

    Thousands are joined and counted in a microsecond, as often as anybody looks; the sets that
    `EventState` has of the same people are for those who need to know who they are.
    """

    #: Who counts as one of the event's people.
    counted: int = 0
    sides: dict[str, int] = field(default_factory=dict)
    #: By question: its own supporters.
    supporting: dict[int, int] = field(default_factory=dict)

    def seat(self, person: Participant) -> None:
        """Put a person where they belong now."""
        bit = 1 << person.number
        self.counted = self.counted | bit if person.counts else self.counted & ~bit
        if person.affiliation is not None:
            self.sides[person.affiliation] = self.sides.get(person.affiliation, 0) | bit

    def vote(self, question_id: int, person: Participant, *, on: bool) -> None:
        """Somebody supports a question, or does so no more."""
        bit, crowd = 1 << person.number, self.supporting.get(question_id, 0)
        self.supporting[question_id] = crowd | bit if on else crowd & ~bit


@dataclass
class EventState:
    """One event at `event.revision`, keyed by database ids; questions in the order of asking."""

    event: Event
    rooms: dict[int, Room] = field(default_factory=dict)
    participants: dict[int, Participant] = field(default_factory=dict)
    questions: dict[int, Question] = field(default_factory=dict)
    supporters: dict[int, set[int]] = field(default_factory=dict)
    supports: dict[int, set[int]] = field(default_factory=dict)
    parts: dict[int, set[int]] = field(default_factory=dict)
    room_questions: dict[int, set[int]] = field(default_factory=dict)
    room_people: dict[int, set[int]] = field(default_factory=dict)
    authored: dict[int, set[int]] = field(default_factory=dict)
    crowds: "Crowds" = field(default_factory=lambda: Crowds())

    @property
    def revision(self) -> int:
        """The event's ledger number that this picture shows."""
        return self.event.revision

    # --- phases

    def phase_of(self, room_id: int) -> str:
        """The phase that holds in the room: its own, else the event's."""
        return self.rooms[room_id].phase or self.event.phase

    def ends_at_of(self, room_id: int) -> float | None:
        """When the room's timer ends, its own or, without a phase of its own, the event's."""
        room = self.rooms[room_id]
        if room.ends_at is not None:
            return room.ends_at
        return self.event.ends_at if room.phase is None else None

    @property
    def in_plenary(self) -> bool:
        """Whether anybody chooses among all rooms' shortlist now."""
        if self.event.phase == phases.PLENARY:
            return True
        return any(room.phase == phases.PLENARY for room in self.rooms.values())

    # --- clusters

    def root_of(self, question_id: int) -> int:
        """Where the chain of merges from this question ends."""
        question = self.questions[question_id]
        while question.merged_into is not None:
            question = self.questions[question.merged_into]
        return question.id

    def cluster(self, question_id: int) -> Iterator[Question]:
        """The question and all that was merged into it, directly or further, in asking order."""
        found = []
        waiting = [question_id]
        while waiting:
            at = waiting.pop()
            found.append(at)
            waiting.extend(self.parts.get(at, ()))
        return (self.questions[at] for at in sorted(found))

    def visible_parts(self, question_id: int) -> list[Question]:
        """The question first, whatever its state, then what it brought along and can be seen."""
        parts = [part for part in self.cluster(question_id) if part.visible]
        return [
            self.questions[question_id],
            *(part for part in parts if part.id != question_id),
        ]

    def on_shortlist(self, root_id: int) -> bool:
        """Whether this root is on the shortlist, itself or through a visible part."""
        return any(part.shortlisted for part in self.visible_parts(root_id))

    # --- people

    def people(self) -> list[Participant]:
        """Everybody who counts."""
        return [person for person in self.participants.values() if person.counts]

    def seated(self, room_id: int) -> list[Participant]:
        """Who sits in the room now, the removed left out, in the order of joining."""
        return [self.participants[p] for p in sorted(self.room_people[room_id])]

    def behind(self, question_id: int) -> frozenset[int]:
        """The people who stand behind the question or what was merged into it.

        A question that is asked for counts with its own supporters even while hidden; parts count
        while they are visible.
        """
        return self._supporting(self.visible_parts(question_id))

    def behind_all(self, question_ids: Iterable[int]) -> frozenset[int]:
        """The people behind a place of the list: hidden and withdrawn questions count nowhere."""
        return self._supporting(
            part
            for question_id in question_ids
            for part in self.visible_parts(question_id)
            if part.visible
        )

    def _supporting(self, questions: Iterable[Question]) -> frozenset[int]:
        people: set[int] = set()
        for question in questions:
            people |= self.supporters.get(question.id, NOBODY)
        return frozenset(p for p in people if self.participants[p].counts)

    def crowd_behind(self, question_id: int) -> int:
        """The same people as `behind`, as the crowd that they are (see `Crowds`)."""
        crowd = 0
        for question in self.visible_parts(question_id):
            crowd |= self.crowds.supporting.get(question.id, 0)
        return crowd & self.crowds.counted

    def sides_of(self, crowd: int) -> dict[str, int]:
        """How many of a crowd come from each of the event's affiliations."""
        sides = self.crowds.sides
        return {name: (crowd & sides.get(name, 0)).bit_count() for name in self.event.affiliations}

    def by_affiliation(self, people: Iterable[int]) -> dict[str, int]:
        """How many of `people` come from each of the event's affiliations."""
        counts = dict.fromkeys(self.event.affiliations, 0)
        for person_id in people:
            side = self.participants[person_id].affiliation
            if side is not None:
                counts[side] += 1
        return counts

    def may_split(self) -> bool:
        """Whether support may be shown by affiliation to others than organisers.

        Not while an affiliation has fewer than five people; nor while one to four belong to none,
        since theirs would be what is left after subtracting.
        """
        everybody = self.crowds.counted
        sizes = self.sides_of(everybody)
        unlisted = everybody.bit_count() - sum(sizes.values())
        return min(sizes.values(), default=0) > 0 and all(
            size >= SMALLEST_SIDE for size in [*sizes.values(), *([unlisted] if unlisted else [])]
        )

    # --- candidates

    def candidates(self, *, seen_only: bool = False) -> list[Candidate]:
        """Who can be chosen (contract, section 7), in the order of asking.

        With `seen_only`, none that nobody but its author has been shown yet.
        """
        roots = [
            question
            for question in self.questions.values()
            if question.state == "shown" and not (seen_only and question.number is None)
        ]
        starred = [q for q in roots if self.on_shortlist(q.id)]
        found = []
        for root in sorted(starred or roots, key=lambda question: question.id):
            people = self.behind(root.id)
            if people:
                rooms = len({self.participants[p].room for p in people})
                found.append(Candidate(root.id, people, rooms))
        return found

    def eligible(self, question_ids: Iterable[int]) -> frozenset[int]:
        """Who could have supported any of the questions: their rooms' people, or everybody."""
        rooms: set[int] = set()
        for question_id in question_ids:
            for part in self.visible_parts(question_id):
                if not part.visible:
                    continue
                if part.opened:
                    return frozenset(person.id for person in self.people())
                rooms.add(part.room)
        return frozenset(person.id for person in self.people() if person.room in rooms)
