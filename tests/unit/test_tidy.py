"""Rules of the house that no linter knows: executable, so that nobody has to remember them."""

import ast
import platform
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("gateway", "platform", "simulator")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# Each exemption is a named line with its reason.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}

FOLDERS = {
    ".ci", "dashboards", "deploy", "docs", "gateway", "platform", "simulator", "tests"
}  # fmt: skip
FILES = {
    ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "DECISIONS.md", "LICENSE", "Makefile",
    "README.md", "pyproject.toml", "requirements-bootstrap.lock", "requirements-dev.lock",
    "requirements-node.lock", "requirements.lock",
}  # fmt: skip

SWALLOWED = re.compile(r"except[^\n]*:\s*\n\s*pass\b")
BANNED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
REGISTRY_HOSTS = re.compile(r"registry\.npmjs|files\.pythonhosted|pypi\.org|deb\.debian")


@cache
def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = (ROOT / name for name in listing.split("\0") if name)
    return [file for file in files if file.is_file()]


def python_files(*folders: str) -> list[Path]:
    return [
        file
        for file in tracked_files()
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in folders
    ]


@cache
def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(text_of(file))


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_standard_platform_module_is_the_one_imported() -> None:
    """A folder called `platform` holds our sources; it must never shadow the standard module."""
    assert platform.python_implementation() == "CPython"
    assert str(ROOT) not in str(platform.__file__)


@pytest.mark.parametrize("folder", SOURCE_ROOTS)
def test_source_roots_are_no_packages(folder: str) -> None:
    """A source root with an __init__.py would become importable under its folder's name."""
    assert not (ROOT / folder / "__init__.py").exists()


def test_tests_are_no_packages() -> None:
    """With importlib mode, an __init__.py under tests/ would change what modules are called."""
    assert [shown(file) for file in (ROOT / "tests").rglob("__init__.py")] == []


def test_no_source_file_needs_scrolling_for_ever() -> None:
    """A file past the limit has more than one meaning: split it by meaning."""
    long = {
        shown(file): lines
        for file in python_files(*SOURCE_ROOTS)
        if (lines := len(text_of(file).splitlines())) > FILE_LINES_MAX
        and shown(file) not in LONG_FILES
    }
    assert long == {}


def test_no_function_creeps_past_the_limit() -> None:
    """A function past the limit hides a decision among its steps."""
    long = {
        f"{shown(file)}:{node.name}": length
        for file in python_files(*SOURCE_ROOTS)
        for node in functions(tree_of(file))
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
        and f"{shown(file)}:{node.name}" not in LONG_FUNCTIONS
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    """A module begins with what it is for; an empty package marker may stay empty."""
    silent = [
        shown(file)
        for file in python_files(*SOURCE_ROOTS)
        if text_of(file).strip() and not ast.get_docstring(tree_of(file))
    ]
    assert silent == []


def test_nothing_is_swallowed_or_left_unfinished() -> None:
    """An error that vanishes, or a promise in a comment, is a defect wherever it stands."""
    found = [
        shown(file)
        for file in python_files(*SOURCE_ROOTS)
        if SWALLOWED.search(text := text_of(file)) or BANNED.search(text)
    ]
    assert found == []


def test_every_test_says_what_it_shows_and_asserts_something() -> None:
    """A test without a docstring or an assertion shows nothing."""

    def asserts(node: ast.AST) -> bool:
        return any(
            isinstance(inner, ast.Assert)
            or (isinstance(inner, ast.Attribute) and inner.attr in {"raises", "fail"})
            or (
                isinstance(inner, ast.Call)
                and _name(inner.func).startswith(("assert_", "check_", "expect", "verify_"))
            )
            for inner in ast.walk(node)
        )

    def _name(func: ast.expr) -> str:
        return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")

    empty = [
        f"{shown(file)}:{node.name}"
        for file in python_files("tests")
        for node in functions(tree_of(file))
        if node.name.startswith("test_") and not (ast.get_docstring(node) and asserts(node))
    ]
    assert empty == []


def test_no_registry_address_is_written_down() -> None:
    """Locks pin versions and hashes; where packages come from is the machine's business."""
    found = [
        shown(file)
        for file in tracked_files()
        if file.suffix not in {".png", ".woff2"}
        and file != Path(__file__)
        and REGISTRY_HOSTS.search(file.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_the_top_level_is_the_agreed_one() -> None:
    """The customer fixed the folders; documents, locks and tool settings stand beside them."""
    names = {shown(file).split("/")[0] for file in tracked_files()}
    folders = {name for name in names if (ROOT / name).is_dir()}

    assert folders <= FOLDERS
    assert names - folders <= FILES
