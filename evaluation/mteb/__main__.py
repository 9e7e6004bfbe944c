"""`python -m evaluation.mteb encoder|search TASK…`: MTEB's and C-MTEB's retrieval tasks on our models."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import mteb
from mteb.abstasks import AbsTaskRetrieval

from evaluation.mteb.models import MtebEncoder, MtebSearch
from retrieval.errors import InputError, QAError
from retrieval.opening import load_encoder, load_models
from retrieval.settings import Settings

_DESCRIPTION = """Run retrieval tasks of the package mteb, whose data comes from the model hub once, and print nDCG@10
and MRR@10 in percent. The models and depths are those of the settings: QA_ENCODER, QA_RERANKER and so on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when every task was measured, 2 after an error."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.mteb", description=_DESCRIPTION)
    parser.add_argument("measured", choices=["encoder", "search"], help="the encoder alone, or the whole search")
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="for instance T2Retrieval or AlloprofRetrieval")
    parser.add_argument(
        "--out", type=Path, default=Path("mteb-results"), help="folder for mteb's files (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    try:
        tasks = [find_task(name) for name in chosen.tasks]
        settings = Settings.from_env(os.environ)
        if chosen.measured == "encoder":
            measure(MtebEncoder(load_encoder(settings)), tasks, chosen.out)
        else:
            with closing(MtebSearch(load_models(settings), settings)) as search:
                measure(search, tasks, chosen.out)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def find_task(name: str) -> AbsTaskRetrieval:
    """Return one of mteb's retrieval tasks; InputError for a name it does not know and for other kinds of task."""
    try:
        task = mteb.get_task(name)
    except KeyError as error:
        raise InputError(f"mteb has no such task: {error.args[0].removeprefix('KeyError: ')}") from error
    if not isinstance(task, AbsTaskRetrieval):
        raise InputError(f"{name} is of the type {task.metadata.type}; give tasks of the type Retrieval or Reranking.")
    return task


def measure(model: MtebEncoder | MtebSearch, tasks: Sequence[AbsTaskRetrieval], folder: Path) -> None:
    """Run tasks one after the other, printing a line for each split and subset; mteb's files go into the folder.

    A task that was measured before with the same models and depths is measured again.
    """
    print(f"{'task':40} nDCG@10  MRR@10")
    for task in tasks:
        try:
            task.load_data()
        except Exception as error:  # the hub's client raises many unrelated types
            raise InputError(
                f"The data of {task.metadata.name} could not be fetched from the model hub ({type(error).__name__}). "
                "Check the network, or set HF_ENDPOINT to a mirror."
            ) from error
        found = mteb.evaluate(model, task, cache=mteb.ResultCache(folder), overwrite_strategy="always")
        for split, rows in found.task_results[0].scores.items():
            for row in rows:
                name = f"{task.metadata.name} {split} {row['hf_subset']}"
                print(f"{name:40} {100 * row['ndcg_at_10']:7.2f} {100 * row['mrr_at_10']:7.2f}", flush=True)
        task.unload_data()


if __name__ == "__main__":
    sys.exit(main())
