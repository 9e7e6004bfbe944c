"""A whole evaluation, from what a person gave to the kept result."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from evaluation.collection import Collection, OnStep, in_library, indexed
from evaluation.datasets import Dataset
from evaluation.kept import KeptRun, keep, now
from evaluation.questions import AskedQuestion
from evaluation.report import stage_results
from evaluation.run import Evaluated, Plan, evaluate
from retrieval.access import Person
from retrieval.search import Models
from retrieval.settings import Settings
from retrieval.store.passage_store import PassageStore

Given = Dataset | Sequence[AskedQuestion]


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Evaluates with the application's own models, library and settings, for a person, and keeps the results."""

    models: Models
    store: PassageStore
    settings: Settings
    person: Person

    @property
    def folder(self) -> Path:
        """Return where results are kept: with the library's own files."""
        return self.settings.library / "evaluations"

    def run(self, name: str, given: Given, plan: Plan, on_step: OnStep) -> None:
        """Ask questions of the library, or a data set's of a library of its own, and keep what came out.

        InputError names questions whose answer is not in the library; NotAllowed for a reader.
        """
        self.person.need_editor("run evaluations")
        with self._collection(name, given, on_step) as collection:
            evaluated = evaluate(collection, self.models, self.settings, plan, on_step)
            units = {question.unit for question in collection.questions}
            kept = KeptRun(
                name=name,
                date=now(),
                settings=self.described(plan),
                questions=len(collection.questions),
                documents=sum(len(collection.languages[unit]) for unit in units),
                left_out=collection.left_out,
                stages=stage_results(evaluated),
                answers=answer_measures(evaluated),
            )
        keep(self.folder, kept, evaluated.results)

    def described(self, plan: Plan) -> dict[str, str]:
        """Return what decides the result, by the names of the settings."""
        depth = self.settings.rerank_depth if "reranked" in plan.stages else 0
        identity = self.models.encoder.identity
        return {
            "QA_ENCODER": f"{identity.name} ({identity.weights})",
            "QA_RERANKER": Path(self.settings.reranker).name if depth else "–",
            "QA_CANDIDATES": str(self.settings.candidates),
            "QA_RERANK_DEPTH": str(depth),
        }

    def _collection(self, name: str, given: Given, on_step: OnStep) -> AbstractContextManager[Collection]:
        if isinstance(given, Dataset):
            return indexed(given, self.models.encoder, on_step)
        return nullcontext(in_library(name, given, self.store))


def answer_measures(evaluated: Evaluated) -> tuple[float, float, int] | None:
    """Return exact match and F1 in percent over the questions whose answer was marked, and their number."""
    answers = [result.answer for result in evaluated.results if result.answer is not None]
    if not answers:
        return None
    exact = 100 * sum(answer.exact for answer in answers) / len(answers)
    return exact, 100 * sum(answer.f1 for answer in answers) / len(answers), len(answers)
