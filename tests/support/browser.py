"""People with a real Chromium, each in a window of their own, and what went wrong in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.support.server import Server

#: Milliseconds that a page has for anything; two cores may be busy with other tests.
PATIENCE = 15_000
PHONE, DESK = (390, 844), (1280, 800)
#: More presses than any page of a test has stops.
STOPS = 200

_LINK = re.compile(r"^  (\w+)(?: \(.*?\))? +(http\S+)$", re.M)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that CHROMIUM names, else the machine's, else Playwright's own."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    path = next((path for name in names if name and (path := shutil.which(name))), None)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def demo_links(server: Server) -> dict[str, str]:
    """Return the links that a server with DIALOGI_DEMO=1 printed, by who follows them."""
    return dict(_LINK.findall(server.log_text()))


class Visitor:
    """One person's window: cookies and storage of its own, and a list of what went wrong."""

    def __init__(
        self, browser: Browser, size: tuple[int, int] = DESK, *, bypass_csp: bool = False
    ) -> None:
        width, height = size
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-US",
            reduced_motion="reduce",
            bypass_csp=bypass_csp,
        )
        self.context.set_default_timeout(PATIENCE)
        self.host = ""
        #: Errors, refused requests, and requests to anybody else but our server.
        self.troubles: list[str] = []
        self.offline = False
        self._listen()
        self.page: Page = self.context.new_page()

    def go(self, url: str) -> Page:
        """Open a page of our server; all requests have to be to the same one from now on."""
        self.host = self.host or urlsplit(url).netloc
        self.page.goto(url)
        return self.page

    def set_offline(self, offline: bool) -> None:
        """Cut the network, or bring it back. What fails meanwhile is no trouble."""
        self.offline = offline
        self.context.set_offline(offline)

    def region(self, name: str) -> Locator:
        """Return a part of the page by its heading, as a screen reader's list of regions does."""
        return self.page.get_by_role("region", name=name, exact=True)

    def button(self, name: str) -> Locator:
        """Return a button of the page by all that it says."""
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, region: str, text: str) -> Locator:
        """Return the list item in a region that holds a text."""
        return self.region(region).get_by_role("listitem").filter(has_text=text)

    def _listen(self) -> None:
        context = self.context
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.troubles.append(f"page error: {error.error}"))
        context.on("request", lambda request: self._address(request.url))
        context.on("response", lambda answer: self._answer(answer.url, answer.status))
        context.on(
            "page",
            lambda page: page.on("websocket", lambda socket: self._address(socket.url)),
        )

    def _console(self, kind: str, text: str) -> None:
        # What a page's security policy forbids is told here too.
        if kind in ("error", "warning") and not self.offline:
            self.troubles.append(f"console {kind}: {text}")

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.troubles.append(f"a request to another host: {url}")

    def _answer(self, url: str, status: int) -> None:
        if status >= 400:
            self.troubles.append(f"{status} for {url}")


def join(visitor: Visitor, url: str, room: str, affiliation: str, name: str) -> Page:
    """Go in over the form; returns the page when it shows a step."""
    page = visitor.go(url)
    page.get_by_role("radio", name=affiliation).check()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Room", exact=True).select_option(room)
    visitor.button("Go in").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    return page


def reach(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press a key until the focus is there."""
    wanted.wait_for()
    for _ in range(STOPS):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{STOPS} × {key} did not lead to {wanted}")
