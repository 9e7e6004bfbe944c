"""A whole question in a library of 100,000 passages, for 1, 4 and 16 people at once, against Haystack.

The passages are made of the sentences of the samples and of the data set (see `corpus.vary`). Reading, which marks the
answer and which Haystack's pipeline does not do, is left out of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.catalogue import Options
from benchmarks.corpus import Pool, make_pools, read_texts, spread, vary
from benchmarks.reranking import as_sequence_classifier
from benchmarks.table import Row, at_least
from retrieval.opening import load_models
from retrieval.passages import Answer, Selection
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language
from retrieval.translations import question_terms

PASSAGES = {"small": 600, "usual": 100_000, "full": 100_000}
# Real passages whose sentences they are made of, at most.
SOURCES = {"small": 12, "usual": 2000, "full": 2000}
# Asked by each person: ours, and of Haystack, which takes seconds for one.
QUESTIONS = {"small": (2, 1), "usual": (20, 3), "full": (60, 20)}
PEOPLE = (1, 4, 16)
LIMIT_MS = 20.0
_WRITE = 1000

Ask = Callable[[str], Any]


class NoReading:
    """An `AnswerReader` that marks nothing."""

    def read(self, question: str, texts: Sequence[str]) -> list[Answer | None]:
        """Return no answer for each text."""
        return [None] * len(texts)


def measure(options: Options) -> list[Row]:
    """Ask the same questions of both, stage by stage."""
    settings = Settings(device="cpu")
    models = load_models(settings)
    given = [read_texts(data, models.encoder) for data in dict.fromkeys((None, options.data))]
    real, number = [text for texts in given for text in texts.passages], PASSAGES[options.size]
    pools = make_pools(spread(real, SOURCES[options.size]), models.encoder)
    questions = spread([question for texts in given for question in texts.questions], 100)
    ours, theirs = QUESTIONS[options.size]
    with TemporaryDirectory() as folder:
        with closing(PassageStore(EdgeBackend(Path(folder)), models.encoder.identity)) as store:
            fill(store, pools, number)
            stages = make_stages(store, models, settings)
            times = {
                (stage, people): latencies(ask, questions, people, ours)
                for stage, ask in stages.items()
                for people in PEOPLE
            }
        peer = haystack_times(pools, number, questions[:theirs], settings)
    return [row for stage in stages for row in stage_rows(stage, number, times, peer[stage])]


def fill(store: PassageStore, pools: Sequence[Pool], number: int) -> None:
    """Write so many varied passages into a store."""
    varied = vary(pools, number)
    while some := list(islice(varied, _WRITE)):
        passages, vectors = zip(*some, strict=True)
        store.write(passages, vectors)


def make_stages(store: PassageStore, models: Models, settings: Settings) -> dict[str, Ask]:
    """Return what answers a question at each stage; the fused and the reranked one are whole searches."""
    silent = Models(models.encoder, models.reranker, NoReading(), models.translations)

    def lexical(question: str) -> Any:
        terms = question_terms(question, detect_language(question), models.translations)
        return store.matching(terms, settings.candidates, Selection())

    def vector(question: str) -> Any:
        return store.nearest(models.encoder.encode_questions([question])[0], settings.candidates, Selection())

    return {
        "lexical": lexical,
        "vector": vector,
        "fused": Searcher(store, silent, settings.candidates, 0).search,
        "reranked": Searcher(store, silent, settings.candidates, settings.rerank_depth).search,
    }


def haystack_times(
    pools: Sequence[Pool], number: int, questions: Sequence[str], settings: Settings
) -> dict[str, list[float]]:
    """Return Haystack's seconds for each question by stage, one person asking."""
    from benchmarks import haystack_pipeline  # here, since it is in the `bench` extra and takes seconds to import

    store = haystack_pipeline.make_store(vary(pools, number))
    with TemporaryDirectory() as folder:
        as_sequence_classifier(Path(settings.reranker), Path(folder))
        depths = settings.candidates, settings.rerank_depth
        stages = haystack_pipeline.make_stages(store, settings.encoder, Path(folder), *depths)
        return {stage: latencies(ask, questions, 1, len(questions)) for stage, ask in stages.items()}


def latencies(ask: Ask, questions: Sequence[str], people: int, each: int) -> list[float]:
    """Return the seconds of every question that so many people ask at once, each one after another.

    They begin at different places in the questions. One is asked before, not counted.
    """
    ask(questions[0])

    def person(number: int) -> list[float]:
        taken = []
        for question in islice(cycle(questions), number * each, (number + 1) * each):
            start = perf_counter()
            ask(question)
            taken.append(perf_counter() - start)
        return taken

    with ThreadPoolExecutor(people) as pool:
        return [seconds for times in pool.map(person, range(people)) for seconds in times]


def stage_rows(stage: str, number: int, times: dict[tuple[str, int], list[float]], peer: Sequence[float]) -> list[Row]:
    """Return a stage's rows: against Haystack and, fused, the limit; more people against one."""
    alone, theirs = (float(np.median(seconds)) * 1000 for seconds in (times[stage, 1], peer))
    row = Row(
        title(stage, number, 1, times), alone, "ms", "Haystack in memory, same models and depths", theirs, "", True
    )
    rows = [row if stage == "reranked" else at_least(10, row)]
    if stage == "fused":
        rows.append(Row(row.name, alone, "ms", "limit", LIMIT_MS, f"≤ {LIMIT_MS:g} ms", alone <= LIMIT_MS))
    for people in PEOPLE[1:]:
        median = float(np.median(times[stage, people])) * 1000
        rows.append(Row(title(stage, number, people, times), median, "ms", "one person, ours", alone, "", True))
    return rows


def title(stage: str, number: int, people: int, times: dict[tuple[str, int], list[float]]) -> str:
    """Return a row's name, with the 95th percentile."""
    p95 = float(np.percentile(times[stage, people], 95)) * 1000
    return f"{stage}, {number:,} passages, {people} at once: p50 (p95 {p95:.0f} ms)"
