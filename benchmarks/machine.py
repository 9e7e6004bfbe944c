"""What the figures were taken on."""

from __future__ import annotations

import os
from pathlib import Path

import torch

_CPUINFO = Path("/proc/cpuinfo")


def processor(cpuinfo: str) -> str:
    """Return the processor's name from the text of /proc/cpuinfo."""
    names = [line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return names[0] if names else "a processor without a name"


def describe_machine() -> str:
    """Return one line: processor, cores in use, torch's threads, bfloat16, GPU."""
    name = processor(_CPUINFO.read_text(encoding="utf-8")) if _CPUINFO.exists() else "a processor without a name"
    cores = len(os.sched_getaffinity(0))
    native = "native" if torch.cpu._is_avx512_bf16_supported() else "not native"
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return (
        f"Measured on {name}, {cores} core{'s' * (cores > 1)}, {torch.get_num_threads()} torch threads, bfloat16 "
        f"{native}, GPU {gpu}, torch {torch.__version__}."
    )
