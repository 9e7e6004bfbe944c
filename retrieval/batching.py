"""The one batched forward loop of every model, and the choice of device and number type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from retrieval.errors import SettingError

PaddingSide = Literal["left", "right"]
# Tokens per forward pass, padding included. On a processor small batches stay in its caches.
_TOKEN_BUDGET = {"cpu": 4096, "cuda": 65536}


@dataclass(frozen=True, slots=True)
class Compute:
    """Where a model runs and in which number type its matrix products are done."""

    device: torch.device
    dtype: torch.dtype


@dataclass(frozen=True, slots=True)
class Batch:
    """The model's output for some of the inputs.

    `rows` are their places in the input order, `mask` is (rows, tokens) with 1 on real tokens.
    """

    rows: list[int]
    output: Any
    mask: torch.Tensor


def choose_compute(device: str) -> Compute:
    """Return what the setting `auto`, `cpu` or `cuda` means on this machine.

    Matrix products are in bfloat16 where the hardware has it natively (about four times faster than
    float32 on such processors), in float32 elsewhere.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"QA_DEVICE is {device!r}; use auto, cpu or cuda.")
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise SettingError("QA_DEVICE is cuda, but PyTorch sees no GPU here; use auto or cpu.")
    if has_cuda and device != "cpu":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return Compute(torch.device("cuda"), torch.bfloat16 if native else torch.float32)
    native = torch.cpu._is_avx512_bf16_supported()
    return Compute(torch.device("cpu"), torch.bfloat16 if native else torch.float32)


def forward(
    model: torch.nn.Module,
    encoded: Sequence[dict[str, list[int]]],
    pad_id: int,
    padding_side: PaddingSide,
    compute: Compute,
) -> Iterator[Batch]:
    """Run the model over tokenized inputs and yield its outputs batch by batch.

    Each input maps the model's argument names (`input_ids`, perhaps `token_type_ids`) to equally
    long lists. Inputs are sorted by length, so little is spent on padding; `Batch.rows` says which
    inputs a batch holds. Outputs stay on the device.
    """
    lengths = [len(row["input_ids"]) for row in encoded]
    order = sorted(range(len(encoded)), key=lengths.__getitem__)
    autocast = torch.autocast(compute.device.type, compute.dtype, enabled=compute.dtype != torch.float32)
    for rows in _within_budget(order, lengths, _TOKEN_BUDGET[compute.device.type]):
        inputs = _pad([encoded[row] for row in rows], pad_id, padding_side)
        inputs = {name: tensor.to(compute.device) for name, tensor in inputs.items()}
        with torch.inference_mode(), autocast:
            output = model(**inputs)
        yield Batch(rows, output, inputs["attention_mask"])


def _within_budget(order: list[int], lengths: list[int], budget: int) -> Iterator[list[int]]:
    """Cut an ascending order into batches whose padded size stays within the budget."""
    batch: list[int] = []
    for row in order:
        if batch and lengths[row] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _pad(rows: list[dict[str, list[int]]], pad_id: int, padding_side: PaddingSide) -> dict[str, torch.Tensor]:
    """Return (rows, tokens) tensors padded to the longest row, with the attention mask."""
    width = max(len(row["input_ids"]) for row in rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["attention_mask"] = [[1] * len(row["input_ids"]) for row in rows]
    padded = {}
    for name, values in columns.items():
        filler = pad_id if name == "input_ids" else 0
        missing = [[filler] * (width - len(value)) for value in values]
        sides = zip(missing, values, strict=True)
        padded[name] = torch.tensor([gap + value if padding_side == "left" else value + gap for gap, value in sides])
    return padded
