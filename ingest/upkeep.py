"""What `python -m ingest` does to a library as a whole, told to the person at the terminal."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from ingest.doctor import diagnose, repair
from ingest.rebuild import rebuild_library
from retrieval.backup import backup, restore
from retrieval.errors import SettingError
from retrieval.opening import load_encoder
from retrieval.passages import Encoder
from retrieval.settings import Settings
from retrieval.store.opening import open_as_built, open_store


def rebuild(settings: Settings, encoder: Encoder) -> int:
    """Encode the library again for another encoder; return 0, or 1 if an article was not all there."""
    start = perf_counter()
    with closing(open_as_built(settings)) as old:
        before, now = old.identity.name, encoder.identity.name
        if old.identity == encoder.identity:
            old.drop_successor()  # of a rebuild for another encoder, given up
            print(f"The library is built with the encoder {now} already; there is nothing to do.")
            return 0
        total = old.passage_count()
        with (
            closing(old.successor(encoder.identity)) as new,
            tqdm(total=total, unit=" passages", disable=not sys.stderr.isatty()) as bar,
        ):
            report = rebuild_library(old, new, encoder, lambda progress: bar.update(progress.done - bar.n))
            new.take_over()
            held = new.passage_count()
    for name in report.torn:
        print(f"failed: {name}: not all of it was in the library: add it again", file=sys.stderr)
    seconds = perf_counter() - start
    print(
        f"Rebuilt from {before} for {now}: {report.articles} articles, {report.encoded} passages encoded in "
        f"{seconds:.1f} s ({report.encoded / max(seconds, 0.001):.0f}/s), {report.kept} of an earlier run kept; "
        f"the library holds {held}."
    )
    return 1 if report.torn else 0


def build_compared(settings: Settings) -> int:
    """Encode the library's text for the compared encoder, into the library beside; return 0, or 1 as `rebuild`."""
    other = settings.compared
    if other is None or not settings.compared_encoder:
        raise SettingError("QA_COMPARED_ENCODER is not set; name the encoder to compare with in it.")
    encoder = load_encoder(other)
    with closing(open_as_built(settings)) as own, closing(open_store(other, encoder.identity)) as beside:
        report = rebuild_library(own, beside, encoder)
        held = beside.passage_count()
    for name in report.torn:
        print(f"failed: {name}: not all of it was in the library: add it again", file=sys.stderr)
    print(f"{report.encoded} passages encoded with {encoder.identity.name}; the library beside holds {held}.")
    return 1 if report.torn else 0


def check(settings: Settings, encoder: Encoder, repairs: bool) -> int:
    """Print what is wrong with the library and mend what can be, if asked; return 1 if something is left, else 0."""
    with closing(open_as_built(settings, repair=False)) as store:
        diagnosis = diagnose(store, encoder)
    for finding in diagnosis.findings:
        print(f"{finding.kind}: {finding.article or 'the library'}: {finding.fault}. To mend it: {finding.mend}.")
    print(f"{diagnosis.passages} passages checked, {len(diagnosis.findings)} findings.")
    if not repairs or not diagnosis.findings:
        return 1 if diagnosis.findings else 0
    with closing(open_store(settings, encoder.identity)) as store:
        encoded = repair(store, encoder, diagnosis)
        left = diagnose(store, encoder).findings
    print(f"Repaired: {encoded} passages encoded again; {len(left)} findings are left.")
    return 1 if left else 0


def save(settings: Settings, file: Path) -> int:
    """Back the library up into a file."""
    backup(settings, file)
    print(f"{file}: {file.stat().st_size / 10**6:.1f} MB. To get it back: python -m ingest --restore {file}")
    return 0


def bring_back(settings: Settings, file: Path) -> int:
    """Restore the library from a file, and open it."""
    restore(settings, file)
    with closing(open_as_built(settings)) as store:
        print(f"Restored: {store.passage_count()} passages with {store.identity.name}, in {settings.library}.")
    return 0
