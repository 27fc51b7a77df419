"""Dates and times as a person of the page's language writes them."""

from datetime import datetime

from babel.dates import format_date
from flask_babel import gettext as _

from .language import current

#: The dates of Europe: English ones are British, Swedish ones Finland's.
_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}


def moment(iso: str) -> str:
    """An ISO 8601 moment as day and time, in the time zone that it names."""
    when = datetime.fromisoformat(iso)
    clock = f"{when:%H:%M}" if current() == "en" else f"{when.hour}.{when:%M}"
    day = format_date(when, "full", locale=_LOCALES[current()])
    return _("%(date)s at %(time)s", date=day, time=clock)
