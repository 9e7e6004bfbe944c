"""The application with models that load only once the file named in QA_TEST_GATE is there."""

from __future__ import annotations

import os
import runpy
import time
from pathlib import Path

import retrieval.opening
from retrieval.search import Models
from retrieval.settings import Settings

_load = getattr(retrieval.opening.load_models, "first", retrieval.opening.load_models)


def _load_late(settings: Settings) -> Models:
    while not Path(os.environ["QA_TEST_GATE"]).exists():
        time.sleep(0.05)
    return _load(settings)


# The script runs once for every click: what it replaces must be the function itself, not its own replacement.
_load_late.first = _load  # type: ignore[attr-defined]
retrieval.opening.load_models = _load_late
runpy.run_path(str(Path(__file__).resolve().parent.parent / "app.py"), run_name="__main__")
