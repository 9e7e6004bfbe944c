"""What a training run tells: lines on the terminal, and `log.jsonl` with losses and development figures."""

import json
import logging
import time
from pathlib import Path

logger = logging.getLogger("training")


class TrainingLog:
    """Appends records to `log.jsonl` in a folder; every record names its stage."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.jsonl"

    def write(self, stage: str, **figures: float | int | str) -> None:
        """Append one record and show it."""
        record = {"stage": stage, "time": round(time.time()), **figures}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        logger.info("%s: %s", stage, ", ".join(f"{name} {value}" for name, value in figures.items()))

    def records(self) -> list[dict[str, float | int | str]]:
        """Return every record written so far, by this run and those before it."""
        return [json.loads(line) for line in self._path.read_text("utf-8").splitlines()] if self._path.exists() else []
