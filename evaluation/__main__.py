"""`python -m evaluation DIR…`: measure each stage on labelled questions."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from evaluation.answers import measure_answers, to_answer_table
from evaluation.collection import indexed
from evaluation.datasets import Dataset, read_dataset
from evaluation.published import PARAGRAPHS, QUESTIONS, beside, protocol_pair, to_markdown
from evaluation.reference import REFERENCE, reference_ranker
from evaluation.report import StageResult, stage_results, to_json, to_table
from evaluation.run import STAGES, Plan, evaluate
from retrieval.errors import InputError, QAError
from retrieval.opening import load_models, model_names
from retrieval.search import Models
from retrieval.settings import Settings

EVALUATED_STAGES = (REFERENCE, *STAGES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when every folder was measured, 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Measure each stage on folders in the BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv).",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--stages", default=",".join(EVALUATED_STAGES), help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--answers", action="store_true", help="measure the marked answers instead of the rankings")
    parser.add_argument(
        "--published", action="store_true", help="put published figures beside ours (SQuAD 2.0 development protocol)"
    )
    parser.add_argument("--limit-questions", type=int, metavar="N", help="only N questions, evenly spread")
    chosen = parser.parse_args(arguments)
    results: dict[str, dict[str, StageResult]] = {}
    try:
        if chosen.answers:
            return _measure_answers(chosen.folders, chosen.limit_questions)
        stages = _stages(chosen.stages)
        settings = Settings.from_env(os.environ)
        datasets = [read_dataset(folder, chosen.limit_questions) for folder in chosen.folders]
        models = load_models(settings)
        print(f"Models: {model_names(settings)}")
        for dataset in datasets:
            results[dataset.name] = _measure(dataset, models, settings, stages)
            print(to_table({dataset.name: results[dataset.name]}), flush=True)
            if chosen.published:
                print(_beside_published(dataset, results[dataset.name]), flush=True)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    if chosen.json:
        chosen.json.write_text(json.dumps(to_json(results), indent=1) + "\n", encoding="utf-8")
    return 0


def _beside_published(dataset: Dataset, stages: Mapping[str, StageResult]) -> str:
    ours = {stage: result.measures for stage, result in stages.items()}
    pairs = next(iter(stages.values())).pairs
    pair = protocol_pair(len(dataset.documents), len(dataset.questions), pairs)
    if pair is None:
        return (
            f"{dataset.name}: nothing published is comparable. The protocol has {PARAGRAPHS} documents and {QUESTIONS} "
            "questions, French on French or English documents.\n"
        )
    return f"{dataset.name}: {pair}, beside the published figures\n\n{to_markdown(beside(pair, ours))}\n"


def _measure(dataset: Dataset, models: Models, settings: Settings, stages: Sequence[str]) -> dict[str, StageResult]:
    peers = {REFERENCE: reference_ranker(dataset)} if REFERENCE in stages else {}
    plan = Plan(tuple(stage for stage in stages if stage != REFERENCE), peers=peers)
    with tqdm(desc=dataset.name, disable=not sys.stderr.isatty()) as bar:

        def show(phase: str, done: int, total: int) -> None:
            bar.set_description(f"{dataset.name}: {phase}", refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        with indexed(dataset, models.encoder, show) as collection:
            found = stage_results(evaluate(collection, models, settings, plan, show))
    return {stage: found[stage] for stage in stages}


def _measure_answers(folders: Sequence[Path], limit_questions: int | None) -> int:
    models = load_models(Settings.from_env(os.environ))
    measured = {folder.name: measure_answers(folder, models, limit_questions) for folder in folders}
    print(to_answer_table(measured))
    return 0


def _stages(text: str) -> list[str]:
    stages = [stage for stage in text.replace(" ", "").split(",") if stage]
    unknown = [stage for stage in stages if stage not in EVALUATED_STAGES]
    if unknown or not stages:
        raise InputError(f"--stages {text}: use some of {', '.join(EVALUATED_STAGES)}, separated by commas.")
    return stages


if __name__ == "__main__":
    sys.exit(main())
