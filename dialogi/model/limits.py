"""Limits of the contract's section 8 and what text may hold."""

import re
import unicodedata

from ..errors import N_, Refusal

QUESTION_LENGTH = 500
NAME_LENGTH = 60
REASON_LENGTH = 500
NOTE_LENGTH = 1000
TITLE_LENGTH = 200
ROOM_SEATS = 500
EVENT_ROOMS = 200
EVENT_QUESTIONS = 5000
FEWEST_PLACES, MOST_PLACES = 3, 30
MOST_MINUTES = 24 * 60
SHORTLIST_PLACES = 30
#: Below this many people an affiliation's support could point at persons.
SMALLEST_SIDE = 5

_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]|\t")
# Overrides, embeddings and isolates can make a text read as another one than was written.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Format characters, spaces, and marks, which need a letter to stand on.
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs"})
# Letters and symbols by their category that are blank all the same: Hangul fillers, Braille blank.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def clean(text: str, field: str, most: int, *, may_be_empty: bool = False) -> str:
    """`text` as it is stored: NFC, trimmed, line breaks as spaces; at most `most` code points.

    A text of which nothing would be seen, such as zero-width signs alone, counts as empty.

    Raises Refusal `empty`, `too_long` or `invalid` (control characters, bidi overrides), each with
    `field`.
    """
    text = unicodedata.normalize("NFC", _BREAKS.sub(" ", text))
    # Before trimming, which would take some control characters away unseen.
    for sign in text:
        if sign in _BIDI or unicodedata.category(sign) in {"Cc", "Cs"}:
            raise Refusal(
                "invalid",
                N_("The text has a sign that cannot be shown. Remove it and try again."),
                field=field,
            )
    text = text.strip()
    if not any(map(_shows, text)):
        text = ""
    if not text and not may_be_empty:
        raise Refusal("empty", N_("Write something first."), field=field)
    if len(text) > most:
        raise Refusal(
            "too_long",
            N_(
                "The text is %(length)s characters long; at most %(most)s fit. Shorten it a little."
            ),
            field=field,
            length=len(text),
            most=most,
        )
    return text


def _shows(sign: str) -> bool:
    """Whether something is to be seen of `sign` alone."""
    return unicodedata.category(sign) not in _UNSEEN and sign not in _BLANK


def star_quota(rooms: int) -> int:
    """How many questions a room's facilitator may put on the shortlist in an event of `rooms`."""
    return max(1, SHORTLIST_PLACES // rooms)
