"""Whether model folders are whole, told before the first weights are read: loading large ones takes minutes."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from retrieval.checkpoints import find_folder, model_files, weight_files
from retrieval.errors import ModelError
from retrieval.inference_server import is_address, is_hub_id


def check_folder(name: str) -> None:
    """Raise ModelError where a folder is missing, has no weights or an incomplete file; hub ids and addresses pass."""
    if is_address(name) or (not Path(name).expanduser().is_dir() and is_hub_id(name)):
        return
    folder = find_folder(name)
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not weight_files(folder):
            raise ModelError(f"The folder {folder} holds no weights: download all of the model's files into it.")
        for path in model_files(folder):
            if path.suffix == ".safetensors":
                # The file's beginning says how long it is; the numbers are not read.
                with safe_open(path, "np"):
                    pass
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"The model in {folder} is not whole ({error}): copy or download it again.") from error
