"""Event files: what a good one gives, and the sentence that each bad one gets."""

import pytest

from dialogi.model.event_file import check_event, read_event_file
from dialogi.model.files import BadFile, decode
from dialogi.model.language import guess_language

SMALL = """title = "Treffitori"
question = "Mitkä ovat tärkeimmät kysymykset?"

[[rooms]]
name = "Huone 1"
"""

FULL = """# the day's event
title = "Hallinnon ja kansalaisjärjestöjen treffitori"
question = "Mitkä ovat 10 tärkeintä kysymystä?"
language = "sv"
starts = 2021-03-25T09:00:00+02:00
places = 12
affiliations = ["hallinto", "järjestö"]
series = "Kansalaisjärjestöakatemia"
organiser = "Järjestäjä"
video_url = "https://video.example/treffitori"
highlights = [
  "First",
  "Second",
]
guiding_questions = ["Missä kohtaamme?"]
ground_rules = ["Kuuntele."]
help_phone = "+358 9 000 0000"
help_email = "apu@example.org"

[[programme]]
at = "9.30"
title = "Dialogikeskustelut"
phase = "write"
minutes = 7

[[programme]]
at = 10:30:00
title = "Yhdessä"

[[rooms]]
name = "Huone 1"
video_url = "http://video.example/1"

[[rooms]]
name = "Huone 2"
"""


def fault(text: str) -> str:
    with pytest.raises(BadFile) as caught:
        read_event_file(text)
    return str(caught.value)


def test_a_file_with_the_required_keys_gets_the_usual_value_for_every_other() -> None:
    assert read_event_file(SMALL) == {
        "title": "Treffitori",
        "question": "Mitkä ovat tärkeimmät kysymykset?",
        "language": "fi",
        "starts": None,
        "places": 10,
        "affiliations": [],
        "series": None,
        "organiser": None,
        "video_url": None,
        "highlights": [],
        "programme": [],
        "guiding_questions": [],
        "ground_rules": [],
        "help_phone": None,
        "help_email": None,
        "rooms": [{"name": "Huone 1", "video_url": None}],
    }


def test_a_file_with_every_key_is_read_whole() -> None:
    event = read_event_file(FULL)
    assert event["language"] == "sv"
    assert event["places"] == 12
    assert event["affiliations"] == ["hallinto", "järjestö"]
    assert event["highlights"] == ["First", "Second"]
    assert event["rooms"][0] == {"name": "Huone 1", "video_url": "http://video.example/1"}
    assert event["programme"] == [
        {"at": "09:30", "title": "Dialogikeskustelut", "phase": "write", "minutes": 7},
        {"at": "10:30", "title": "Yhdessä", "phase": None, "minutes": None},
    ]


@pytest.mark.parametrize(
    "written",
    ["2021-03-25T09:00:00+02:00", '"2021-03-25T09:00:00+02:00"', "2021-03-25 09:00:00+02:00"],
)
def test_the_start_may_be_a_toml_moment_or_an_iso_text(written: str) -> None:
    event = read_event_file(f"starts = {written}\n{SMALL}")
    assert event["starts"] == "2021-03-25T09:00:00+02:00"


def test_what_was_checked_passes_the_check_again_unchanged() -> None:
    event = read_event_file(FULL)
    assert check_event(event) == event


def test_rooms_may_be_given_by_name_alone() -> None:
    event = check_event({"title": "T", "question": "Q?", "rooms": ["A", "B"]})
    assert [room["name"] for room in event["rooms"]] == ["A", "B"]


def test_texts_are_stored_trimmed_and_composed() -> None:
    event = read_event_file(SMALL.replace("Treffitori", "  Ja\u0308rjesto\u0308  "))
    assert event["title"] == "Järjestö"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    raw = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    assert read_event_file(decode(raw))["title"] == "Treffitori"
    assert read_event_file("\ufeff" + SMALL)["title"] == "Treffitori"


def test_a_file_that_is_not_utf8_names_the_line() -> None:
    with pytest.raises(BadFile) as caught:
        decode('title = "a"\nquestion = "Mitä?"\n'.encode("latin-1"))
    assert str(caught.value) == "line 2: the file is not UTF-8 here; save it as UTF-8."


@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_told_what_an_event_needs(text: str) -> None:
    assert fault(text) == "the file is empty; an event file needs title, question and rooms."


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("title", 'title is missing: add a line title = "…".'),
        ("question", 'question is missing: add a line question = "…".'),
    ],
)
def test_a_missing_key_is_named_with_an_example(missing: str, sentence: str) -> None:
    kept = [line for line in SMALL.split("\n") if not line.startswith(missing)]
    assert fault("\n".join(kept)) == sentence


def test_an_event_without_rooms_is_told_how_to_write_one() -> None:
    assert fault(SMALL[: SMALL.index("[[rooms]]")]).startswith("rooms is missing: add a line [[ro")
    assert fault('title = "T"\nquestion = "Q"\nrooms = []\n') == (
        "line 3: rooms must have 1 to 200 entries, not 0."
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("places = 12", "places = 50",
         "line 6: places must be a whole number from 3 to 30, not 50."),
        ("places = 12", "places = 2.5",
         "line 6: places must be a whole number from 3 to 30, not 2.5."),
        ("places = 12", "places = true",
         "line 6: places must be a whole number from 3 to 30, not true."),
        ("places = 12", "place = 12",
         "line 6: place is no key of an event file: did you mean places?"),
        ('language = "sv"', 'language = "de"',
         'line 4: language must be one of fi, sv, en, not "de".'),
        ("starts = 2021-03-25T09:00:00+02:00", "starts = 2021-03-25T09:00:00",
         "line 5: starts must be a date and time with its offset from UTC, like "
         "2021-03-25T09:00:00+02:00, not 2021-03-25T09:00:00."),
        ("starts = 2021-03-25T09:00:00+02:00", 'starts = "tomorrow"',
         "line 5: starts must be a date and time with its offset from UTC, like "
         '2021-03-25T09:00:00+02:00, not "tomorrow".'),
        ('["hallinto", "järjestö"]', '["hallinto", "Hallinto"]',
         'line 7: entry 2 of affiliations repeats the affiliation "Hallinto" of entry 1; give each '
         "a name of its own."),
        ('["hallinto", "järjestö"]', '["hallinto", ""]',
         "line 7: entry 2 of affiliations must not be empty; write something or leave the key "
         "out."),
        ('["hallinto", "järjestö"]', '"hallinto"',
         'line 7: affiliations must be a list in square brackets, not "hallinto".'),
        ('"https://video.example/treffitori"', '"javascript:alert(1)"',
         "line 10: video_url must be a whole address that begins with https:// or http://, not "
         '"javascript:alert(1)".'),
        ('  "Second",', "  2,", "line 11: entry 2 of highlights must be a text in quotes, not 2."),
        ('"apu@example.org"', '"apu"',
         'line 18: help_email must be an e-mail address, not "apu".'),
        ('at = "9.30"', 'at = "25:00"',
         'line 21: at in entry 1 of programme must be a time of day like "09:30", not "25:00".'),
        ('at = "9.30"\n', "", 'line 20: at in entry 1 of programme is missing: add a line at = '
         '"09:30".'),
        ('phase = "write"', 'phase = "writing"',
         "line 23: phase in entry 1 of programme must be one of lobby, write, discuss, support, "
         'plenary, results, not "writing".'),
        ("minutes = 7", "minutes = 0",
         "line 24: minutes in entry 1 of programme must be a whole number from 1 to 1440, not 0."),
        ('name = "Huone 2"', 'name = "huone 1"',
         'line 34: entry 2 of rooms repeats the room name "huone 1" of entry 1; give each a name '
         "of its own."),
        ('name = "Huone 2"', 'nme = "Huone 2"',
         "line 35: nme in entry 2 of rooms is no key of an event file: did you mean name?"),
        ('name = "Huone 2"', 'name = "\\u202Ex"',
         "line 35: name in entry 2 of rooms has a control character that cannot be shown; remove "
         "it."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_line_and_what_to_do(
    old: str, new: str, sentence: str
) -> None:
    assert old in FULL
    assert fault(FULL.replace(old, new)) == sentence


def test_a_text_over_its_limit_is_told_both_lengths() -> None:
    assert fault(SMALL.replace("Treffitori", "x" * 201)) == (
        "line 1: title is 201 characters long; at most 200 fit."
    )


def test_more_rooms_than_an_event_can_have_are_refused() -> None:
    rooms = "".join(f'[[rooms]]\nname = "R{at}"\n' for at in range(201))
    assert "rooms must have 1 to 200 entries, not 201." in fault(
        f'title = "T"\nquestion = "Q?"\n{rooms}'
    )


def test_a_line_that_only_looks_like_the_key_is_not_blamed() -> None:
    text = f'ground_rules = ["""\nplaces = 7\n[[rooms]]\n"""]\nplaces = 50\n{SMALL}'
    assert fault(text).startswith("line 5: places must be")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title = Treffitori\n", 1),
        ('title = "a"\nquestion "b"\n', 2),
        ('title = "a"\ntitle = "b"\n', 2),
        ('title = "a"\nhighlights = ["a",\n"b"\n', 3),
    ],
)
def test_what_is_not_toml_names_the_line(text: str, line: int) -> None:
    sentence = fault(text)
    assert sentence.startswith(f"line {line}: this is not TOML")
    assert sentence.endswith('Write one key = value a line, and texts in "double quotes".')


def test_a_number_without_an_end_names_the_line() -> None:
    text = f'title = "a"\nplaces = {"9" * 5000}\n{SMALL}'
    assert fault(text) == "line 2: a number is too long; write fewer digits."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Miten pieni yhdistys ehtii vastata lausuntopyyntöön?", "fi"),
        ("Hur ordnar vi dialoger också utanför Helsingfors?", "sv"),
        ("What could we plan together a whole year ahead?", "en"),
        ("Wie können wir die Städte begrünen?", "de"),
        ("我们如何一起工作？", "zh"),
        ("كيف نعمل معا؟", "ar"),
        ("Как нам работать вместе?", "ru"),
        ("Як нам працювати разом, і коли?", "uk"),
        ("ꦲꦏ꧀ꦱꦫ", "und"),
    ],
)
@pytest.mark.parametrize("default", ["fi", "sv", "en"])
def test_the_language_of_a_question_is_guessed_from_its_text(
    text: str, language: str, default: str
) -> None:
    assert guess_language(text, default) == language


@pytest.mark.parametrize("text", ["👍👍", "2030?", ""])
def test_a_text_that_tells_nothing_is_in_the_events_language(text: str) -> None:
    assert guess_language(text, "sv") == "sv"
