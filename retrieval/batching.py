"""The one batched forward loop of every model, and the choice of device and number type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from retrieval.errors import SettingError

PaddingSide = Literal["left", "right"]
# Tokens per forward pass at most, padding included. On a processor small batches stay in its caches and are less
# padded: 1024 took a quarter less time than 4096 for 40 passages, and as much as 512.
_TOKEN_BUDGET = {"cpu": 1024, "cuda": 65536}
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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


def choose_compute(device: str, dtype: str = "auto") -> Compute:
    """Return what the settings of device (`auto`, `cpu`, `cuda`) and number type mean on this machine.

    With `auto`, matrix products are in bfloat16 where the hardware has it natively (about four times faster than
    float32 on such processors), in float32 elsewhere. SettingError for what is not known or not there.
    """
    if dtype not in ("auto", *_DTYPES):
        raise SettingError(f"QA_DTYPE is {dtype!r}; use auto, {', '.join(_DTYPES)}.")
    if device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"QA_DEVICE is {device!r}; use auto, cpu or cuda.")
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise SettingError("QA_DEVICE is cuda, but PyTorch sees no GPU here; use auto or cpu.")
    if has_cuda and device != "cpu":
        chosen, native = torch.device("cuda"), torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        chosen, native = torch.device("cpu"), torch.cpu._is_avx512_bf16_supported()
    return Compute(chosen, _DTYPES.get(dtype, torch.bfloat16 if native else torch.float32))


def cast_products(model: torch.nn.Module, compute: Compute) -> None:
    """Keep the weights of a model's matrix products in the number type they are multiplied in.

    Nothing is computed otherwise: autocast would round the same weights anew at every forward pass. For inference
    only, as training needs the digits that are dropped.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.to(compute.dtype)


def token_budget(config: Any, length: int, itemsize: int, free: int) -> int:
    """Return the tokens of a forward pass on a GPU: what fits in half of its `free` bytes, `_TOKEN_BUDGET` at most.

    `config` is the model's, `length` the longest input in tokens, `itemsize` the bytes of a number. A token is taken
    to need eight rows of the hidden size at once, four of the middle layer's and, in each head, two of `length`.
    """
    hidden = config.hidden_size
    middle = getattr(config, "intermediate_size", 4 * hidden)
    numbers = 8 * hidden + 4 * middle + 2 * config.num_attention_heads * length
    return min(_TOKEN_BUDGET["cuda"], int(free // 2 // (numbers * itemsize)))


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
    for rows in _within_budget(order, lengths, _budget(model, max(lengths, default=0), compute)):
        inputs = _pad([encoded[row] for row in rows], pad_id, padding_side)
        inputs = {name: tensor.to(compute.device) for name, tensor in inputs.items()}
        with torch.inference_mode(), autocast:
            output = model(**inputs)
        yield Batch(rows, output, inputs["attention_mask"])


def _budget(model: torch.nn.Module, length: int, compute: Compute) -> int:
    if compute.device.type == "cpu":
        return _TOKEN_BUDGET["cpu"]
    # What torch keeps for later use is free for this too.
    kept = torch.cuda.memory_reserved(compute.device) - torch.cuda.memory_allocated(compute.device)
    free = torch.cuda.mem_get_info(compute.device)[0] + kept
    return token_budget(model.config, length, next(model.parameters()).dtype.itemsize, free)


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
