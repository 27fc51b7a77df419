"""Recordings: what a good one gives, and the sentence that each bad line gets."""

import json
from typing import Any

import pytest

from dialogi.model.files import BadFile
from dialogi.model.recording import is_recording, read_recording

HEADER: dict[str, Any] = {
    "dialogi_recording": 1,
    "event": {"title": "a.b.c", "question": "free text", "language": "en", "places": 10},
    "rooms": ["A", "B"],
    "affiliations": ["x", "y"],
}
PEOPLE = [
    {"participant": "p1", "affiliation": "x", "room": "A"},
    {"participant": "p2", "affiliation": "", "room": "B"},
    {"facilitator": "f1", "room": ""},
]
ASK = {"at": 1.5, "by": "p1", "command": "question.ask", "question": "q1", "text": "Why?"}
VOTE = {"at": 2, "by": "p2", "command": "vote.set", "question": "q1", "on": True}


def written(*lines: Any) -> str:
    return "".join(json.dumps(line) + "\n" for line in (HEADER, *PEOPLE, *lines))


def fault(text: str) -> str:
    with pytest.raises(BadFile) as caught:
        read_recording(text)
    return str(caught.value)


def test_a_recording_gives_event_people_and_commands_with_their_lines() -> None:
    recording = read_recording(written(ASK, VOTE))
    assert recording.event["title"] == "a.b.c"
    assert [room["name"] for room in recording.event["rooms"]] == ["A", "B"]
    assert recording.event["affiliations"] == ["x", "y"]
    assert recording.participants == [
        {"participant": "p1", "affiliation": "x", "room": "A", "line": 2},
        {"participant": "p2", "affiliation": "", "room": "B", "line": 3},
    ]
    assert recording.facilitators == [{"facilitator": "f1", "room": "", "line": 4}]
    assert recording.lines == [{**ASK, "line": 5}, {**VOTE, "line": 6}]
    assert recording.commands == 2


def test_a_late_comer_stays_in_place_among_the_commands() -> None:
    late = {"participant": "p3", "room": "B", "at": 1.7}
    recording = read_recording(written(ASK, late, {**VOTE, "by": "p3"}))
    assert [person["participant"] for person in recording.participants] == ["p1", "p2"]
    assert recording.lines[1] == {**late, "affiliation": "", "line": 6}
    assert [person["participant"] for person in recording.people] == ["p1", "p2", "p3"]
    assert recording.commands == 2


def test_the_clock_may_act_without_being_declared() -> None:
    by_clock = {"at": 9, "by": "clock", "command": "phase.set", "phase": "discuss", "room": "A"}
    assert read_recording(written(by_clock)).lines[0]["by"] == "clock"


def test_the_header_may_claim_a_result_and_say_more_of_a_room() -> None:
    event = {**HEADER["event"], "rooms": [{"name": "A", "video_url": "https://v.example/a"}, "B"]}
    recording = read_recording(
        json.dumps({**HEADER, "event": event, "result": {"support": {}}, "made_by": "hand"})
    )
    assert recording.result == {"support": {}}
    assert recording.event["rooms"][0]["video_url"] == "https://v.example/a"


def test_blank_lines_at_the_end_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    text = "\ufeff" + written(ASK).replace("\n", "\r\n") + "\r\n\n"
    assert read_recording(text).commands == 1


def test_a_line_separator_inside_a_text_is_not_a_new_line() -> None:
    text = json.dumps(HEADER) + "\n" + json.dumps(PEOPLE[0]) + "\n"
    ask = json.dumps({**ASK, "text": "a\u2028b"}, ensure_ascii=False)
    assert read_recording(text + ask).lines[0]["text"] == "a\u2028b"


def test_a_recording_is_told_from_an_event_file() -> None:
    assert is_recording(written())
    assert not is_recording('title = "a"\n')


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ({}, 'this is no recording: its first line must have "dialogi_recording": 1 and the '
         "event."),
        ({**HEADER, "dialogi_recording": 2},
         "dialogi_recording must be 1; this Dialogi knows no other."),
        ({**HEADER, "event": None}, "event must be an object with at least title and question."),
        ({**HEADER, "rooms": None}, "rooms is missing: add a line [[rooms]] and below it name = "
         '"Room 1", once for each room.'),
        ({**HEADER, "rooms": []}, "rooms must have 1 to 200 entries, not 0."),
        ({**HEADER, "rooms": ["A", "a"]},
         'entry 2 of rooms repeats the room name "a" of entry 1; give each a name of its own.'),
        ({**HEADER, "event": {**HEADER["event"], "places": 50}},
         "places must be a whole number from 3 to 30, not 50."),
        ({**HEADER, "event": {**HEADER["event"], "affiliations": ["x"]}},
         "affiliations of the recording and of its event differ; make them the same."),
        ({**HEADER, "result": 5}, "result must be an object."),
    ],
)  # fmt: skip
def test_a_wrong_header_is_named_as_line_1(header: Any, sentence: str) -> None:
    assert fault(json.dumps(header)) == f"line 1: {sentence}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"hello": 1}, "the line must have participant, facilitator or command."),
        ([1], "the line must be an object in braces."),
        ({"participant": "p1", "affiliation": "x", "room": "A"},
         '"p1" is declared twice; give each person an id of their own.'),
        ({"facilitator": "p1", "room": ""},
         '"p1" is declared twice; give each person an id of their own.'),
        ({"participant": "clock", "room": "A"},
         'participant must not be "clock"; that name is taken.'),
        ({"participant": 7, "room": "A"}, "participant must be an id in quotes, not 7."),
        ({"participant": "p9"}, "room is missing; add it."),
        ({"participant": "p9", "room": "C"},
         'room must be one of the rooms of the first line, not "C".'),
        ({"participant": "p9", "room": "A", "affiliation": "z"},
         'affiliation must be "" or one of the affiliations of the first line, not "z".'),
        ({"participant": "p9", "room": "A", "name": "Aino"},
         '"name" is not known here: use participant, room, affiliation, at.'),
        ({"participant": "p9", "room": "A", "at": "late"}, 'at must be a number, not "late".'),
        ({"facilitator": "f2", "room": "C"},
         'room must be one of the rooms of the first line, not "C".'),
        ({**VOTE, "question": "q1"},
         'question "q1" has not been asked yet; put the line that asks it before this.'),
        ({**ASK, "by": "p9"}, '"p9" is nobody yet; put the line that declares them before this.'),
        ({**ASK, "at": "1"}, 'at must be a number, not "1".'),
        ({**ASK, "at": True}, "at must be a number, not true."),
        ({**ASK, "at": -1}, "at must be seconds from the first command, not -1."),
        ({**ASK, "text": 5}, "text must be a text, not 5."),
        ({**ASK, "command": "question.aks"},
         '"question.aks" is no command of a recording: did you mean question.ask?'),
        ({**ASK, "command": None}, "null is no command of a recording: use question.ask, "
         "question.edit, question.withdraw, question.hide, question.restore, question.reword, "
         "question.merge, question.split, vote.set, shortlist.set, phase.set, timer.set, "
         "participant.remove, participant.return, participant.move, toplist.set, "
         "toplist.publish."),
        ({**ASK, "txt": "x"}, '"txt" is not known here: did you mean text?'),
        ({"at": 1, "by": "p1", "command": "question.ask", "question": "q1"},
         "text is missing; add it."),
        ({"by": "p1", "command": "question.ask", "question": "q1", "text": "a"},
         "at is missing; add it."),
        ({**ASK, "for": "p9"},
         'for "p9" is no participant yet; put the line that declares them before this.'),
        ({"at": 1, "by": "f1", "command": "question.merge", "into": "q1", "questions": []},
         'into "q1" has not been asked yet; put the line that asks it before this.'),
        ({"at": 1, "by": "f1", "command": "phase.set", "phase": "write", "minutes": "5"},
         'minutes must be a number, not "5".'),
        ({"at": 1, "by": "f1", "command": "phase.set", "phase": "write", "minutes": -5},
         "minutes must be more than 0 and at most 1440."),
        ({"at": 1, "by": "f1", "command": "timer.set", "ends_at": "never"},
         "ends_at must be seconds since 1970 or like 2021-03-25T10:30:00+02:00, "
         'not "never".'),
        ({"at": 1, "by": "f1", "command": "timer.set", "ends_at": -1},
         "ends_at must be seconds since 1970 or like 2021-03-25T10:30:00+02:00, not -1."),
        ({**ASK, "at": 10**400}, f"at must be a number, not 1{'0' * 58}…."),
        ({"at": 1, "by": "f1", "command": "toplist.set", "entries": [{"text": "a"}]},
         "questions is missing; add it."),
        ({"at": 1, "by": "f1", "command": "toplist.set", "entries": {}},
         "entries must be a list of objects, one for each place."),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_its_number_and_what_to_do(line: Any, sentence: str) -> None:
    assert fault(written(line)) == f"line 5: {sentence}"


def test_a_question_cannot_be_asked_twice_under_one_id() -> None:
    assert fault(written(ASK, ASK)) == (
        'line 6: question "q1" was asked before; give each question its own id.'
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"at": 1', "this is not JSON (column 9): expecting ',' delimiter. Write one object in "
         "braces a line."),
        ('{"by": "p1", "by": "p2"}', 'the key "by" stands twice; keep one.'),
        (f'{{"at": {"9" * 5000}}}',
         "a number is too long; write fewer digits."),
        ('{"at": NaN}', "NaN is no number; write digits."),
        ('{"at": 1, "by": "p1", "command": "question.ask", "question": "q1", "text": "\\ud800"}',
         "the text has half of a surrogate pair; write the whole sign."),
        ("[" * 100_000, "the line nests brackets too deeply."),
        ("", "the line is empty; remove it."),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_parsed_is_named(line: Any, sentence: str) -> None:
    assert fault(written() + line + "\n" + json.dumps(ASK)) == f"line 5: {sentence}"


def test_an_empty_file_is_told_how_a_recording_begins() -> None:
    assert fault("\n").startswith("the file is empty; a recording begins with")
