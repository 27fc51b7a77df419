"""Moments as people and programs write them."""

import datetime as dt

#: Seconds since the epoch from which on a moment is a mistake (the year 5138).
TOO_LATE = 1e11


def seconds(when: float | str) -> float:
    """Seconds since the epoch, of a number or an ISO 8601 text with an offset (else UTC).

    Raises ValueError for what is neither, or no moment of these centuries.
    """
    if isinstance(when, str):
        moment = dt.datetime.fromisoformat(when)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        when = moment.timestamp()
    if not 0 <= when < TOO_LATE:
        raise ValueError(f"{when} is no moment")
    return float(when)
