"""The rules of the house, read from the syntax trees."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("retrieval", "ingest", "evaluation", "training", "ui", "benchmarks")
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
MAX_FUNCTION_LINES, MAX_FILE_LINES = 45, 220


def tree(file: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> set[str]:
    """Return the full names of the modules a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def forbidden_imports(package: str, forbidden: set[str]) -> list[tuple[str, str]]:
    """Return (file, module) for each import in a package of a forbidden top-level package."""
    return [
        (str(file.relative_to(ROOT)), name)
        for file in FILES
        if file.is_relative_to(ROOT / package)
        for name in imported(file)
        if name.split(".")[0] in forbidden
    ]


def without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, its decorators and docstring not counted."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_every_package_is_seen() -> None:
    """The other tests would pass on an empty list."""
    assert {file.relative_to(ROOT).parts[0] for file in FILES} == set(PACKAGES)
    assert "retrieval.errors.ModelError" in imported(ROOT / "retrieval" / "checkpoints.py")


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("retrieval", {"ingest", "evaluation", "training", "ui", "app", "streamlit", "benchmarks"}),
        ("ingest", {"evaluation", "training", "ui", "app", "streamlit", "benchmarks"}),
        ("evaluation", {"training", "ui", "app", "streamlit", "benchmarks"}),
        ("training", {"ui", "app", "streamlit", "benchmarks"}),
        ("ui", {"app", "benchmarks"}),
    ],
)
def test_imports_go_one_way(package: str, forbidden: set[str]) -> None:
    """Nothing below knows the page, and `retrieval` knows only itself."""
    assert forbidden_imports(package, forbidden) == []


def test_only_the_store_knows_qdrant() -> None:
    """Neither the client nor the embedded engine is imported outside retrieval/store."""
    files = [*FILES, *ROOT.glob("*.py")]
    users = {file for file in files for name in imported(file) if name.startswith("qdrant_")}
    assert users
    assert {file.parent for file in users} == {ROOT / "retrieval" / "store"}


def test_package_files_hold_a_docstring_only() -> None:
    """Importing a light module loads nothing heavy; `retrieval` sets one variable before torch can be loaded."""
    inits = [file for file in FILES if file.name == "__init__.py"]
    assert {file.parent for file in inits} == {file.parent for file in FILES}
    for file in inits:
        module = tree(file)
        others = [ast.unparse(statement) for statement in module.body[1:]]
        is_first = file.parent == ROOT / "retrieval"
        assert others == (["import os", "os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')"] if is_first else []), (
            file
        )
        assert ast.get_docstring(module), file


MODELS = {"torch", "transformers"}


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("retrieval.passages, retrieval.errors, retrieval.settings", {"qdrant_edge", "langdetect"}),
        # An embedded library is opened, and answers by its words, without a model.
        ("retrieval.store.opening, retrieval.search, retrieval.pace, ingest.articles, ingest.pipeline", set()),
        # The page is drawn before the models are loaded; charts and parsers come with the pages that need them.
        ("ui.ask, ui.resources", {"altair", "docx", "lxml", "pypdfium2"}),
        ("retrieval.__main__, ui.compare, ui.library, ui.evaluate", set()),
    ],
)
def test_what_is_imported_early_is_light(modules: str, absent: set[str]) -> None:
    """A fresh interpreter that imports it has neither torch nor transformers nor the client of a server."""
    code = f"import sys, {modules}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert modules.split(", ")[0] in loaded
    assert not loaded & {*MODELS, "qdrant_client", *absent}
    assert ("streamlit" in loaded) == ("ui." in modules)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_are_short(file: Path) -> None:
    """At most 220 lines a file, and 45 a function without its docstring."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    functions = [node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert {node.name for node in functions if without_docstring(node) > MAX_FUNCTION_LINES} == set()
