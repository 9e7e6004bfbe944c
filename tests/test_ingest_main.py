"""The command line for files, with the bundled encoder."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.__main__ import main
from retrieval.store.edge import EdgeBackend

ROOT = Path(__file__).resolve().parent.parent
Output = tuple[int, list[str], list[str]]
Run = Callable[..., Output]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs the command; it returns the exit code and the lines of both outputs.

    Times and rates are left out.
    """
    monkeypatch.setenv("QA_DEVICE", "cpu")

    def run_command(*arguments: str) -> Output:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, re.sub(r" in \d+\.\d s \(\d+/s\)", "", out).splitlines(), err.splitlines()

    return run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with three articles, one of them below, and what is no article."""
    (tmp_path / "docs" / "sous dossier").mkdir(parents=True)
    (tmp_path / "docs" / ".git").mkdir()
    for name, text in (
        ("tea.md", "# Tea\n\nTea is a drink made from leaves, and it came from China."),
        ("sous dossier/茶.TXT", "茶是一种来自中国的饮料。"),
        ("rows.csv", "id,title,text\n7,Ruche,Les abeilles vivent dans une ruche."),
        ("picture.png", "no article"),
        (".hidden.md", "no article"),
        (".git/notes.md", "no article"),
    ):
        (tmp_path / "docs" / name).write_text(text, encoding="utf-8")
    return tmp_path / "docs"


def names(run: Run) -> list[str]:
    """Return the names in the library."""
    return [line.split("\t")[0] for line in run("--list")[1]]


def test_a_folder_is_added_with_all_below(run: Run, folder: Path) -> None:
    """Articles are named by their path in the folder; hidden and other files are passed over."""
    summary = (
        "3 files: 3 articles added, 0 replaced, 0 unchanged, 0 failed. 3 passages with bi-encoder; the library holds 3."
    )
    assert run(str(folder)) == (0, [summary], [])
    code, lines, _ = run("--list")
    listed = [line.split("\t") for line in lines]
    assert code == 0
    assert [(name, language, count, title) for name, language, count, _, title in listed] == [
        ("rows.csv#7", "fr", "1", "Ruche"),
        ("tea.md", "en", "1", "Tea"),
        ("sous dossier/茶.TXT", "zh", "1", "茶"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", added) for _, _, _, added, _ in listed)
    assert Path("library", "library.json").exists()


def test_a_second_run_changes_only_what_changed(run: Run, folder: Path) -> None:
    """The same files are unchanged; a changed one is replaced and a row that is gone is named."""
    run(str(folder))
    same = (
        "3 files: 0 articles added, 0 replaced, 3 unchanged, 0 failed. 0 passages with bi-encoder; the library holds 3."
    )
    assert run(str(folder)) == (0, [same], [])
    (folder / "tea.md").write_text("# Tea\n\nTea is a drink.")
    (folder / "rows.csv").write_text("id,text\n8,Le miel est doux.")
    changed = (
        "3 files: 1 articles added, 1 replaced, 1 unchanged, 0 failed. 2 passages with bi-encoder; the library holds 3."
    )
    assert run(str(folder)) == (0, ["deleted, no longer in its file: rows.csv#7", changed], [])


def test_files_are_named_by_their_last_part(run: Run, folder: Path) -> None:
    """A file given by itself has its bare name, and any kind is tried."""
    code, lines, errors = run(str(folder / "sous dossier" / "茶.TXT"), str(folder / "picture.png"))
    assert code == 1
    assert lines == [
        "2 files: 1 articles added, 0 replaced, 0 unchanged, 1 failed. 1 passages with bi-encoder; the library holds 1."
    ]
    assert errors[0].startswith("failed: picture.png: its format .png is not supported")
    assert names(run) == ["茶.TXT"]


def test_a_failing_file_does_not_stop_the_rest(run: Run, folder: Path) -> None:
    """An empty file and a link to nowhere are named with their reasons, the rest is added, the exit code is 1."""
    (folder / "empty.md").touch()
    (folder / "link.md").symlink_to(folder / "nowhere.md")
    summary = (
        "5 files: 3 articles added, 0 replaced, 0 unchanged, 2 failed. 3 passages with bi-encoder; the library holds 3."
    )
    failures = ["failed: empty.md: is empty", "failed: link.md: cannot be read: No such file or directory"]
    assert run(str(folder)) == (1, [summary], failures)


def test_two_files_of_one_name(run: Run, folder: Path) -> None:
    """The second is named as a failure."""
    (folder.parent / "tea.md").write_text("Other tea.")
    code, _, errors = run(str(folder / "tea.md"), str(folder.parent / "tea.md"))
    assert (code, errors) == (1, ["failed: tea.md: is the name of two files in this run: rename one"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have only Unicode names")
def test_a_name_that_is_not_unicode(run: Run, folder: Path) -> None:
    """Its bytes are written out."""
    Path(os.fsdecode(bytes(folder) + b"/sous dossier/\xb2\xe8.md")).write_text("Tea from an archive.")
    assert run(str(folder / "sous dossier"))[0] == 0
    assert sorted(names(run)) == [r"\xb2\xe8.md", "茶.TXT"]


def test_deleting_by_name(run: Run, folder: Path) -> None:
    """Named articles go, several at a time; a name that is not there deletes none of them."""
    run(str(folder))
    unknown = "No article is named oak.md, ash.md; python -m ingest --list shows the names."
    assert run("--delete", "tea.md", "oak.md", "ash.md") == (2, [], [unknown])
    assert len(names(run)) == 3
    assert run("--delete", "tea.md", "rows.csv#7") == (0, ["deleted: tea.md", "deleted: rows.csv#7"], [])
    assert names(run) == ["sous dossier/茶.TXT"]


def test_nothing_could_be_done(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing path, setting or model gives 2 and one line, and nothing is added."""
    assert run(str(folder), "nowhere") == (2, [], ["There is no file or folder nowhere."])
    assert names(run) == []
    with monkeypatch.context() as patch:
        patch.setenv("QA_CANDIDATES", "many")
        assert run("--list") == (2, [], ["QA_CANDIDATES is 'many'; use a whole number from 1 to 1000."])
    monkeypatch.setenv("QA_ENCODER", str(folder))
    code, lines, errors = run("--list")
    assert (code, lines, len(errors)) == (2, [], 1)
    assert str(folder) in errors[0]


def test_another_library_by_setting(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QA_LIBRARY names the folder."""
    monkeypatch.setenv("QA_LIBRARY", "elsewhere")
    assert run(str(folder / "tea.md"))[0] == 0
    assert names(run) == ["tea.md"]
    assert sorted(path.name for path in Path().iterdir()) == ["docs", "elsewhere"]


def test_checking_and_repairing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every finding is a line with what mends it; 1 while something is left, 0 when all is well."""
    run(str(folder))
    assert run("--check") == (0, ["3 passages checked, 0 findings."], [])
    with monkeypatch.context() as patch:  # stopped before the older version went
        patch.setattr(EdgeBackend, "delete", lambda *arguments: None)
        (folder / "tea.md").write_text("# Tea\n\nTea is a drink.")
        run(str(folder / "tea.md"))
    for _ in range(2):  # looking does not change what is there
        code, (finding, summary), _errors = run("--check")
        assert (code, summary) == (1, "4 passages checked, 1 findings.")
        assert finding.startswith("orphan: tea.md: 1 passages of a version that was replaced")
        assert finding.endswith("To mend it: python -m ingest --repair deletes them.")
    repaired = "Repaired: 0 passages encoded again; 0 findings are left."
    assert run("--repair") == (0, [finding, summary, repaired], [])
    assert run("--check") == (0, ["3 passages checked, 0 findings."], [])


def test_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """Without anything to do the usage is shown, with 2."""
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "give at least one PATH, --list or --delete NAME" in capsys.readouterr().err


def test_help_names_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists the kinds of file and the settings."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    help_text = capsys.readouterr().out
    assert all(word in help_text for word in (".md", ".pdf", ".zip", "QA_LIBRARY", "QDRANT_URL"))
