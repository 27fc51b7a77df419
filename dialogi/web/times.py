"""Dates and times as a person of the page's language writes them."""

from datetime import datetime

from babel.dates import format_date
from flask_babel import gettext as _

from .language import current

#: The dates of Europe: English ones are British, Swedish ones Finland's.
_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}


def moment(iso: str) -> str:
    """An ISO 8601 moment as day and time, in the time zone that it names."""
    return _spoken(datetime.fromisoformat(iso))


def moment_of(seconds: float, starts: str | None) -> str:
    """A moment in seconds since the epoch, in the time zone of the event's start if it has one.

    Else in the server's own: the people of an event and its server are mostly in one country.
    """
    zone = datetime.fromisoformat(starts).tzinfo if starts else None
    return _spoken(datetime.fromtimestamp(seconds, zone).astimezone(zone))


def _spoken(when: datetime) -> str:
    clock = f"{when:%H:%M}" if current() == "en" else f"{when.hour}.{when:%M}"
    day = format_date(when, "full", locale=_LOCALES[current()])
    return str(_("%(date)s at %(time)s", date=day, time=clock))
