"""What people rely on stands in the documentation, and its links lead somewhere."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from dialogi import cli
from dialogi.commands.context import registry
from dialogi.errors import STATUS
from dialogi.exports import FORMATS
from dialogi.live import bucket
from dialogi.model import event_file, limits
from dialogi.model.event_file import check_event
from dialogi.model.phases import PHASES
from dialogi.model.selection import RULES
from dialogi.snapshot import Stream, streams

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROTOCOL = (ROOT / "docs/protocol.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PUBLIC = sorted(name for name, verb in registry.items() if verb.public)
#: Pictures stay small, so that a clone is quick.
LARGEST_PICTURE = 150 * 1024

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_MACHINE = re.compile(r"(?<![\w.`])/(?:work|home|root|tmp|Users|mnt)\b|\b[A-Z]:\\")


# --- the protocol


@pytest.mark.parametrize("command", PUBLIC)
def test_every_command_stands_in_the_protocol_with_all_keys_of_its_payloads(command: str) -> None:
    rows = [row for row in _rows("## 6.") if row.startswith(f"| `{command}` |")]
    assert rows, f"{command} has no row in section 6"
    keys = {
        field.encode_name
        for kind, payload in registry[command].payloads.items()
        if kind != "clock"  # whose payload is between the server and its ledger
        for field in msgspec.structs.fields(payload)
    }
    assert keys - _code("\n".join(rows)) == set()


def test_the_protocol_has_no_command_that_does_not_exist() -> None:
    named = {match[1] for row in _rows("## 6.") if (match := re.match(r"\| `([a-z.]+)`", row))}
    assert sorted(named) == PUBLIC


def test_commands_that_the_socket_does_not_take_are_named_as_such() -> None:
    assert [name for name in registry if f"`{name}`" not in _section("## 6.")] == []


def test_every_type_of_change_has_a_row() -> None:
    source = (ROOT / "dialogi/snapshot/entities.py").read_text("utf-8")
    types = set(re.findall(r'"type": "([a-z]+)"', source))
    assert {"event", "room", "question", "support", "me", "participant", "toplist"} <= types
    assert {name for name in types if not _has_row("## 5.", name)} == set()


def test_every_key_of_changes_and_lists_stands_in_the_protocol() -> None:
    keys = _keys_of("dialogi/snapshot/entities.py") | _keys_of("dialogi/snapshot/lists.py")
    keys -= {"split"}  # kept with a published list, and never sent
    assert {"own_phase", "original_text", "by_affiliation", "tied_with"} <= keys
    assert keys - _code(_section("## 5.") + _section("## 10.")) == set()


def test_every_stream_has_a_row() -> None:
    names = {Stream(kind, 1).name.replace(":1", ":ID") for kind in streams._STREAMS}
    assert {name for name in names if not _has_row("## 5.", name)} == set()


@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_error_code_has_a_row_with_its_http_status(code: str) -> None:
    assert re.search(rf"^\| `{code}` \| {STATUS[code]} \| \S", _section("## 8."), re.M)


def _constants(*modules: ModuleType) -> Iterator[tuple[str, float]]:
    for module in modules:
        for name, value in vars(module).items():
            if re.fullmatch(r"[A-Z][A-Z_]+", name):
                for part in value if isinstance(value, tuple) else (value,):
                    if type(part) in {int, float}:
                        yield name, part


@pytest.mark.parametrize(("name", "value"), list(_constants(limits, bucket, event_file)))
def test_every_limit_has_a_row_with_its_value(name: str, value: float) -> None:
    rows = [row for row in _rows("## 12.") if f"`{name}`" in row]
    assert rows, f"{name} has no row in section 12"
    numbers = {number.replace(",", "") for number in re.findall(r"\d[\d,]*", rows[0])}
    assert f"{value:g}" in numbers


def test_every_key_of_an_event_file_has_a_row_or_a_word() -> None:
    event = check_event(
        {
            "title": "T",
            "question": "Q?",
            "programme": [{"at": "9:00", "title": "T"}],
            "rooms": [{"name": "A"}],
        }
    )
    assert {key for key in event if not _has_row("## 2.", key)} == set()
    inner = {*event["programme"][0], *event["rooms"][0]}
    assert inner - _code(_section("## 2.")) == set()


@pytest.mark.parametrize("word", [*PHASES, *RULES, *FORMATS])
def test_phases_rules_and_formats_are_named(word: str) -> None:
    assert word in _code(PROTOCOL)


def test_every_page_and_file_of_the_server_stands_in_the_protocol() -> None:
    told = {re.sub(r"[A-Z]+", "*", path) for path in re.findall(r"/[\w./-]*", _section("## 3."))}
    routes = {
        re.sub(r"<[^>]*>", "*", path)
        for source in (ROOT / "dialogi/web").glob("*.py")
        for path in re.findall(
            r'^@pages\.(?:get|post|route)\("([^"]+)"', source.read_text("utf-8"), re.M
        )
    }
    assert {"/join/*", "/healthz", "/lead/*/export.*"} <= routes
    # The table writes the three files of the results one by one.
    assert routes - told - {"/results/*.*"} == set()


# --- the command line


def _subcommands(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    inner = [it for it in parser._actions if isinstance(it, argparse._SubParsersAction)]
    for action in inner:
        for name, below in action.choices.items():
            yield from _subcommands(below, (*path, name))
    if not inner:
        yield " ".join(path), parser


@pytest.mark.parametrize(("command", "parser"), list(_subcommands(cli._parser())))
def test_every_command_of_the_command_line_is_documented_with_its_options(
    command: str, parser: argparse.ArgumentParser
) -> None:
    assert f"`{command}" in README
    assert f"| `{command}" in _section("## 1.")
    options = {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }
    assert {option for option in options if option not in _section("## 1.")} == set()


# --- settings


def test_every_setting_stands_in_the_readme_and_no_page_names_another() -> None:
    source = (ROOT / "dialogi/config.py").read_text("utf-8")
    known = set(re.findall(r'"(DIALOGI_[A-Z_]+)"', source))
    assert known - set(re.findall(r"^\| `(DIALOGI_[A-Z_]+)` \|", README, re.M)) == set()
    named = {name for page in PAGES for name in re.findall(r"DIALOGI_[A-Z_]+", page.read_text())}
    named |= {
        name
        for file in (ROOT / "deploy").iterdir()
        for name in re.findall(r"DIALOGI_[A-Z_]+", file.read_text("utf-8"))
    }
    assert named - known == set()


# --- all pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_of_a_page_exist(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_without_code(page.read_text("utf-8"))):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text("utf-8"))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_path_of_somebodys_machine(page: Path) -> None:
    assert _MACHINE.findall(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:dialogi|docs|deploy|tests|templates|static)/[\w./-]*\w\.\w+)`",
        page.read_text("utf-8"),
    )
    made = {"static/vendor/socket.io.min.js"}
    assert [file for file in named if not (ROOT / file).exists() and file not in made] == []


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in _LINK.findall(README)}
    assert {page.relative_to(ROOT).as_posix() for page in PAGES[1:]} - linked == set()


def test_pictures_are_small_and_each_is_shown_somewhere() -> None:
    shown = {
        Path(target).name for page in PAGES for target in _LINK.findall(page.read_text("utf-8"))
    }
    pictures = list((ROOT / "docs/screenshots").glob("*.png"))
    assert pictures
    assert [it.name for it in pictures if it.stat().st_size > LARGEST_PICTURE] == []
    assert [it.name for it in pictures if it.name not in shown] == []


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert headings[0] == "Unreleased"


# --- reading Markdown


def _section(heading: str) -> str:
    """The text from the heading that begins so, up to the next of its rank."""
    found = re.search(rf"^{re.escape(heading)}.*?(?=^## |\Z)", PROTOCOL, re.M | re.S)
    assert found, heading
    return found[0]


def _rows(heading: str) -> list[str]:
    return [line for line in _section(heading).splitlines() if line.startswith("| ")]


def _has_row(heading: str, name: str) -> bool:
    return any(re.match(rf"\| `{re.escape(name)}`", row) for row in _rows(heading))


def _code(text: str) -> set[str]:
    """The words that stand in code, in a line or in a block."""
    blocks = re.findall(r"^```.*?^```", text, re.M | re.S)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return {word for part in (*blocks, *spans) for word in re.findall(r"[A-Za-z_]+", part)}


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def _anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub and most others make them."""
    headings = re.findall(r"^#+ (.*)$", _without_code(text), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _keys_of(file: str) -> set[str]:
    """The texts that stand as keys in a module's dictionaries, or are set by name."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    keys = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    } | {
        target.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
    }
    return {key for key in keys if isinstance(key, str)}
