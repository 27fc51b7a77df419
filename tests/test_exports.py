"""What an event leaves behind: JSON, CSV, Markdown and recording, for organisers and for all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialogi.errors import Refusal
from dialogi.exports import FORMATS, PUBLIC, STAFF, export
from dialogi.model.recording import read_recording
from dialogi.store import Database, immediate, open_database
from dialogi.verifying import Replay, verify
from tests.support import oracle, recordings
from tests.support.recordings import SMALL

Line = dict[str, Any]

EVENT = {
    "title": "Treffitori",
    "question": "Mitkä ovat tärkeimmät?",
    "language": "sv",
    "starts": "2021-03-25T09:00:00+02:00",
    "places": 3,
    "series": "Akatemia",
    "programme": [{"at": "09:30", "title": "Dialogi", "phase": "write", "minutes": 7}],
    "ground_rules": ["Kuuntele."],
    "rooms": [{"name": "A", "video_url": "https://v.example/a"}, {"name": "B"}],
}
HEADER = {
    "dialogi_recording": 1,
    "event": EVENT,
    "rooms": ["A", "B"],
    "affiliations": ["x", "y"],
}


def people(count: int = 10) -> list[Line]:
    """Half of them x and half y, two of three in room A."""
    return [
        {
            "participant": f"p{at}",
            "affiliation": "xy"[at % 2],
            "room": "B" if at % 3 == 0 else "A",
        }
        for at in range(1, count + 1)
    ]


def story() -> list[Line]:
    """A short event in which most of what can happen does."""
    lines: list[Line] = [HEADER, *people(), {"facilitator": "f1", "room": ""}]
    lines.append({"facilitator": "f2", "room": "A"})

    def do(by: str, command: str, **payload: Any) -> None:
        at = sum("command" in line for line in lines) * 1.5
        lines.append({"at": at, "by": by, "command": command, **payload})

    do("f1", "phase.set", phase="write", minutes=7)
    do("p1", "question.ask", question="q1", text="=SUM(A1) eller *hur*?")
    do("p2", "question.ask", question="q2", text="Miten?")
    do("p3", "question.ask", question="q3", text="כיצד?")
    lines.append({"participant": "late", "affiliation": "", "room": "B", "at": 6.0})
    do("clock", "phase.set", phase="discuss")
    do("f2", "question.reword", question="q2", text="Miten yhdessä?")
    do("f2", "question.ask", question="q4", text="Puhelimesta", room="A", **{"for": "p4"})
    do("f1", "phase.set", phase="support")
    do("p4", "vote.set", question="q1", on=True)
    do("p5", "vote.set", question="q1", on=True)
    do("p6", "vote.set", question="q3", on=True)
    do("f2", "question.merge", into="q1", questions=["q2"])
    do("f2", "question.hide", question="q4", reason="sama")
    do("f1", "participant.move", participant="p5", room="B")
    do("f1", "participant.remove", participant="p6", reason="", keep=True)
    return lines


def settled() -> list[Line]:
    """The same, with a list that was set and published."""
    lines = story()
    entries = [{"questions": ["q1"], "text": "Hur gör vi?", "texts": {"fi": "Miten?"}, "note": "!"}]
    for command, payload in (
        ("toplist.set", {"rule": "votes", "entries": entries}),
        ("toplist.publish", {"stage": "final"}),
    ):
        lines.append({"at": 99.0, "by": "f1", "command": command, **payload})
    return lines


def written(lines: list[Line]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


class Stage:
    """Plays recordings into databases of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: list[Database] = []

    def play(self, lines: list[Line] | str) -> Event:
        text = lines if isinstance(lines, str) else written(lines)
        db = open_database(self.folder / f"{len(self.open)}.sqlite")
        self.open.append(db)
        with immediate(db):
            replay = Replay(db, read_recording(text))
            replay.run()
        assert replay.differences == []
        return Event(db, replay.event)


class Event:
    """An event that was played."""

    def __init__(self, db: Database, event: int) -> None:
        self.db, self.id = db, event

    def export(self, fmt: str, audience: str = "organiser") -> str:
        return export(fmt, self.db, self.id, audience=audience)

    def document(self, audience: str = "organiser") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.export("json", audience))
        return document

    def rows(self, audience: str = "organiser") -> list[dict[str, str]]:
        text = self.export("csv", audience).removeprefix("\ufeff")
        return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    for db in made.open:
        db.close()


# --- JSON


def test_the_organisers_document_has_what_the_contract_names(stage: Stage) -> None:
    document = stage.play(story()).document()
    assert list(document) == ["event", "rule", "settled", "toplist", "questions", "audit"]
    assert document["event"].keys() == {
        "code", "title", "question", "places", "revision", "stage", "published",
    }  # fmt: skip
    assert (document["rule"], document["settled"]) == ("seqpav", False)
    first = document["toplist"][0]
    assert first["text"] == "=SUM(A1) eller *hur*?"
    assert first["questions"] == [document["questions"][0]["id"], document["questions"][1]["id"]]
    assert first["support"] == {
        "people": 4,
        "eligible": 6,
        "by_affiliation": {"x": {"people": 2, "eligible": 4}, "y": {"people": 2, "eligible": 2}},
    }
    assert document["questions"][1] == {
        "id": first["questions"][1],
        "number": 2,
        "room": "A",
        "text": "Miten yhdessä?",
        "original_text": "Miten?",
        "lang": "fi",
        "state": "merged",
        "merged_into": first["questions"][0],
        "shortlisted": False,
        "support": {"people": 1, "by_affiliation": {"x": 1, "y": 0}},
    }
    assert document["questions"][3]["state"] == "hidden"
    assert document["audit"] == {
        "people": 11,
        "represented_by_at_least": {"1": 6, "2": 0, "3": 0},
    }


def test_a_settled_and_published_list_is_exported_as_the_lead_set_it(stage: Stage) -> None:
    document = stage.play(settled()).document()
    assert (document["rule"], document["settled"]) == ("votes", True)
    assert [entry["text"] for entry in document["toplist"]] == ["Hur gör vi?"]
    assert document["toplist"][0]["note"] == "!"
    assert document["event"]["stage"] == "final"
    assert document["event"]["published"].startswith("2020-09-13T12:28:19")


def test_the_public_sees_nothing_before_the_list_is_published(stage: Stage) -> None:
    document = stage.play(story()).document(PUBLIC)
    assert (document["toplist"], document["questions"], document["audit"]) == ([], [], None)
    assert document["event"]["stage"] is None


def test_the_public_sees_the_published_list_and_neither_code_nor_other_questions(
    stage: Stage,
) -> None:
    event = stage.play(settled())
    text = event.export("json", PUBLIC)
    document = json.loads(text)
    assert "code" not in document["event"]
    assert [entry["text"] for entry in document["toplist"]] == ["Hur gör vi?"]
    assert [question["number"] for question in document["questions"]] == [1, 2]
    assert "כיצד" not in text
    assert "Puhelimesta" not in text


def test_the_public_sees_no_sides_while_a_group_is_small(stage: Stage) -> None:
    event = stage.play(settled())  # one person belongs to no side
    assert "by_affiliation" not in event.export("json", PUBLIC)
    assert "by_affiliation" in event.export("json")


def test_the_public_sees_sides_of_what_everybody_could_support(stage: Stage) -> None:
    lines = [line for line in settled() if line.get("participant") != "late"]
    star = {"at": 98.0, "by": "f1", "command": "shortlist.set", "question": "q1", "on": True}
    plenary = {"at": 98.5, "by": "f1", "command": "phase.set", "phase": "plenary"}
    support = stage.play([*lines[:-2], star, plenary, *lines[-2:]]).document(PUBLIC)["toplist"][0]
    assert support["support"]["by_affiliation"]["x"] == {"people": 2, "eligible": 5}


def test_the_public_sees_no_sides_of_what_only_some_rooms_could_support(stage: Stage) -> None:
    lines = [line for line in settled() if line.get("participant") != "late"]
    event = stage.play(lines)
    assert "by_affiliation" not in event.export("json", PUBLIC)
    organisers = event.document()["toplist"][0]["support"]
    assert organisers["by_affiliation"]["x"] == {"people": 2, "eligible": 4}


def test_the_published_list_stays_when_the_event_goes_on(stage: Stage) -> None:
    later = {"at": 100.0, "by": "f2", "command": "question.hide", "question": "q1", "reason": ""}
    before = stage.play(settled()).document(PUBLIC)
    after = stage.play([*settled(), later]).document(PUBLIC)
    assert after["toplist"] == before["toplist"]


# --- CSV


def test_the_table_has_a_row_a_question_with_its_place_first(stage: Stage) -> None:
    rows = stage.play(story()).rows()
    assert [row["place"] for row in rows] == ["1", "1", "2", ""]
    assert [row["number"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[1]["merged_into"] == "1"
    assert (rows[0]["people"], rows[0]["x"], rows[0]["y"]) == ("4", "2", "2")


def test_a_text_that_looks_like_a_formula_is_made_harmless(stage: Stage) -> None:
    assert stage.play(story()).rows()[0]["text"] == "'=SUM(A1) eller *hur*?"


def test_the_table_opens_in_spreadsheets_as_it_is(stage: Stage) -> None:
    text = stage.play(story()).export("csv")
    assert text.startswith("\ufeffplace,number,room,text,")
    assert all(line.endswith("\r\n") for line in text.splitlines(keepends=True))


def test_the_public_table_has_only_the_list(stage: Stage) -> None:
    rows = stage.play(settled()).rows(PUBLIC)
    assert [row["number"] for row in rows] == ["1", "2"]
    assert "state" not in rows[0]
    assert (rows[0]["people"], rows[1]["people"]) == ("4", "")


def hidden_on_the_list() -> list[Line]:
    """A list of three places, one of whose questions is hidden before it is published."""
    lines = settled()
    lists = lines[-2:]
    lists[0]["entries"] = [
        {"questions": [question], "text": text}
        for question, text in (("q1", "Hur?"), ("q3", "Vem?"))
    ]
    hiding = {"at": 99.0, "by": "f1", "command": "question.hide", "question": "q3", "reason": ""}
    return [*lines[:-2], lists[0], hiding, lists[1]]


def test_a_place_whose_questions_are_hidden_keeps_its_row_and_its_words(stage: Stage) -> None:
    event = stage.play(hidden_on_the_list())
    rows = event.rows(PUBLIC)
    assert [(row["place"], row["text"]) for row in rows if row["number"] == ""] == [("2", "Vem?")]
    text = event.export("md", PUBLIC)
    assert "## 2. Vem?" in text
    assert "כיצד?" not in text
    assert "כיצד?" not in event.export("csv", PUBLIC)


def test_a_part_that_nobody_else_has_seen_is_not_told_of_to_leads(stage: Stage) -> None:
    lines = story()
    unseen = {"at": 90.0, "by": "f1", "command": "question.ask", "question": "q9", "room": "B"}
    lines += [
        {"at": 90.0, "by": "f1", "command": "phase.set", "phase": "write", "room": "B"},
        {**unseen, "text": "Osedd?"},
        {"at": 91.0, "by": "f1", "command": "question.merge", "into": "q1", "questions": ["q9"]},
    ]
    event = stage.play(lines)
    assert "Osedd?" in event.export("md")
    assert "Osedd?" not in event.export("md", STAFF)


# --- Markdown


def test_the_text_tells_where_each_question_came_from_in_the_events_language(
    stage: Stage,
) -> None:
    text = stage.play(settled()).export("md")
    assert text.startswith("# Treffitori\n\nMitkä ovat tärkeimmät?\n\n*Slutlig lista. 2020-09-13*")
    assert "## 1. Hur gör vi?" in text
    assert "- Rum: A" in text
    assert "- Stöd: 4/6 (x 2/4, y 2/2)" in text
    assert "- Anmärkning: \\!" in text
    assert "  - nummer 2, A: Miten yhdessä? (ursprungligen: Miten?)" in text
    assert "Frågorna står på listan efter hur många som stödde dem." in text


def test_markup_in_a_question_stays_text(stage: Stage) -> None:
    text = stage.play(story()).export("md")
    assert "## 1. \\=SUM(A1) eller \\*hur\\*?" in text


def test_right_to_left_text_does_not_turn_what_stands_around_it(stage: Stage) -> None:
    assert "nummer 3, B: \u2068כיצד?\u2069" in stage.play(story()).export("md")


def test_the_text_says_when_nothing_is_published(stage: Stage) -> None:
    text = stage.play(settled()[:20]).export("md", PUBLIC)
    assert text.endswith("*Listan har inte publicerats ännu.*\n")


# --- the recording


def lines_of(text: str) -> list[Line]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_recording_is_the_ledger_under_ids_of_its_own_without_names(stage: Stage) -> None:
    lines = lines_of(stage.play(settled()).export("recording"))
    header, rest = lines[0], lines[1:]
    assert header["event"] == {**EVENT, "affiliations": ["x", "y"]}
    assert (header["rooms"], header["affiliations"]) == (["A", "B"], ["x", "y"])
    assert rest[0] == {"participant": "p1", "affiliation": "y", "room": "A"}
    assert [line for line in rest if "facilitator" in line] == [
        {"facilitator": "f1", "room": ""},
        {"facilitator": "f2", "room": ""},
        {"facilitator": "f3", "room": "A"},
    ]
    assert {"at": 6.0, "participant": "p11", "affiliation": "", "room": "B"} in rest
    assert {"at": 1.5, "by": "p1", "command": "question.ask", "question": "q1",
            "text": "=SUM(A1) eller *hur*?"} in rest  # fmt: skip
    assert rest[-1] == {"at": 99.0, "by": "f1", "command": "toplist.publish", "stage": "final"}


def test_the_recordings_event_is_the_same_event_again(stage: Stage) -> None:
    text = stage.play(story()).export("recording")
    assert read_recording(text).event == read_recording(written(story())).event


def test_replaying_a_recording_gives_the_same_export_and_the_same_recording(
    stage: Stage,
) -> None:
    first = stage.play(settled())
    again = stage.play(first.export("recording"))
    assert lines_of(again.export("recording")) == lines_of(first.export("recording"))
    assert oracle.normalise(again.document()) == oracle.normalise(first.document())


@pytest.mark.parametrize("seed", [0, 2, 3, 4])
def test_invented_events_are_exported_as_the_oracle_says_and_verify(
    stage: Stage, seed: int
) -> None:
    lines = recordings.generate(seed, replace(SMALL, settles=seed % 2 == 0))
    event = stage.play(lines)
    expected = oracle.expected(lines)
    assert oracle.normalise(event.document()) == expected
    text = event.export("recording")
    assert oracle.expected(lines_of(text)) == expected
    assert verify(read_recording(text))["differences"] == []
    for fmt in ("csv", "md"):
        assert event.export(fmt)
        assert event.export(fmt, PUBLIC)


def test_the_public_gets_no_recording_and_nobody_an_unknown_format(stage: Stage) -> None:
    event = stage.play(story())
    for fmt, audience in (("recording", PUBLIC), ("docx", "organiser")):
        with pytest.raises(Refusal, match="There is no export"):
            event.export(fmt, audience)
    assert set(FORMATS) == {"json", "csv", "md", "recording"}


# --- verifying


def test_a_recording_that_was_tampered_with_does_not_verify(stage: Stage) -> None:
    lines = lines_of(stage.play(story()).export("recording"))
    votes = [at for at, line in enumerate(lines) if line.get("command") == "vote.set"]
    del lines[votes[0]]
    found = verify(read_recording(written(lines)))
    assert found["differences"][0] == (
        "the recording claims 4 for support q1, but its lines give 3."
    )


def test_a_command_that_dialogi_refuses_is_a_difference_with_its_line() -> None:
    lines: list[Line] = [HEADER, *people(2), {"facilitator": "f1", "room": "A"}]
    lines.append({"at": 0, "by": "p1", "command": "question.ask", "question": "q1", "text": "a"})
    lines.append({"at": 1, "by": "p2", "command": "vote.set", "question": "q1", "on": True})
    first, second = verify(read_recording(written(lines)))["differences"]
    assert first.startswith("line 5: question.ask is refused (wrong_phase):")
    assert second == "line 6: q1 is not there, since an earlier line was refused."


def test_a_real_conversation_verifies(shared_data: Path) -> None:
    text = (shared_data / "recordings" / "seattle.jsonl").read_text("utf-8")
    found = verify(read_recording(text))
    assert found["differences"] == []
    assert (found["people"], found["questions"], found["commands"]) == (60, 31, 465)
    assert len(found["proposal"]["entries"]) == 10
