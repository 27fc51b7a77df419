"""The client's pure modules in Node, and its live lists in Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.support.browser import chromium
from tests.support.server import ROOT

OLDEST_NODE = (20, 19)  # the first that takes a .js file for the module it is


def node() -> str:
    """Return the environment's Node.js, else the machine's, if it is new enough."""
    for name in (str(Path(sys.executable).parent / "node"), "node"):
        found = shutil.which(name)
        if found is None:
            continue
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        if tuple(map(int, re.findall(r"\d+", told.stdout)[:2])) >= OLDEST_NODE:
            return found
    raise AssertionError(
        "These tests need Node.js 20.19 or newer: pip install -r requirements-node.txt brings it."
    )


def test_the_pure_modules_keep_their_promises() -> None:
    files = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.mjs"))
    done = subprocess.run(
        [node(), "--test", *files], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


PAGE = """<!doctype html><html lang="en"><body>
<button id="new" hidden></button><h2 id="home">Questions</h2><ol id="list"></ol>
<template id="row"><li><span></span><button>act</button><input></li></template>
<script type="module">
import { LiveList } from "/static/js/list.js";
window.list = new LiveList({
  container: document.getElementById("list"),
  template: document.getElementById("row"),
  fill: (row, item) => { row.querySelector("span").textContent = item.text; },
  waiting: { button: document.getElementById("new"), words: (n) => `${n} new` },
  successor: (id) => window.successors[id],
  home: document.getElementById("home"),
});
window.successors = {};
window.items = (...ids) => ids.map((id) => ({ id: String(id), text: `question ${id}` }));
window.order = () => [...document.getElementById("list").children].map((row) => row.dataset.id);
window.focusIn = (id, what = "button") => window.list.row(String(id)).querySelector(what).focus();
window.focused = () => {
  const row = document.activeElement.closest("li");
  return row ? row.dataset.id : document.activeElement.id;
};
</script></body></html>"""


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()

        def answer(route: Route) -> None:
            path = route.request.url.split("client.test", 1)[1]
            if path == "/":
                route.fulfill(body=PAGE, content_type="text/html")
            else:
                route.fulfill(path=ROOT / path.lstrip("/"), content_type="text/javascript")

        page.route("http://client.test/**", answer)
        yield page


@pytest.fixture
def page(browser_page: Page) -> Page:
    browser_page.goto("http://client.test/")
    browser_page.wait_for_function("window.list !== undefined")
    return browser_page


in_browser = pytest.mark.browser


@in_browser
def test_new_rows_wait_until_they_are_wanted_and_then_take_the_focus(page: Page) -> None:
    page.evaluate("list.set(items(2, 4))")
    page.evaluate("list.set(items(1, 2, 3, 4))")
    assert page.evaluate("order()") == ["2", "4"]
    assert page.inner_text("#new") == "2 new"
    page.focus("#new")
    page.click("#new")
    assert page.evaluate("order()") == ["1", "2", "3", "4"]
    assert page.evaluate("focused()") == "1"
    assert page.is_hidden("#new")


@in_browser
def test_what_comes_into_an_empty_list_shows_at_once_and_ones_own_always(page: Page) -> None:
    page.evaluate("list.set([])")
    page.evaluate("list.set(items(5))")
    assert page.evaluate("order()") == ["5"]
    page.evaluate("list.set([...items(5, 6), { id: '7', text: 'mine', own: true }])")
    assert page.evaluate("order()") == ["5", "7"]


@in_browser
def test_the_focused_row_is_never_moved_whatever_the_order_becomes(page: Page) -> None:
    page.evaluate("list.set(items(1, 2, 3, 4, 5))")
    page.evaluate("focusIn(3, 'input')")
    page.keyboard.type("half a")
    page.evaluate(
        "window.moved = 0; new MutationObserver((all) => { for (const one of all)"
        " for (const node of one.removedNodes) if (node === list.row('3')) moved += 1; })"
        ".observe(document.getElementById('list'), { childList: true })"
    )
    for order in ("5, 4, 3, 2, 1", "3, 1, 2, 4, 5", "1, 2, 4, 5, 3"):
        page.evaluate(f"list.set(items({order}))")
        assert page.evaluate("order()") == order.split(", ")
        assert page.evaluate("focused()") == "3"
    page.keyboard.type(" thought")
    assert page.evaluate("list.row('3').querySelector('input').value") == "half a thought"
    assert page.evaluate("moved") == 0


@in_browser
def test_when_the_focused_row_goes_away_its_successor_takes_the_focus(page: Page) -> None:
    page.evaluate("list.set(items(1, 2, 3)); successors['2'] = '1'; focusIn(2)")
    page.evaluate("list.set(items(1, 3))")
    assert page.evaluate("focused()") == "1"
    page.evaluate("list.set(items(3))")
    assert page.evaluate("focused()") == "3"
    page.evaluate("list.set([])")
    assert page.evaluate("focused()") == "home"


@in_browser
def test_when_the_focused_button_goes_away_its_row_takes_the_focus(page: Page) -> None:
    page.evaluate("list.set(items(1, 2)); focusIn(2)")
    page.evaluate("void (list.fill = (row) => { row.querySelector('button').hidden = true; })")
    page.evaluate("list.set([...items(1), { id: '2', text: 'other' }])")
    assert page.evaluate("document.activeElement === list.row('2')")


@in_browser
def test_a_change_touches_only_the_rows_that_it_names(page: Page) -> None:
    touched = page.evaluate(
        """() => {
          const all = items(...Array.from({ length: 200 }, (_, at) => at + 1));
          list.set(all);
          list.touched = 0;
          list.set(all.map((item) => (item.id === "77" ? { ...item, text: "new" } : { ...item })));
          return list.touched;
        }"""
    )
    assert touched == 1
    assert page.evaluate("list.row('77').querySelector('span').textContent") == "new"


@in_browser
def test_another_list_in_the_same_place_shows_at_once(page: Page) -> None:
    page.evaluate("list.set(items(1, 2))")
    page.evaluate("list.set(items(7, 8, 9), { fresh: true })")
    assert page.evaluate("order()") == ["7", "8", "9"]
    assert page.is_hidden("#new")
