"""The training loop of every stage: a budget in minutes, a falling learning rate, checkpoints one can resume from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.log import TrainingLog

WARM_UP_STEPS = 100
LAST_RATE = 0.02
CLIP = 1.0
CHECKPOINT_SECONDS = 180.0
LOG_STEPS = 50


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate and a weight decay."""

    parameters: list[torch.nn.Parameter]
    rate: float
    decay: float = 0.01


def fit(
    stage: str,
    model: torch.nn.Module,
    loss_of: Callable[[int], Tensor],
    groups: list[Group],
    minutes: float,
    folder: Path,
    log: TrainingLog,
    measure: Callable[[], dict[str, float]] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Train until the budget is spent; a run that was cut off goes on from its last checkpoint.

    loss_of: the loss of the batch with a number; the same number must give the same batch, for resuming rests on it.
    measure: development figures, taken at every checkpoint and logged.
    """
    optimizer = torch.optim.AdamW(
        [{"params": group.parameters, "lr": group.rate, "weight_decay": group.decay} for group in groups], fused=True
    )
    state = folder / f"{stage}.state.pt"
    step, spent, smooth = _resume(state, model, optimizer)
    start = saved = clock()
    while (done := (spent + clock() - start) / 60 / minutes) < 1:
        for group, settings in zip(groups, optimizer.param_groups, strict=True):
            settings["lr"] = group.rate * min(1.0, (step + 1) / WARM_UP_STEPS) * max(LAST_RATE, 1 - done)
        loss = loss_of(step)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for group in groups for p in group.parameters], CLIP)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        smooth = loss.item() if step == 1 else 0.98 * smooth + 0.02 * loss.item()
        if step % LOG_STEPS == 0:
            log.write(stage, step=step, minutes=round(done * minutes, 2), loss=round(smooth, 4))
        if clock() - saved > CHECKPOINT_SECONDS:
            if measure:
                log.write(stage, step=step, minutes=round(done * minutes, 2), **measure())
            spent, start = spent + clock() - start, clock()
            _save(state, model, optimizer, step, spent, smooth)
            saved = clock()
    if measure:
        log.write(stage, step=step, minutes=minutes, **measure())
    state.unlink(missing_ok=True)


def _save(
    path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer, step: int, spent: float, smooth: float
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "spent": spent,
        "smooth": smooth,
    }
    unfinished = path.with_suffix(".tmp")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _resume(path: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, float, float]:
    if not path.is_file():
        return 0, 0.0, 0.0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["spent"], state["smooth"]
