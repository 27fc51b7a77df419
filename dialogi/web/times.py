"""Dates and times as a person of the page's language writes them."""

from datetime import datetime

from flask_babel import format_date
from flask_babel import gettext as _

from .language import current


def moment(iso: str) -> str:
    """An ISO 8601 moment as day and time, in the time zone that it names."""
    when = datetime.fromisoformat(iso)
    minutes = f"{when:%M}"
    clock = f"{when:%H}:{minutes}" if current() == "en" else f"{when.hour}.{minutes}"
    return _("%(date)s at %(time)s", date=format_date(when, "full", rebase=False), time=clock)
