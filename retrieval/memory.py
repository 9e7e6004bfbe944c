"""Whether a model fits in memory, told before it is fetched or loaded."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from transformers import PretrainedConfig

from retrieval.batching import Compute
from retrieval.checkpoints import weight_files
from retrieval.errors import ModelError

_GIGABYTE = 10**9
# What is computed for a batch comes on top of the weights.
_MARGIN = 1.1
_LARGE = ("bloom", "qwen2")
_MEMINFO = Path("/proc/meminfo")


def weights_type(model_type: str, compute: Compute) -> torch.dtype:
    """Return the number type in which weights are kept.

    float32, but on a GPU bfloat16 (where it has it) for the large architectures, which are published in it or stand
    it. ModelError for these in float16, whose largest number is 65504.
    """
    if compute.dtype == torch.float16 and model_type in _LARGE:
        raise ModelError(
            f"QA_DTYPE is float16, in which the states of a {model_type} model overflow and its scores are wrong: use "
            "auto, bfloat16 or float32."
        )
    return compute.dtype if compute.device.type == "cuda" and model_type in _LARGE else torch.float32


def needed_bytes(parameters: int, dtype: torch.dtype) -> int:
    """Return the memory to run a model of so many parameters."""
    return int(parameters * dtype.itemsize * _MARGIN)


def count_parameters(folder: Path, config: PretrainedConfig) -> int:
    """Return about how many numbers a folder's weights are, by the size of their files."""
    stored = getattr(config, "dtype", None) or torch.float32
    return sum(path.stat().st_size for path in weight_files(folder)) // int(stored.itemsize)


def available_bytes(compute: Compute) -> int:
    """Return the free memory of the GPU, or the machine's that programs can still get."""
    if compute.device.type == "cuda":
        return int(torch.cuda.mem_get_info(compute.device)[0])
    if _MEMINFO.exists():  # counts the memory of cached files as free, which sysconf's own figure does not
        fields = dict(line.split(":") for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def require_memory(name: str, parameters: int, dtype: torch.dtype, compute: Compute) -> None:
    """Raise ModelError with the figures if a model of so many parameters does not fit."""
    needed, available = needed_bytes(parameters, dtype), available_bytes(compute)
    if needed > available:
        where = "the GPU" if compute.device.type == "cuda" else "this machine"
        raise ModelError(
            f"The model {name} needs about {needed / _GIGABYTE:.1f} GB of memory and {where} has "
            f"{available / _GIGABYTE:.1f} GB available: use a smaller model or a larger machine "
            "(python -m retrieval.models_table lists the models and what they need)."
        )
