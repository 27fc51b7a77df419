"""The house stands: imports go strictly downward, and outside things are known in one place each.

Asked of the syntax trees, so that also what is imported late or only for types counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.server import ROOT

#: A part of `dialogi` (a module or a folder) may import what stands on a lower floor, nothing else.
#: `__init__` is the package itself with `create_app`, which wires the parts together.
FLOORS = (
    {"errors", "config", "concurrency", "languages"},
    {"model"},
    {"store"},
    {"snapshot"},
    {"commands"},
    {"writer", "events", "creating", "exports", "demo"},
    {"clock", "identity", "opening", "verifying"},
    {"web", "live", "rehearsal"},
    {"cli", "__init__"},
    {"serving", "__main__"},
)
#: Who may import these, or a part of them: a module, or all modules of a folder.
ONLY = {
    "sqlite_utils": {"store"},
    "sqlite3": {"store"},
    "pysqlite3": {"store"},
    "eventlet": {"concurrency"},
    "gevent": {"concurrency"},
    "greenlet": {"concurrency"},
    "socketio": {"live"},
    "engineio": {"live"},
    "flask_socketio": {"live", "__init__"},
    "flask": {"web", "identity", "__init__"},
}
#: The async modes are named, in code or in a string, in the adapter, in what starts the server, and
#: where the setting's three values are checked.
MODES_NAMED_IN = {"concurrency", "config"}
MOST_LINES = 400


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Return path and tree of every module, by its dotted name below `dialogi`."""
    found = {}
    for path in sorted((ROOT / "dialogi").rglob("*.py")):
        parts = path.relative_to(ROOT / "dialogi").with_suffix("").parts
        found[".".join(parts)] = (path, ast.parse(path.read_text("utf-8")))
    return found


def part(module: str) -> str:
    """Return the module or folder right below `dialogi` that a module belongs to."""
    return module.partition(".")[0]


def imported(module: str) -> Iterator[tuple[int, str, bool]]:
    """Return line and name of all that a module imports, and whether it is Dialogi's own."""
    tree = modules()[module][1]
    folder = ["dialogi", *module.split(".")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, *_placed(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) + 1 - node.level] if node.level else []
            origin = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                yield node.lineno, *_placed(".".join([*origin, alias.name]))


def _placed(name: str) -> tuple[str, bool]:
    """Return a name below `dialogi` with True, any other with False."""
    top, _, rest = name.partition(".")
    if top != "dialogi":
        return name, False
    below = part(rest)
    return (rest if below in parts() else "__init__"), True


@cache
def parts() -> set[str]:
    """Return all modules and folders right below `dialogi`."""
    return {part(module) for module in modules()}


def each_module() -> list[str]:
    """Return the names of all modules."""
    return list(modules())


def test_every_part_has_its_floor() -> None:
    table = [name for floor in FLOORS for name in floor]
    assert sorted(table) == sorted(parts())


@pytest.mark.parametrize("module", each_module())
def test_imports_go_strictly_downward(module: str) -> None:
    height = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    own = part(module)
    upward = [
        f"line {line}: {name}"
        for line, name, ours in imported(module)
        if ours and part(name) != own and height[part(name)] >= height[own]
    ]
    assert upward == []


@pytest.mark.parametrize("module", each_module())
def test_outside_things_are_known_in_one_place_only(module: str) -> None:
    strange = [
        f"line {line}: {name}"
        for line, name, ours in imported(module)
        if not ours and part(module) not in ONLY.get(part(name), {part(module)})
    ]
    assert strange == []


@pytest.mark.parametrize("module", each_module())
def test_the_session_is_read_by_identity_alone(module: str) -> None:
    names = {name for _, name, _ in imported(module)}
    tree = modules()[module][1]
    reads = any(
        isinstance(node, ast.Attribute)
        and node.attr == "session"
        and isinstance(node.value, ast.Name)
        and node.value.id == "flask"
        for node in ast.walk(tree)
    )
    assert module == "identity" or ("flask.session" not in names and not reads)


@pytest.mark.parametrize("module", each_module())
def test_the_model_and_the_commands_have_no_clock_no_web_and_no_disk(module: str) -> None:
    if part(module) in {"model", "snapshot", "commands"}:
        names = {part(name) for _, name, ours in imported(module) if not ours}
        assert not names & {"time", "os", "pathlib", "socket", "threading", "logging", "random"}


def test_the_async_modes_are_named_in_the_adapter_and_at_the_start_only() -> None:
    naming = set()
    for module, (_, tree) in modules().items():
        told = {id(node) for node in docstrings(tree)}
        for node in ast.walk(tree):
            if id(node) in told:
                continue
            said = node.value if isinstance(node, ast.Constant) else getattr(node, "id", "")
            if isinstance(said, str) and any(
                mode in said.lower() for mode in ("eventlet", "gevent")
            ):
                naming.add(part(module))
    assert naming <= MODES_NAMED_IN
    assert "eventlet" in (ROOT / "run.py").read_text("utf-8")


def docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Return the docstrings of a module and all that is in it; these may explain anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value


@pytest.mark.parametrize("module", each_module())
def test_no_module_is_long(module: str) -> None:
    assert len(modules()[module][0].read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("module", each_module())
def test_no_error_is_swallowed(module: str) -> None:
    swallowed = [
        node.lineno
        for node in ast.walk(modules()[module][1])
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or _name(node.type) in {"Exception", "BaseException"})
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]
    assert swallowed == []


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("module", each_module())
def test_what_is_public_says_what_it_is_for(module: str) -> None:
    tree = modules()[module][1]
    silent = [] if ast.get_docstring(tree) else ["the module"]
    owners: list[ast.Module | ast.ClassDef] = [tree]
    owners += [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner in owners:
        if isinstance(owner, ast.Module) or not owner.name.startswith("_"):
            silent += [f"line {node.lineno}: {node.name}" for node in _silent(owner)]
    assert silent == []


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _silent(owner: ast.Module | ast.ClassDef) -> Iterator[Named]:
    """Return the public functions and classes right in a module or class that have no docstring."""
    named = [node for node in owner.body if isinstance(node, Named)]
    for node in named:
        told = ast.get_docstring(node) or _is_payload(node)
        if not told and not node.name.startswith("_"):
            yield node


def _is_payload(node: ast.stmt) -> bool:
    """A command's payload says what it is by its fields; the command next to it has the words."""
    return isinstance(node, ast.ClassDef) and [_name(base) for base in node.bases] == ["Fields"]
