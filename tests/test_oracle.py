"""The oracle itself, pinned on small events whose outcome was worked out by hand."""

from __future__ import annotations

from typing import Any

from tests.support import oracle, recordings
from tests.support.world import Line, World, replay


class Story:
    """A small recording, told command by command; `lead` leads."""

    def __init__(self, people: dict[str, str], sides: dict[str, str] | None = None) -> None:
        rooms = sorted(set(people.values()))
        sides = sides or {}
        affiliations = sorted(set(sides.values()))
        event = {"title": "T", "question": "Q", "language": "en", "affiliations": affiliations}
        self.lines: list[Line] = [
            {"dialogi_recording": 1, "event": event, "rooms": rooms, "affiliations": affiliations}
        ]
        self.lines += [
            {"participant": name, "affiliation": sides.get(name, ""), "room": room}
            for name, room in people.items()
        ]
        self.lines.append({"facilitator": "lead", "room": ""})

    def do(self, command: str, by: str = "lead", **payload: Any) -> Story:
        self.lines.append({"at": 0.0, "by": by, "command": command, **payload})
        return self

    def phase(self, phase: str, room: str = "") -> Story:
        return self.do("phase.set", phase=phase, room=room)

    def ask(self, by: str, question: str) -> Story:
        return self.do("question.ask", by, question=question, text=f"Text of {question}")

    def vote(self, people: str, question: str, on: bool = True) -> Story:
        for person in people:
            self.do("vote.set", person, question=question, on=on)
        return self

    def merge(self, into: str, *questions: str) -> Story:
        return self.do("question.merge", into=into, questions=list(questions))

    def world(self) -> World:
        return replay(self.lines)

    def export(self) -> dict[str, Any]:
        return oracle.export(self.world())

    def list(self) -> list[tuple[str, int]]:
        return [
            (entry["questions"][0], entry["support"]["people"])
            for entry in self.export()["toplist"]
        ]


def one_room(people: str = "abcdef") -> Story:
    return Story(dict.fromkeys(people, "A"))


def test_asking_supports_and_a_person_counts_once_through_a_chain_of_merges() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3")
    story.vote("ab", "3").vote("c", "1").merge("2", "1").merge("3", "2")
    world = story.world()
    assert world.behind("3") == {"a", "b", "c"}
    assert world.behind("2") == {"a", "b", "c"}
    assert world.behind("1") == {"a", "c"}
    assert story.list() == [("3", 3)]
    assert story.export()["toplist"][0]["questions"] == ["3", "1", "2"]


def test_a_hidden_middle_takes_its_own_supporters_away_and_nothing_else() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3")
    story.vote("d", "2").merge("2", "1").merge("3", "2")
    story.do("question.hide", question="2", reason="r")
    world = story.world()
    assert world.behind("3") == {"a", "c"}
    assert world.behind("2") == {"a", "b", "d"}
    assert world.questions["2"].state == "hidden"
    assert world.questions["2"].merged_into == "3"
    story.do("question.restore", question="2")
    assert story.world().behind("3") == {"a", "b", "c", "d"}
    assert story.world().questions["2"].state == "merged"


def test_a_cluster_with_a_hidden_root_is_no_candidate() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3")
    story.merge("2", "1").do("question.hide", question="2", reason="r")
    assert story.list() == [("3", 1)]


def test_splitting_off_takes_along_what_had_been_merged_into_it() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3")
    story.merge("2", "1").merge("3", "2").do("question.split", question="2")
    world = story.world()
    assert world.behind("2") == {"a", "b"}
    assert world.behind("3") == {"c"}


def test_support_taken_back_from_a_part_leaves_the_others() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").vote("cd", "1").vote("c", "2")
    story.merge("2", "1").vote("cd", "1", on=False)
    assert story.world().behind("2") == {"a", "b", "c"}


def test_nobody_supports_a_question_written_down_for_nobody_and_it_is_no_candidate() -> None:
    story = one_room().phase("support").ask("a", "1")
    for_nobody = {"question": "2", "text": "x", "room": "A", "for": ""}
    story.do("question.ask", **for_nobody)
    story.do("question.ask", **{**for_nobody, "question": "3", "for": "b"})
    assert story.list() == [("1", 1), ("3", 1)]
    assert story.vote("c", "2").list() == [("1", 1), ("2", 1), ("3", 1)]


def test_a_shortlisted_question_that_nobody_supports_still_leaves_out_all_others() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").vote("b", "2", on=False)
    story.do("shortlist.set", question="2", on=True)
    assert story.list() == []
    story.do("question.hide", question="2", reason="r")
    assert story.list() == [("1", 1)]


def test_a_shortlisted_part_puts_its_cluster_on_the_shortlist_only_while_it_is_visible() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3")
    story.do("shortlist.set", question="1", on=True).merge("2", "1")
    assert story.list() == [("2", 2)]
    story.do("question.hide", question="1", reason="r")
    assert story.list() == [("2", 1), ("3", 1)]


def test_eligible_are_those_seated_in_the_rooms_of_the_parts_and_moving_changes_it() -> None:
    story = Story({"a": "A", "b": "A", "c": "B", "d": "B", "e": "C"}).phase("support")
    story.ask("a", "1").ask("c", "2")
    assert [each["support"]["eligible"] for each in story.export()["toplist"]] == [2, 2]
    story.do("participant.move", participant="b", room="B")
    assert [each["support"]["eligible"] for each in story.export()["toplist"]] == [1, 3]
    story.merge("1", "2")
    entry = story.export()["toplist"][0]
    assert (entry["rooms"], entry["support"]["eligible"]) == (["A", "B"], 4)


def test_a_moved_persons_present_room_decides_a_tie() -> None:
    story = Story({"a": "A", "b": "A", "c": "A", "d": "A", "e": "B"}).phase("support")
    story.ask("a", "1").vote("b", "1").ask("c", "2").vote("d", "2")
    assert story.list()[0][0] == "1"
    story.do("participant.move", participant="d", room="B")
    assert story.list()[0][0] == "2"
    assert story.export()["toplist"][0]["tied_with"] == ["1"]


def test_the_events_plenary_opens_the_shortlist_to_everybody_for_good() -> None:
    story = Story({"a": "A", "b": "A", "c": "B"}).phase("support").ask("a", "1").ask("c", "2")
    story.do("shortlist.set", question="1", on=True).phase("plenary", "A")
    assert story.export()["toplist"][0]["support"]["eligible"] == 2
    story.phase("plenary")
    assert story.export()["toplist"][0]["support"]["eligible"] == 3
    story.do("shortlist.set", question="1", on=False).phase("support")
    assert [each["support"]["eligible"] for each in story.export()["toplist"]] == [3, 1]


def test_a_part_that_was_open_leaves_its_old_cluster_open_when_it_is_split_off() -> None:
    story = Story({"a": "A", "b": "B", "c": "C"}).phase("support").ask("a", "1").ask("b", "2")
    story.do("shortlist.set", question="1", on=True).phase("plenary").merge("1", "2")
    story.do("question.split", question="2").do("shortlist.set", question="1", on=False)
    assert [each["support"]["eligible"] for each in story.export()["toplist"]] == [3, 3]


def test_the_removed_count_nowhere_unless_they_are_kept() -> None:
    story = one_room("abcd").phase("support").ask("a", "1").ask("b", "2").vote("a", "2")
    story.do("participant.remove", participant="a", reason="r", keep=False)
    export = story.export()
    assert [question["state"] for question in export["questions"]] == ["hidden", "shown"]
    assert story.list() == [("2", 1)]
    assert export["audit"] == {
        "people": 3,
        "represented_by_at_least": {"1": 1, "2": 0, "3": 0},
    }
    story.do("participant.return", participant="a")
    assert story.list() == [("2", 2), ("1", 1)]
    story.do("participant.remove", participant="a", reason="r", keep=True)
    assert story.list() == [("2", 2), ("1", 1)]
    assert story.export()["audit"]["people"] == 4


def test_what_a_facilitator_had_hidden_stays_hidden_when_its_author_returns() -> None:
    story = one_room("abcd").phase("support").ask("a", "1").ask("a", "2")
    story.do("question.hide", question="1", reason="r")
    story.do("participant.remove", participant="a", reason="r", keep=False)
    story.do("participant.return", participant="a")
    assert [each["state"] for each in story.export()["questions"]] == ["hidden", "shown"]


def test_numbers_follow_the_order_of_asking_when_a_question_is_first_shown() -> None:
    story = Story({"a": "A", "b": "B"}).phase("write").ask("a", "1").ask("b", "2").ask("a", "3")
    story.do("question.withdraw", "a", question="3")
    story.phase("discuss", "B").ask("b", "4").phase("discuss").ask("a", "5").phase("write")
    story.ask("a", "6")
    assert [each["number"] for each in story.export()["questions"]] == [3, 1, None, 2, 4, None]
    assert [each["number"] for each in story.phase("results").export()["questions"]][5] == 5


def test_rewording_keeps_the_authors_words_and_editing_replaces_them() -> None:
    story = one_room().phase("support").ask("a", "1")
    story.do("question.reword", question="1", text=" new\nwords ")
    row = story.export()["questions"][0]
    assert (row["text"], row["original_text"]) == ("new words", "Text of 1")
    story.do("question.edit", "a", question="1", text="e\u0301")
    row = story.export()["questions"][0]
    assert (row["text"], row["original_text"]) == ("\u00e9", "\u00e9")


def test_a_settled_list_keeps_its_texts_and_shows_the_present_support() -> None:
    sides = {"a": "x", "b": "x", "c": "y"}
    story = Story(dict.fromkeys("abcd", "A"), sides).phase("support")
    story.ask("a", "1").ask("b", "2").ask("c", "3")
    entries = [
        {"questions": ["3", "1"], "text": "Both", "note": "n"},
        {"questions": ["2"], "text": "Second"},
    ]
    story.do("toplist.set", rule="votes", entries=entries).do("toplist.publish", stage="final")
    story.vote("d", "1").vote("d", "2")
    export = story.export()
    assert (export["rule"], export["settled"], export["event"]["stage"]) == ("votes", True, "final")
    first, second = export["toplist"]
    assert (first["text"], first["note"], first["questions"]) == ("Both", "n", ["3", "1"])
    assert first["support"] == {
        "people": 3,
        "eligible": 4,
        "by_affiliation": {
            "x": {"people": 1, "eligible": 2},
            "y": {"people": 1, "eligible": 1},
        },
    }
    assert (first["tied_with"], second["tied_with"]) == ([], ["1"])
    assert export["audit"]["represented_by_at_least"] == {"1": 4, "2": 1, "3": 0}


def test_normalising_takes_away_what_a_replay_may_change_and_nothing_else() -> None:
    story = one_room().phase("support").ask("a", "1").ask("b", "2").ask("c", "3").merge("1", "3")
    export = story.export()
    other = oracle.export(replay([{**line, **renamed(line)} for line in story.lines]))
    assert other != export
    assert oracle.normalise(other) == oracle.normalise(export)
    assert oracle.normalise(story.vote("d", "2").export()) != oracle.normalise(export)


def renamed(line: Line) -> Line:
    """Return the line's question ids under other names."""
    new: Line = {key: f"new {line[key]}" for key in ("question", "into") if key in line}
    if "questions" in line:
        new["questions"] = [f"new {key}" for key in line["questions"]]
    return new


def test_invented_recordings_are_the_same_for_a_seed_and_hold_every_command() -> None:
    lines = recordings.generate(1, recordings.SMALL)
    assert lines == recordings.generate(1, recordings.SMALL)
    assert lines != recordings.generate(2, recordings.SMALL)
    commands = {line["command"] for line in lines if "command" in line}
    assert commands == {
        f"{name.removeprefix('_').replace('_', '.')}"
        for name in vars(World)
        if name.startswith(NOUNS)
    }
    assert {line["by"][0] for line in lines if "command" in line} == set("pfrc")
    assert any("at" in line for line in lines if "participant" in line and "by" not in line)


NOUNS = ("_question_", "_vote_", "_shortlist_", "_phase_", "_timer_", "_participant_", "_toplist_")
