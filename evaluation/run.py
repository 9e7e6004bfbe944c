"""Runs the product's own stages over a data set, in a temporary library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rank_bm25 import BM25Okapi

from evaluation.datasets import Dataset
from evaluation.measures import Ranking, mean_ranks, measure
from evaluation.report import StageResult
from ingest.articles import Article
from ingest.split import split_article
from retrieval.passages import Language, Passage, ScoredPassage, SearchResult, Selection
from retrieval.search import Models, Searcher
from retrieval.settings import Settings
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from retrieval.text import detect_language, tokenize

REFERENCE = "rank-bm25"
EVALUATED_STAGES = (REFERENCE, "bm25", "dense", "fused", "reranked")
_ENCODE_SIZE = 256
# What a question takes at each stage, from the searcher's own clock.
_STEPS: Mapping[str, tuple[str, ...]] = {
    "bm25": ("bm25",),
    "dense": ("encode", "dense"),
    "fused": ("bm25", "encode", "dense", "fuse"),
    "reranked": ("bm25", "encode", "dense", "fuse", "rerank"),
}

OnQuestion = Callable[[], object]
Found = dict[str, dict[str, Ranking]]


def evaluate(
    dataset: Dataset, models: Models, settings: Settings, stages: Sequence[str], on_question: OnQuestion
) -> dict[str, StageResult]:
    """Return what each stage reaches on a data set.

    Documents are split and indexed as articles are; a document stands where its best passage does.
    The legs `bm25` and `dense` rank all they can; `fused` and `reranked` are the product's, at the
    settings' depths, the fused candidates that were not reranked following in their order.
    `rank-bm25` is BM25Okapi over whole documents with the same tokens, a reference.
    """
    found: Found = {stage: {} for stage in stages}
    seconds: defaultdict[str, float] = defaultdict(float)
    with indexed(dataset.documents, models) as (store, passages):
        reference = _reference(dataset) if REFERENCE in stages else None
        rerank_depth = settings.rerank_depth if "reranked" in stages else 0
        searcher = Searcher(store, models, settings.candidates, rerank_depth)
        vectors = models.encoder.encode_questions([question.text for question in dataset.questions])
        for row, question in enumerate(dataset.questions):
            result = searcher.search(question.text, limit=0)
            every = len(passages)
            rankings: dict[str, Callable[[], Ranking]] = {
                "bm25": lambda: _by_document(store.matching(question.text, every, Selection())),  # noqa: B023
                "dense": lambda: _by_document(store.nearest(vectors[row], every, Selection())),  # noqa: B023
                "fused": lambda: _in_order(result.rankings.get("fused", ())),  # noqa: B023
                "reranked": lambda: final_ranking(result),  # noqa: B023
            }
            for stage in stages:
                if stage == REFERENCE and reference is not None:
                    start = perf_counter()
                    found[stage][question.id] = reference(question.text)
                    seconds[stage] += perf_counter() - start
                else:
                    found[stage][question.id] = rankings[stage]()
                    seconds[stage] += sum(result.seconds.get(step, 0.0) for step in _STEPS[stage])
            on_question()
    languages = _languages(dataset)
    return {
        stage: StageResult(
            measure(found[stage], dataset),
            len(dataset.questions) / max(seconds[stage], 1e-9),
            mean_ranks(found[stage], dataset, languages) if languages else {},
        )
        for stage in stages
    }


def _languages(dataset: Dataset) -> dict[str, Language]:
    """Return the documents' languages, or nothing where no question is answered in several."""
    languages = {name: detect_language(text) for name, (_, text) in dataset.documents.items()}
    mixed = any(len({languages[name] for name in question.relevant}) > 1 for question in dataset.questions)
    return languages if mixed else {}


@contextmanager
def indexed(documents: Mapping[str, tuple[str, str]], models: Models) -> Iterator[tuple[PassageStore, list[Passage]]]:
    """Split, encode and store documents (id to title and text) in a library that is deleted afterwards.

    Documents without text are left out. An article's name is its document's id.
    """
    encoder = models.encoder
    articles = [
        split_article(Article(name, name, title, text), encoder.count_tokens, encoder.max_tokens)
        for name, (title, text) in documents.items()
        if text.strip()
    ]
    passages = [passage for article in articles for passage in article]
    vectors = encoder.encode_passages([passage.indexed_text for passage in passages])
    with (
        TemporaryDirectory() as folder,
        closing(PassageStore(EdgeBackend(Path(folder)), encoder.identity)) as store,
    ):
        first = 0
        for article in articles:
            store.replace_article(article, list(vectors[first : first + len(article)]))
            first += len(article)
        yield store, passages


def final_ranking(result: SearchResult) -> Ranking:
    """Return the documents as a search ranks them: the reranked first, the other fused ones after."""
    return _in_order((*result.rankings.get("reranked", ()), *result.rankings.get("fused", ())))


def _by_document(hits: Sequence[ScoredPassage]) -> Ranking:
    """Return the documents with the score of their best passage, best first."""
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.passage.article.name, hit.score)
    return list(best.items())


def _in_order(hits: Sequence[ScoredPassage]) -> Ranking:
    """Return the documents in the order of their first passages; the searcher has broken ties already."""
    names = dict.fromkeys(hit.passage.article.name for hit in hits)
    return [(name, -float(place)) for place, name in enumerate(names)]


def _reference(dataset: Dataset) -> Callable[[str], Ranking]:
    names = list(dataset.documents)
    bm25 = BM25Okapi([tokenize(f"{title}\n{text}") for title, text in dataset.documents.values()])

    def rank(question: str) -> Ranking:
        scores = bm25.get_scores(tokenize(question))
        return sorted(zip(names, map(float, scores), strict=True), key=lambda scored: -scored[1])

    return rank
