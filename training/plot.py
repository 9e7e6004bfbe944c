"""A picture of a training run: the loss and the development figures of every stage over its minutes."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no display is needed
import matplotlib.pyplot as plt

Record = dict[str, float | int | str]


def draw(records: Sequence[Record], path: Path) -> None:
    """Write a PNG with one row per stage that has steps: the loss on the left, MRR on `xquad-dev-*` on the right."""
    stages = list(dict.fromkeys(str(record["stage"]) for record in records if "minutes" in record))
    if not stages:
        return
    figure, axes = plt.subplots(len(stages), 2, figsize=(11, 3 * len(stages)), squeeze=False)
    for (left, right), stage in zip(axes, stages, strict=True):
        rows = [record for record in records if record["stage"] == stage and "minutes" in record]
        losses = [row for row in rows if "loss" in row]
        left.plot([row["minutes"] for row in losses], [row["loss"] for row in losses])
        left.set(title=f"{stage}: loss", xlabel="minutes")
        figures = [row for row in rows if "mean" in row]
        for name in figures[0] if figures else ():
            if "2" in name or name == "mean":
                right.plot([row["minutes"] for row in figures], [row[name] for row in figures], label=name)
        right.set(title=f"{stage}: MRR of the vectors on xquad-dev", xlabel="minutes")
        if figures:
            right.legend(fontsize="x-small", ncol=2)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
