"""The two models as they ship: side by side, one table of input vectors in the bi-encoder's folder for both."""

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

TABLE = "embeddings.word_embeddings.weight"
TABLE_FILE = "embeddings.safetensors"
BODY_FILE = "body.safetensors"
INDEX = "model.safetensors.index.json"


def export(bi_encoder: Path, cross_encoder: Path, models: Path) -> None:
    """Write `models/bi-encoder` and `models/cross-encoder` from two folders of one training run.

    Both are plain sharded checkpoints, which transformers loads by itself; the cross-encoder's index points at the
    bi-encoder's table, since its training leaves it alone. The folders must stay side by side.
    """
    _write(bi_encoder, models / "bi-encoder", TABLE_FILE)
    _write(cross_encoder, models / "cross-encoder", f"../bi-encoder/{TABLE_FILE}")


def _write(source: Path, target: Path, table_file: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_dir():
            shutil.copytree(path, target / path.name, dirs_exist_ok=True)
        elif path.suffix != ".safetensors":
            shutil.copy(path, target)
    # Names without "bert." in both, so that one file serves both; transformers finds the right place for each.
    weights = {name.removeprefix("bert."): tensor for name, tensor in load_file(source / "model.safetensors").items()}
    if table_file == TABLE_FILE:
        save_file({TABLE: weights[TABLE]}, target / TABLE_FILE, metadata={"format": "pt"})
    body = {name: tensor for name, tensor in weights.items() if name != TABLE}
    save_file(body, target / BODY_FILE, metadata={"format": "pt"})
    total = sum(_bytes(tensor) for tensor in weights.values())
    places = {TABLE: table_file} | dict.fromkeys(sorted(body), BODY_FILE)
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (target / INDEX).write_text(json.dumps(index, indent=1) + "\n", "utf-8")


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
