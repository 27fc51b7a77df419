"""Merging and splitting: pointers that can be taken back, and each person counted once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dialogi.snapshot import Stream, changes
from tests.support.hall import Hall


@dataclass
class Cluster:
    """The test's own picture of all questions: who supports what, and what points where."""

    supporters: dict[str, set[str]] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # hidden or withdrawn

    def parts(self, root: str) -> set[str]:
        """Return what was merged into a question, directly or further."""
        direct = {part for part, into in self.into.items() if into == root}
        return direct.union(*(self.parts(part) for part in direct))

    def people(self, root: str) -> int:
        """Return how many people stand behind a question."""
        visible = {part for part in self.parts(root) if part not in self.gone}
        return len(self.supporters[root].union(*(self.supporters[part] for part in visible)))


class Meeting:
    """Ten people in two rooms, eight questions with some support each, and a lead."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.lead, self.picture = hall, hall.here.lead, Cluster()
        self.withdrawn: set[str] = set()
        self.people = [hall.join("AB"[at % 2], "xy"[at % 2]) for at in range(10)]
        hall.phase("support")
        self.questions = [
            hall.ask(person, f"Why {at}?") for at, person in enumerate(self.people[:8])
        ]
        for at, question in enumerate(self.questions):
            voters = {self.people[(at + step) % 10] for step in (2, 4, 6)[: at % 4]}
            for voter in voters:
                hall.do(voter, "vote.set", question=question, on=True)
            self.picture.supporters[question] = {self.people[at], *voters}

    def merge(self, into: str, *parts: str) -> None:
        self.hall.do(self.lead, "question.merge", into=into, questions=list(parts))
        self.picture.into.update(dict.fromkeys(parts, into))

    def split(self, part: str) -> None:
        self.hall.do(self.lead, "question.split", question=part)
        del self.picture.into[part]

    def hide(self, question: str) -> None:
        self.hall.do(self.lead, "question.hide", question=question, reason="")
        self.picture.gone.add(question)

    def restore(self, question: str) -> None:
        self.hall.do(self.lead, "question.restore", question=question)
        self.picture.gone.discard(question)

    def vote(self, person: str, question: str, on: bool) -> None:
        vote = {"question": question, "on": on}
        if question in self.withdrawn:
            assert self.hall.refused(person, "vote.set", **vote).code == "not_found"
        elif question in self.picture.gone:
            assert self.hall.refused(person, "vote.set", **vote).code == "hidden"
        elif isinstance(self.hall.send(person, "vote.set", **vote), dict):
            supporters = self.picture.supporters[question]
            (supporters.add if on else supporters.discard)(person)

    def withdraw(self, question: str) -> None:
        """Let an author try to withdraw; it is possible while nobody else stands behind it."""
        author = self.people[self.questions.index(question)]
        if isinstance(self.hall.send(author, "question.withdraw", question=question), dict):
            self.withdrawn.add(question)
            self.picture.gone.add(question)

    def do_anything(self, rng: random.Random) -> None:
        """Do one of all that changes a cluster or what is shown of it."""
        one, two = rng.sample(self.questions, 2)
        match rng.choice(["merge", "merge", "split", "hide", "restore", "vote", "vote", "else"]):
            case "merge":
                free = not {one, two} & {*self.picture.into, *self.withdrawn}
                (self.merge if free else self.conflict)(one, two)
            case "split" if self.picture.into:
                self.split(rng.choice(sorted(self.picture.into)))
            case "hide":
                self.hide(one)
            case "restore" if one not in self.withdrawn:
                self.restore(one)
            case "vote":
                self.vote(rng.choice(self.people), one, rng.random() < 0.5)
            case _:
                self.withdraw(one)
                self.hall.send(self.lead, "question.reword", question=two, text=f"{rng.random()}")
                self.hall.do(self.lead, "shortlist.set", question=one, on=rng.random() < 0.5)

    def conflict(self, into: str, *parts: str) -> None:
        """Check that a merge is refused and nothing has changed."""
        refusal = self.hall.refused(self.lead, "question.merge", into=into, questions=list(parts))
        assert refusal.code == "conflict"

    def supports(self) -> dict[str, int]:
        """Return how many people stand behind each question, as the leads see it."""
        found = changes(self.hall.state(), Stream("lead"))
        return {it["id"]: it["people"] for it in found if it["type"] == "support"}

    def check(self) -> None:
        """Compare all support with the test's own picture."""
        assert self.supports() == {it: self.picture.people(it) for it in self.supports()}

    def row(self, question: str) -> dict[str, Any]:
        """Return a question as the leads see it."""
        found = changes(self.hall.state(), Stream("lead"))
        return next(it for it in found if it["type"] == "question" and it["id"] == question)


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    """Return a meeting in the phase of support."""
    hall = Hall(tmp_path)
    yield Meeting(hall)
    hall.close()


def test_people_behind_several_parts_count_once(meeting: Meeting) -> None:
    one, two, three, *_ = meeting.questions
    for question in (one, two, three):
        for person in meeting.people[::2] if question != two else meeting.people[1::2]:
            meeting.hall.do(person, "vote.set", question=question, on=True)
            meeting.picture.supporters[question].add(person)
    meeting.merge(one, two, three)
    assert meeting.supports()[one] == 10
    meeting.check()


def test_undoing_all_merges_in_any_order_returns_the_starting_support(meeting: Meeting) -> None:
    start = meeting.supports()
    rng = random.Random(1)
    for _ in range(5):
        order = rng.sample(meeting.questions, 8)
        for part, into in itertools.pairwise(order):
            meeting.merge(into, part)
            meeting.check()
        for part in rng.sample(order[:-1], 7):
            meeting.split(part)
            meeting.check()
        assert meeting.supports() == start
    numbers = [meeting.row(question)["number"] for question in meeting.questions]
    assert numbers == list(range(1, 9))


def test_splitting_a_middle_takes_its_own_parts_along(meeting: Meeting) -> None:
    top, middle, leaf, *_ = meeting.questions
    meeting.merge(middle, leaf)
    meeting.merge(top, middle)
    meeting.split(middle)
    assert meeting.row(leaf)["merged_into"] == middle
    assert meeting.row(leaf)["state"] == "merged"
    assert meeting.row(middle)["state"] == "shown"
    meeting.check()


def test_a_hidden_middle_does_not_count_and_what_was_merged_into_it_does(meeting: Meeting) -> None:
    top, middle, leaf, *_ = meeting.questions
    meeting.merge(middle, leaf)
    meeting.merge(top, middle)
    meeting.hide(middle)
    meeting.check()
    alone = meeting.picture.supporters
    assert meeting.supports()[top] == len(alone[top] | alone[leaf])
    assert meeting.row(middle)["state"] == "hidden"
    assert meeting.row(middle)["merged_into"] == top
    meeting.restore(middle)
    meeting.check()


def test_a_cluster_whose_root_is_hidden_is_no_candidate(meeting: Meeting) -> None:
    top, leaf, *_ = meeting.questions
    meeting.merge(top, leaf)
    assert int(top) in {it.id for it in meeting.hall.state().candidates()}
    meeting.hide(top)
    found = {it.id for it in meeting.hall.state().candidates()}
    assert not found & {int(top), int(leaf)}
    meeting.split(leaf)
    assert int(leaf) in {it.id for it in meeting.hall.state().candidates()}
    meeting.check()


def test_support_for_a_merged_question_counts_for_all_above_it(meeting: Meeting) -> None:
    top, middle, leaf = meeting.questions[0], meeting.questions[2], meeting.questions[4]
    meeting.merge(middle, leaf)
    meeting.merge(top, middle)
    before = meeting.supports()
    new = next(p for p in meeting.people[::2] if p not in set.union(*meeting_supporters(meeting)))
    meeting.hall.do(new, "vote.set", question=leaf, on=True)
    after = meeting.supports()
    for question in (top, middle, leaf):
        assert after[question] == before[question] + 1
    meeting.hall.do(new, "vote.set", question=leaf, on=False)
    assert meeting.supports() == before


def meeting_supporters(meeting: Meeting) -> list[set[str]]:
    """Return the supporters of the first, third and fifth question."""
    return [meeting.picture.supporters[meeting.questions[at]] for at in (0, 2, 4)]


def test_what_is_merged_or_withdrawn_cannot_be_merged_nor_merged_into(meeting: Meeting) -> None:
    one, two, three, four, *_ = meeting.questions
    meeting.merge(one, two)
    meeting.conflict(three, two)
    meeting.conflict(two, three)
    meeting.conflict(three, four, two)
    meeting.conflict(one, two)
    alone = meeting.hall.ask(meeting.people[9], "Soon gone?")
    meeting.hall.do(meeting.people[9], "question.withdraw", question=alone)
    meeting.conflict(three, alone)
    meeting.conflict(alone, three)


def test_nothing_can_be_merged_with_itself_or_into_its_own_part(meeting: Meeting) -> None:
    one, two, three, *_ = meeting.questions
    meeting.conflict(one, one)
    meeting.conflict(one, two, one)
    meeting.merge(one, two)
    meeting.conflict(two, one)
    meeting.merge(three, one)
    meeting.conflict(two, three)
    meeting.conflict(one, three)


@pytest.mark.parametrize("parts", [[], ["9000002", "9000002"]])
def test_merging_nothing_or_one_twice_is_refused(meeting: Meeting, parts: list[str]) -> None:
    refusal = meeting.hall.refused(
        meeting.lead, "question.merge", into=meeting.questions[0], questions=parts
    )
    assert (refusal.code, refusal.field) == ("invalid", "questions")


def test_what_stands_alone_cannot_be_split(meeting: Meeting) -> None:
    refusal = meeting.hall.refused(meeting.lead, "question.split", question=meeting.questions[0])
    assert refusal.code == "conflict"


def test_hidden_questions_can_be_merged_and_merged_into(meeting: Meeting) -> None:
    one, two, three, *_ = meeting.questions
    meeting.hide(one)
    meeting.hide(two)
    meeting.merge(one, two, three)
    meeting.check()


def test_a_rooms_facilitator_merges_in_the_own_room_only(meeting: Meeting) -> None:
    in_a, in_b, also_in_a, *_ = meeting.questions
    facilitator = meeting.hall.here.facilitators["A"]
    merge = {"into": in_a, "questions": [in_b]}
    assert meeting.hall.refused(facilitator, "question.merge", **merge).code == "forbidden"
    meeting.hall.do(facilitator, "question.merge", into=in_a, questions=[also_in_a])
    meeting.merge(in_b, in_a)
    split = meeting.hall.refused(facilitator, "question.split", question=in_a)
    assert split.code == "forbidden", "the root is another room's"


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_merging_hiding_and_voting_counts_as_the_picture_does(
    meeting: Meeting, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        meeting.do_anything(rng)
        meeting.check()
    for part in sorted(meeting.picture.into):
        meeting.split(part)
    alone = {it: len(meeting.picture.supporters[it]) for it in meeting.supports()}
    assert meeting.supports() == alone
