"""What a fresh machine relies on: pins, the lock file, the Makefile and the README's commands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
PLAIN_COMMANDS = "\n".join(re.findall(r"^```\n(.*?)^```", README, re.M | re.S)).splitlines()


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_requirement_is_pinned_to_one_version(file: Path) -> None:
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    loose = [
        line
        for line in lines
        if line
        and not re.fullmatch(r"-r requirements\.txt", line)
        and not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)
    ]
    assert loose == []


def test_no_package_is_required_twice() -> None:
    names = [
        line.split("==")[0].lower().replace("_", "-").replace(".", "-")
        for file in REQUIREMENTS
        for line in file.read_text().splitlines()
        if "==" in line
    ]
    assert sorted(names) == sorted(set(names))


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "://" not in lock


def test_the_lock_file_is_of_the_client_script_that_the_project_asks_for() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version
        assert packages[f"node_modules/{name}"]["integrity"].startswith("sha512-")


@pytest.mark.parametrize(
    "made",
    [
        ".venv/bin/python",
        "node_modules/axe-core/axe.min.js",
        "static/vendor/socket.io.min.js",
        "var/dialogi.sqlite",
        "var/dialogi.sqlite-wal",
        "backup.db",
        "dialogi/translations/fi/LC_MESSAGES/messages.mo",
        "dialogi/__pycache__/errors.cpython-311.pyc",
    ],
)
def test_git_ignores_what_is_made_on_the_machine(made: str) -> None:
    assert _git("check-ignore", "--quiet", made).returncode == 0


def test_nothing_that_git_ignores_is_in_the_repository() -> None:
    assert _git("ls-files", "--cached", "--ignored", "--exclude-standard").stdout == ""


def test_every_make_target_of_the_readme_exists() -> None:
    named = re.findall(r"(?:^|[`\s])make (?:[A-Z]+=\S+ )?([a-z]+(?:-[a-z]+)*)[`\n]", README)
    assert {"run", "test", "test-all"} <= set(named)
    assert [name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.M)] == []


def test_every_phony_target_exists() -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[0].split()
    assert [name for name in phony if not re.search(rf"^{name}:", MAKEFILE, re.M)] == []


@pytest.mark.parametrize("command", [line for line in PLAIN_COMMANDS if line])
def test_every_plain_command_of_the_readme_names_what_exists(command: str) -> None:
    words = [word for word in shlex.split(command) if not re.match(r"[A-Z_]+=", word)]
    for word in words:
        if word.endswith((".txt", ".py")):
            assert (ROOT / word).is_file(), word
    if words[0].startswith(".venv/bin/"):
        program = words[0].removeprefix(".venv/bin/")
        assert program in {"pip", "pybabel", "python", "ruff", "mypy", "pytest"}


def test_the_readme_runs_the_same_test_selections_as_make() -> None:
    def selections(text: str) -> set[str]:
        return set(re.findall(r'-m "([^"]*)"', text))

    assert selections(README) == selections(MAKEFILE) != set()


def test_every_setting_stands_in_the_readme_and_no_other() -> None:
    read = set(re.findall(r'"(DIALOGI_[A-Z_]+)"', (ROOT / "dialogi" / "config.py").read_text()))
    told = set(re.findall(r"^\| `(DIALOGI_[A-Z_]+)` \|", README, re.M))
    assert told == read


def test_only_eventlets_notice_is_no_error() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    first, *others = settings["tool"]["pytest"]["ini_options"]["filterwarnings"]
    assert first == "error"
    assert others == [r"ignore:\s*Eventlet is deprecated:Warning"]


def test_continuous_integration_calls_both_suites() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make test", "make test-all"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
