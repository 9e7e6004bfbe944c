"""`python -m ingest PATH…`: add files and folders to the library."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from ingest.articles import SUPPORTED_SUFFIXES, check_size
from ingest.editing import Editing
from ingest.parser import Parser
from ingest.pipeline import FileReport, InputFile, Outcome, Progress
from ingest.shard import Shard
from ingest.upkeep import bring_back, build_compared, check, rebuild, save
from retrieval.access import at_terminal
from retrieval.errors import ArticleError, InputError, QAError
from retrieval.opening import load_encoder
from retrieval.passages import Encoder
from retrieval.settings import Limits, Settings
from retrieval.store.opening import open_store
from retrieval.store.passage_store import PassageStore

_DESCRIPTION = f"""Add files and folders (with all below them) to the library, or list and delete its articles.
With --shard 3/8 only the third of eight parts of the files is added, chosen by their names: with a Qdrant server eight
machines can share the work, each given the same paths; a part that was stopped is run again and goes on where it was.
After a change of QA_ENCODER, --rebuild encodes the library's text again; stopped, it goes on where it was.
--check names what is wrong with the library and what mends it, --repair mends what needs no file.
--backup and --restore keep an embedded library, which must not be open elsewhere, in one checked file.

Kinds of file: {" ".join(SUPPORTED_SUFFIXES)}. In .csv, .tsv and .jsonl every row is an article: its text is
in the column text (or content, body, passage, texte, contenu, 正文, 内容, 文本), its title in title (or titre,
标题, name), its identity in id (or _id, article_id; else the row's number). Adding a file again replaces what changed.
Settings come from the environment: QA_LIBRARY, QA_ENCODER, QA_DEVICE, QA_DTYPE, QDRANT_URL, QDRANT_API_KEY,
QA_COLLECTION.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if all succeeded, 1 if a file failed, 2 if nothing could be done."""
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file or folder to add")
    parser.add_argument("--shard", default="1/1", metavar="N/M", help="add only the Nth of M parts of the files")
    parser.add_argument("--list", action="store_true", help="list the library's articles")
    parser.add_argument("--delete", nargs="+", default=[], metavar="NAME", help="delete articles by name")
    upkeep = parser.add_mutually_exclusive_group()
    upkeep.add_argument("--rebuild", action="store_true", help="encode the library again for this encoder")
    upkeep.add_argument("--compared", action="store_true", help="encode the library for QA_COMPARED_ENCODER, beside it")
    upkeep.add_argument("--check", action="store_true", help="look for what is wrong with the library")
    upkeep.add_argument("--repair", action="store_true", help="check, and mend what needs no file")
    upkeep.add_argument("--backup", type=Path, metavar="FILE.zip", help="write the library into a file")
    upkeep.add_argument("--restore", type=Path, metavar="FILE.zip", help="put a library back where there is none")
    chosen = parser.parse_args(arguments)
    keeping = bool(
        chosen.rebuild or chosen.compared or chosen.check or chosen.repair or chosen.backup or chosen.restore
    )
    if keeping == bool(chosen.paths or chosen.list or chosen.delete):
        parser.error("give at least one PATH, --list or --delete NAME, or one of the other options alone")
    try:
        settings = Settings.from_env(os.environ)
        if chosen.backup or chosen.restore:
            return save(settings, chosen.backup) if chosen.backup else bring_back(settings, chosen.restore)
        if chosen.compared:
            return build_compared(settings)
        shard = Shard.parse(chosen.shard)
        files = [file for file in _find_files(chosen.paths, settings.limits) if shard.holds(file.name)]
        encoder = load_encoder(settings)
        if keeping:
            return rebuild(settings, encoder) if chosen.rebuild else check(settings, encoder, repairs=chosen.repair)
        with closing(open_store(settings, encoder.identity)) as store:
            editing = Editing(at_terminal(), settings.library, store)
            _delete(editing, chosen.delete)
            succeeded = _ingest(files, encoder, editing, settings.limits) if chosen.paths else True
            store.settle()  # an index begun is not made once more by whoever opens the library next
            if chosen.list:
                _list(store)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if succeeded else 1


def _list(store: PassageStore) -> None:
    for article in store.articles():
        print(f"{article.name}\t{article.language}\t{article.passage_count}\t{article.added}\t{article.title}")


def _find_files(paths: Sequence[Path], limits: Limits) -> Iterator[InputFile]:
    """Yield the files to add; within a folder those of a supported kind, named by their path in it."""
    for path in paths:
        if path.is_dir():
            for folder, subfolders, names in os.walk(path):
                subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
                for name in sorted(names):
                    file = Path(folder, name)
                    if file.suffix.lower() in SUPPORTED_SUFFIXES and not name.startswith("."):
                        yield _input_file(file, file.relative_to(path).as_posix(), limits)
        elif path.exists():
            yield _input_file(path, path.name, limits)
        else:
            raise InputError(f"There is no file or folder {path}.")


def _input_file(path: Path, name: str, limits: Limits) -> InputFile:
    size = path.stat().st_size if path.exists() else 0  # a link to nowhere is reported when it is read
    # A name that is not UTF-8 (from an archive made elsewhere) can be neither stored nor printed as it is.
    name = os.fsencode(name).decode("utf-8", "backslashreplace")

    def read() -> bytes:
        if path.exists() and not path.is_file():  # a named pipe would be waited for, a device never end
            raise ArticleError(name, "is no ordinary file")
        if size:
            check_size(name, size, limits)  # before it fills the memory
        return path.read_bytes()

    return InputFile(name, size, read)


def _ingest(files: Sequence[InputFile], encoder: Encoder, editing: Editing, limits: Limits) -> bool:
    start = perf_counter()
    total = sum(file.size for file in files)
    # Without a terminal the bar would fill a log with copies of itself.
    with (
        tqdm(total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar,
        Parser(limits) as parser,
    ):

        def show(progress: Progress) -> None:
            rate = progress.passages / max(perf_counter() - start, 0.001)
            bar.set_postfix_str(f"{progress.passages} passages, {rate:.0f}/s", refresh=False)
            bar.update(progress.bytes_done - bar.n)

        reports = editing.add(files, encoder, show, parser.read)
    _print_summary(reports, perf_counter() - start, editing.store)
    return not any(report.failures for report in reports)


def _print_summary(reports: Sequence[FileReport], seconds: float, store: PassageStore) -> None:
    outcomes: Counter[Outcome] = Counter()
    for report in reports:
        outcomes.update(report.outcomes)
        for name in report.dropped:
            print(f"deleted, no longer in its file: {name}")
        for failure in report.failures:
            print(f"failed: {failure}", file=sys.stderr)
    failures = sum(len(report.failures) for report in reports)
    passages = sum(report.passages for report in reports)
    print(
        f"{len(reports)} files: {outcomes['added']} articles added, {outcomes['replaced']} replaced, "
        f"{outcomes['unchanged']} unchanged, {failures} failed. {passages} passages in {seconds:.1f} s "
        f"({passages / max(seconds, 0.001):.0f}/s) with {store.identity.name}; "
        f"the library holds {store.passage_count()}."
    )


def _delete(editing: Editing, names: Sequence[str]) -> None:
    known = {article.name: article for article in editing.store.articles()} if names else {}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"No article is named {', '.join(unknown)}; python -m ingest --list shows the names.")
    editing.delete([known[name] for name in names])
    for name in names:
        print(f"deleted: {name}")


if __name__ == "__main__":
    sys.exit(main())
