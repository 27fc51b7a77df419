"""Entering an event over HTTP as a browser does: forms, cookies and secret links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp

TOO_MANY, SERVER_FAULT = 429, 500
PAGE_TIMEOUT = aiohttp.ClientTimeout(total=60)


class NotThere(Exception):
    """The server did not answer, or not sensibly; trying again may help."""


class NotAdmitted(Exception):
    """The server answered and said no."""


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, its hidden fields, and the values its choices offer."""

    action: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    offers: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seat:
    """What a socket says about whom it speaks for."""

    role: str
    event: str
    room: str = ""

    def auth(self) -> dict[str, str]:
        """The socket's `auth`."""
        auth = {"event": self.event, "role": self.role}
        if self.room:
            auth["room"] = self.room
        return auth


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.alerts: list[str] = []
        self._select = ""
        self._alert = ""
        self._bare_option = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("role") == "alert" and not self._alert:
            self._alert = tag
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if not self.forms:
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag == "input" and name:
            if given.get("type") == "hidden":
                form.hidden[name] = given.get("value", "")
            elif given.get("type") == "radio":
                form.offers.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = name
            form.offers.setdefault(name, [])
        elif tag == "option" and self._select and "disabled" not in given:
            form.offers[self._select].append(given.get("value", ""))
            self._bare_option = "value" not in given

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "option":
            self._bare_option = False
        if tag == self._alert:
            self._alert = ""

    def handle_data(self, data: str) -> None:
        if self._alert and data.strip():
            self.alerts.append(data.strip())
        if self._bare_option and data.strip():
            # Without a value, an option's text is its value.
            self.forms[-1].offers[self._select][-1] = data.strip()
            self._bare_option = False


def join_form(page: str) -> Form | None:
    """The form of a join page: the one with an `op`."""
    parser = _Forms()
    parser.feed(page)
    return next((form for form in parser.forms if "op" in form.hidden), None)


async def open_join(session: aiohttp.ClientSession, join_url: str) -> tuple[str, Form] | Seat:
    """Opens the join page → the address to post to and its form, or the seat one has already.

    Raises `NotThere`, `NotAdmitted`.
    """
    status, address, page = await _fetch(session, "GET", join_url)
    form = join_form(page)
    if status == 200 and form is not None:
        return urljoin(address, form.action or address), form
    if status == 200 and (seat := seat_at(address)) is not None:
        return seat
    raise _no(status, f"{join_url} has no form to join with (status {status})")


class Joining:
    """One person's way in, which may take several tries.

    The same `op` again gives the same seat, so a try whose answer got lost does no harm.
    """

    def __init__(
        self, session: aiohttp.ClientSession, join_url: str, answers: dict[str, str]
    ) -> None:
        self._session = session
        self._join_url = join_url
        self._answers = answers
        self._op = ""

    async def attempt(self) -> Seat:
        """Opens the form, posts it and follows to the room. Raises `NotThere`, `NotAdmitted`."""
        opened = await open_join(self._session, self._join_url)
        if isinstance(opened, Seat):
            return opened
        action, form = opened
        self._op = self._op or form.hidden["op"]
        fields = {**form.hidden, **self._answers, "op": self._op}
        status, address, page = await _fetch(self._session, "POST", action, fields, self._join_url)
        seat = seat_at(address)
        if status == 200 and seat is not None:
            return seat
        parser = _Forms()
        parser.feed(page)
        raise _no(status, " ".join(parser.alerts) or f"joining was answered with status {status}")


async def trade(session: aiohttp.ClientSession, secret_url: str) -> Seat:
    """Trades a secret link for a grant in the cookie and returns what it is for."""
    status, address, _ = await _fetch(session, "GET", secret_url)
    seat = seat_at(address)
    if status == 200 and seat is not None:
        return seat
    raise _no(status, f"the facilitators' link was answered with status {status}")


def _no(status: int, why: str) -> NotThere | NotAdmitted:
    """What a page that is not the wanted one means: come back later, or not at all."""
    return NotThere(why) if status == TOO_MANY or status >= SERVER_FAULT else NotAdmitted(why)


def seat_at(address: str) -> Seat | None:
    """What the page at an address is for: `/room/CODE`, `/facilitator/CODE/ROOM`, `/lead/CODE`."""
    parts = address.split("://", 1)[-1].split("?")[0].split("#")[0].rstrip("/").split("/")
    for place, part in enumerate(parts[:-1]):
        if part == "room":
            return Seat("participant", parts[place + 1])
        if part in ("lead", "organiser"):
            return Seat(part, parts[place + 1])
        if part == "facilitator" and place + 2 < len(parts):
            return Seat(part, parts[place + 1], parts[place + 2])
    return None


async def _fetch(
    session: aiohttp.ClientSession,
    method: str,
    address: str,
    fields: dict[str, str] | None = None,
    referer: str = "",
) -> tuple[int, str, str]:
    """Status, final address and text of a page, after any redirects."""
    headers = {"Referer": referer} if referer else None
    try:
        async with session.request(
            method, address, data=fields, headers=headers, timeout=PAGE_TIMEOUT
        ) as response:
            return response.status, str(response.url), await response.text()
    except aiohttp.InvalidURL as problem:
        raise NotAdmitted(f"{address} is not an address") from problem
    except (aiohttp.ClientError, OSError, TimeoutError) as problem:
        raise NotThere(f"{address} does not answer: {problem}") from problem
