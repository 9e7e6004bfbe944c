"""`python -m evaluation DIR…`: measure each stage on labelled questions."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from evaluation.answers import measure_answers, to_answer_table
from evaluation.datasets import read_dataset
from evaluation.report import StageResult, to_json, to_table
from evaluation.run import EVALUATED_STAGES, evaluate
from retrieval.errors import InputError, QAError
from retrieval.opening import load_models, model_names
from retrieval.settings import Settings


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
            total = len(dataset.questions)
            with tqdm(total=total, desc=dataset.name, disable=not sys.stderr.isatty()) as bar:
                results[dataset.name] = evaluate(dataset, models, settings, stages, bar.update)
            print(to_table({dataset.name: results[dataset.name]}), flush=True)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    if chosen.json:
        chosen.json.write_text(json.dumps(to_json(results), indent=1) + "\n", encoding="utf-8")
    return 0


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
