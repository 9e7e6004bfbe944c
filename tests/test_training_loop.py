"""The training loop: what it learns, and that a cut-off run ends where an uninterrupted one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from training import loop
from training.log import TrainingLog
from training.loop import Group, fit
from training.plot import draw


class Stopped(Exception):
    """Stands for a killed process."""


def ticking(seconds: float) -> Callable[[], float]:
    """Return a clock that goes on by so many seconds at each look."""
    now = 0.0

    def look() -> float:
        nonlocal now
        now += seconds
        return now

    return look


def learn(folder: Path, stop_at: int | None = None) -> list[float]:
    """Fit a line; return the weights. The budget is 20 looks at the clock."""
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)

    def loss_of(step: int) -> torch.Tensor:
        if step == stop_at:
            raise Stopped
        row = torch.tensor([1.0, float(step % 3)])
        loss: torch.Tensor = (model(row) - 2 * row.sum()).square().sum()
        return loss

    log = TrainingLog(folder)
    fit("line", model, loss_of, [Group(list(model.parameters()), 0.05)], 1.0, folder, log, clock=ticking(3.0))
    return [value for parameter in model.parameters() for value in parameter.flatten().tolist()]


def test_a_resumed_run_goes_on_with_the_step_and_state_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after a checkpoint, the second process repeats no step and drops the checkpoint when done."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(Stopped):
        learn(tmp_path, stop_at=3)
    state = torch.load(tmp_path / "line.state.pt", weights_only=True)
    assert state["step"] == 3
    seen: list[int] = []
    model = torch.nn.Linear(2, 1)

    def loss_of(step: int) -> torch.Tensor:
        if not seen:
            torch.testing.assert_close(model.weight.detach(), state["model"]["weight"], rtol=0, atol=0)
        seen.append(step)
        return model(torch.ones(2)).square().sum()  # type: ignore[no-any-return]

    groups = [Group(list(model.parameters()), 0.05)]
    fit("line", model, loss_of, groups, 1.0, tmp_path, TrainingLog(tmp_path), clock=ticking(3.0))
    assert seen[0] == 3
    assert seen == list(range(3, 3 + len(seen)))
    assert not (tmp_path / "line.state.pt").exists()


def test_the_rate_falls_and_the_budget_ends_the_run(tmp_path: Path) -> None:
    """The same seeds give the same weights, and nothing stays behind."""
    assert learn(tmp_path / "a") == learn(tmp_path / "b")
    assert not list(tmp_path.glob("*/*.state.pt"))


def test_log_and_plot(tmp_path: Path) -> None:
    """Records of several runs add up; the picture is a PNG."""
    TrainingLog(tmp_path).write("contrastive", step=50, minutes=1.0, loss=2.0)
    log = TrainingLog(tmp_path)
    log.write("contrastive", step=60, minutes=1.5, mean=80.0, fr2en=79.0)
    assert [record["step"] for record in log.records()] == [50, 60]
    draw(log.records(), tmp_path / "log.png")
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_log_draws_nothing(tmp_path: Path) -> None:
    """The vocabulary stage has no steps."""
    draw([], tmp_path / "log.png")
    assert not (tmp_path / "log.png").exists()
