"""What a text may hold and how it is stored (contract, section 8)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogi.errors import Refusal
from dialogi.model.limits import QUESTION_LENGTH, clean, star_quota

FAMILY = "👩🏽‍🦯‍➡️"
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def stored(text: str) -> str:
    """Return a question's text as it is stored."""
    return clean(text, "text", QUESTION_LENGTH)


def why_not(text: str) -> str:
    """Return the code of the refusal that a question's text gets."""
    with pytest.raises(Refusal) as caught:
        stored(text)
    assert caught.value.field == "text"
    assert str(caught.value).endswith((".", "!"))
    return caught.value.code


def test_texts_are_composed_and_trimmed() -> None:
    assert stored(" \u00a0 Miksi ha\u0308n? \u3000") == "Miksi hän?"


@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\t"])
def test_a_line_break_or_tab_becomes_one_space(sign: str) -> None:
    assert stored(f"Miksi{sign}näin?") == "Miksi näin?"


@pytest.mark.parametrize("text", ["", " ", "\n", "\t \r\n", "\u00a0", "\u3000\u2028"])
def test_a_text_of_spaces_is_empty_and_at_times_may_be(text: str) -> None:
    assert why_not(text) == "empty"
    assert clean(text, "name", 60, may_be_empty=True) == ""


@pytest.mark.parametrize(
    "text",
    [
        "\u200b\u200d\ufeff",  # zero-width signs
        "\u200e\u200f",  # marks of direction
        "\U000e0041\U000e007f",  # tags
        "\u3164",  # the Hangul filler
        "\u2800 \u2800",  # Braille without a dot
        " \u0301",  # a mark with nothing to stand on
    ],
)
def test_a_text_of_which_nothing_is_seen_is_empty_too(text: str) -> None:
    assert why_not(text) == "empty"
    assert clean(text, "name", 60, may_be_empty=True) == ""
    assert stored(f"{text}Miksi?").endswith("Miksi?")


@pytest.mark.parametrize("text", ["?", "…", "🙂", FAMILY, "1️⃣", "क्षि", "e\u0301"])
def test_a_text_of_one_visible_sign_is_a_text(text: str) -> None:
    assert stored(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("sign", ["a", "ä", "漢", "🙂", "ש", "\u0301"])
def test_five_hundred_code_points_fit_and_one_more_does_not(sign: str) -> None:
    start = "x" if unicodedata.combining(sign) else ""
    assert stored(start + sign * (500 - len(start))) == start + sign * (500 - len(start))
    assert why_not(start + sign * (501 - len(start))) == "too_long"


def test_length_is_counted_in_code_points_after_composing_and_trimming() -> None:
    assert len(stored("a\u0308" * 500)) == 500
    assert why_not("a\u0308" * 501) == "too_long"
    assert len(stored("  " + "a" * 500 + "\n\n")) == 500
    # U+0958 has no composed form: it becomes two code points.
    assert len(stored("\u0958" * 250)) == 500
    assert why_not("\u0958" * 251) == "too_long"


def test_who_wrote_too_much_is_told_how_much_fits() -> None:
    with pytest.raises(Refusal) as caught:
        stored("x" * 777)
    assert "777" in str(caught.value)
    assert "500" in str(caught.value)


@pytest.mark.parametrize("text", [FAMILY, "مرحبا بالعالم", "שלום", "\u200fא\u200e", "क्‍ष", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
def test_emoji_and_scripts_from_right_to_left_are_welcome(text: str) -> None:
    assert stored(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("sign", [*BIDI, "\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x80", "\x9f"])
@pytest.mark.parametrize("frame", ["{}", "{}a", "a{}", "a{}b"])
def test_control_signs_and_bidi_overrides_are_refused_wherever_they_stand(
    sign: str, frame: str
) -> None:
    assert why_not(frame.format(sign)) == "invalid"


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_half_of_a_surrogate_pair_is_refused(text: str) -> None:
    assert why_not(text) == "invalid"


@settings(deadline=None)
@given(st.text())
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    try:
        once = stored(text)
    except Refusal:
        return
    assert stored(once) == once
    assert once == once.strip()
    assert 1 <= len(once) <= 500
    assert unicodedata.is_normalized("NFC", once)
    assert not {unicodedata.category(sign) for sign in once} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(once) & set(BIDI)
    once.encode()


@pytest.mark.parametrize(("rooms", "quota"), [(1, 30), (3, 10), (4, 7), (16, 1), (30, 1), (200, 1)])
def test_the_rooms_of_an_event_share_a_shortlist_of_about_thirty(rooms: int, quota: int) -> None:
    assert star_quota(rooms) == quota
