"""A person with a browser's cookie jar and raw sockets: joins over the form, then talks."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from tests.support.socket import Payload, Socket


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    url: str
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    @property
    def location(self) -> str:
        """Where a redirect leads, as a whole URL."""
        return urljoin(self.url, self.headers.get("Location", ""))


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


class Forms(HTMLParser):
    """The forms of a page: action and the values that its fields would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        if not self.forms:
            return
        fields, name = self.forms[-1][1], given.get("name", "")
        if tag == "input" and name:
            if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                fields[name] = given.get("value", "")
        elif tag in {"select", "textarea"} and name:
            self._select = name
            fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            fields[self._select] = given.get("value", "")

    def with_field(self, name: str) -> tuple[str, dict[str, str]]:
        """Return the first form that has a field of this name."""
        return next(form for form in self.forms if name in form[1])


class Person:
    """Somebody with one browser: one cookie jar, any number of tabs."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.url, self.language = url, language
        self.jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.jar), _NoRedirects())

    def get(self, url: str, **headers: str) -> Reply:
        """Fetch a page; redirects are not followed."""
        return self._open(self._request(url, None, headers))

    def post(self, url: str, fields: dict[str, str], **headers: str) -> Reply:
        """Send a form's fields."""
        return self._open(self._request(url, urlencode(fields).encode(), headers))

    def follow(self, url: str) -> Reply:
        """Fetch a page through its redirects."""
        reply = self.get(url)
        for _ in range(5):
            if reply.status not in {301, 302, 303, 307, 308}:
                break
            reply = self.get(reply.location)
        return reply

    def join(self, link: str, name: str = "", affiliation: str = "", room: str = "") -> Reply:
        """Fill in the form behind a join link; return the answer to it (303 to the room)."""
        page = self.follow(link)
        assert page.status == 200, f"{page.status} {page.url}"
        action, fields = Forms(page.text).with_field("op")
        fields |= {"name": name, "affiliation": affiliation}
        fields |= {"room": room} if room or "room" in fields else {}
        return self.post(urljoin(page.url, action or page.url), fields, Referer=page.url)

    def cookie(self) -> str:
        """Return the Cookie header that this browser would send."""
        request = self._request(self.url, None, {})
        self.jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def connect(self, event: str, role: str = "participant", **auth: Any) -> Socket:
        """Open a socket as one of the roles that the cookie holds."""
        return Socket(self.url, {"event": event, "role": role, **auth}, self.cookie())

    def _request(self, url: str, data: bytes | None, headers: dict[str, str]) -> Request:
        headers = {"Accept-Language": self.language, **headers}
        return Request(urljoin(self.url, url), data, headers)  # noqa: S310  our own server

    def _open(self, request: Request) -> Reply:
        try:
            with self._opener.open(request, timeout=15) as answer:
                return Reply(answer.status, answer.url, answer.headers, answer.read())
        except HTTPError as error:
            with error:
                return Reply(error.code, error.url, error.headers, error.read())


def do(socket: Socket, command: str, **payload: Any) -> Payload:
    """Send a command with a new `op` and return its ack, whatever it says."""
    return socket.emit(command, {"op": str(uuid.uuid4()), **payload})


def done(socket: Socket, command: str, **payload: Any) -> Payload:
    """Send a command with a new `op`, again while told to slow down; it must be accepted."""
    wish = {"op": str(uuid.uuid4()), **payload}
    while (ack := socket.emit(command, wish)).get("error", {}).get("code") == "slow_down":
        time.sleep(0.2)
    assert ack["ok"], f"{command} {payload}: {ack}"
    return ack


def path_of(url: str) -> str:
    """Return a URL's path."""
    return urlsplit(url).path
