"""`python -m retrieval.models_table`: the public encoders and rerankers this application knows, what each needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from retrieval.batching import Compute, choose_compute
from retrieval.checkpoints import weight_files
from retrieval.memory import available_bytes, needed_bytes, weights_type
from retrieval.presets import ENCODERS, EncoderRow
from retrieval.reranker_presets import RERANKERS, RerankerPreset

_HEADINGS = ("name", "parameters", "dimension", "tokens", "languages", "licence", "memory", "type", "fits", "here")
_BILLION = 10**9


def table_lines(compute: Compute) -> Iterator[str]:
    """Yield the table's lines: parameters in millions, memory in GB as loaded on this device.

    `fits` compares that with what is free now; `here` says whether the weights are in the hub's cache on this machine.
    Nothing is fetched.
    """
    available = available_bytes(compute)
    models: dict[str, EncoderRow | RerankerPreset] = {**ENCODERS, **RERANKERS}
    rows = [_HEADINGS, *(_cells(name, row, compute, available) for name, row in models.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield f"Available on this {compute.device.type}: {available / _BILLION:.1f} GB."


def _cells(name: str, row: EncoderRow | RerankerPreset, compute: Compute, available: int) -> tuple[str, ...]:
    dtype = weights_type(row.model_type, compute)
    needed = needed_bytes(row.parameters, dtype)
    return (
        name,
        f"{row.parameters / 10**6:.0f} M",
        str(row.dimension) if isinstance(row, EncoderRow) else "reranker",
        str(row.preset.max_tokens if isinstance(row, EncoderRow) else row.form.max_tokens),
        " ".join(row.languages),
        row.licence,
        f"{needed / _BILLION:.1f} GB",
        str(dtype).removeprefix("torch."),
        "yes" if needed <= available else "no",
        "yes" if _is_here(name) else "no",
    )


def _is_here(name: str) -> bool:
    try:
        return bool(weight_files(Path(snapshot_download(name, local_files_only=True))))
    except LocalEntryNotFoundError:
        return False


def main() -> int:
    """Print the table."""
    sys.stdout.write("\n".join(table_lines(choose_compute("auto"))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
