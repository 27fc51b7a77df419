"""Takes the pictures of README and guides anew: `make screenshots`.

It starts a demonstration of its own, goes through it as people would, and stops it again. It leaves
nothing behind but `docs/screenshots/*.png`.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
#: Width and height in CSS pixels.
PHONE, DESK = (390, 844), (1280, 800)
LARGEST = 150 * 1024
#: The address in the pictures; the browser is told where it really is.
HOST = "dialogi.example"
#: Seconds that the server has to start, with all that the demonstration holds.
PATIENCE = 30

_LINK = re.compile(r"^  (\w+)(?: \(.*?\))? +(http\S+)$", re.M)


def main() -> None:
    """Take all pictures; raises where a page does not come up or a picture is too large."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    flags = ["--no-sandbox", f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}"]
    with _demonstration(port) as links, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=flags)
        try:
            _walk(browser, links)
        finally:
            browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        size = picture.stat().st_size
        if size > LARGEST:
            raise SystemExit(f"{picture.name} has {size} bytes; at most {LARGEST} are wanted.")
        print(f"{picture.name}: {size // 1024} KiB")


def _walk(browser: Browser, links: dict[str, str]) -> None:
    """The demonstration from `support`, where it starts, to the final list, in every window."""
    person = _window(browser, PHONE)
    person.goto(links["Participant"])
    _take(person, "join-390")
    person.locator(".choice", has_text="järjestö").click()
    person.select_option("#room", "Huone 1")
    person.get_by_role("button", name="Go in").click()
    person.locator("#room-list .question").nth(2).wait_for()
    person.locator("#room-list .question__support").first.click()
    person.locator("#room-list .question__support[aria-pressed=true]").first.wait_for()
    _take(person, "room-support-390")

    facilitator = _window(browser, DESK)
    facilitator.goto(links["Facilitator"])
    facilitator.locator("#list .question").nth(2).wait_for()
    _take(facilitator, "facilitator-1280")

    lead = _window(browser, DESK)
    lead.goto(links["Lead"])
    lead.locator("#rooms tr").nth(4).wait_for()
    lead.locator("#list .question").nth(2).wait_for()
    _take(lead, "lead-1280")

    projector = _window(browser, DESK)
    projector.goto(links["Projector"])
    projector.get_by_role("heading", name="Support").wait_for()
    _take(projector, "projector-join-1280")

    lead.locator(".phase-bar__phase[data-phase=plenary]").click()
    person.locator("#plenary-list .question").nth(2).wait_for()
    _take(person, "room-plenary-390")

    lead.locator("#propose").click()
    lead.locator("#toplist .toplist__entry").nth(9).wait_for()
    lead.evaluate("document.getElementById('toplist-title').scrollIntoView({block: 'start'})")
    _take(lead, "lead-list-1280")
    _publish(lead, "preliminary")
    _publish(lead, "final")
    lead.locator(".phase-bar__phase[data-phase=results]").click()
    projector.locator("#results-list .place").nth(2).wait_for()
    _take(projector, "projector-results-1280")

    for name, size in (("results-1280", DESK), ("results-390", PHONE)):
        reader = _window(browser, size)
        reader.goto(links["Results"])
        _take(reader, name)

    organiser = _window(browser, DESK)
    organiser.goto(links["Organiser"])
    organiser.locator("#rooms tr").nth(4).wait_for()
    _take(organiser, "organiser-1280")


def _publish(lead: Page, stage: str) -> None:
    lead.locator(f"#publish-{stage}").click()
    lead.locator("#publish-yes").click()
    lead.locator("#toplist-stage", has_text=stage).wait_for()


def _window(browser: Browser, size: tuple[int, int]) -> Page:
    """A browser of its own, in English, that keeps still."""
    width, height = size
    return browser.new_context(
        viewport={"width": width, "height": height},
        locale="en",
        color_scheme="light",
        reduced_motion="reduce",
    ).new_page()


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")


@contextmanager
def _demonstration(port: int) -> Iterator[dict[str, str]]:
    """A fresh demonstration; its links by the name under which the server prints them."""
    with tempfile.TemporaryDirectory(prefix="dialogi-pictures-") as folder:
        settings = {
            "DIALOGI_DATABASE": str(Path(folder) / "dialogi.sqlite"),
            "DIALOGI_DEMO": "1",
            "DIALOGI_HOST": "127.0.0.1",
            "DIALOGI_PORT": str(port),
            "DIALOGI_PUBLIC_URL": f"http://{HOST}",
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DIALOGI_")}
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py")],
                env=kept | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _links(server, log)
        finally:
            server.terminate()
            server.wait(10)


def _links(server: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        text = log.read_text("utf-8")
        if "Dialogi listens" in text:
            return dict(_LINK.findall(text))
        time.sleep(0.1)
    raise SystemExit(f"The demonstration did not start:\n{log.read_text('utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _chromium() -> str | None:
    """The browser that CHROMIUM names, else the machine's; None for Playwright's own."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


if __name__ == "__main__":
    main()
