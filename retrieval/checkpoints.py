"""From a model's name to its loaded parts: folder, tokenizer, weights, preset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from retrieval.batching import Compute
from retrieval.errors import ModelError
from retrieval.presets import EncoderPreset, Pooling

disable_progress_bar()  # type: ignore[no-untyped-call]

_MEGABYTE = 1 << 20
# As sentence-transformers' pooling configuration names them, after "pooling_mode_".
POOLING_NAMES: Mapping[str, Pooling] = {
    "mean_tokens": "mean",
    "weightedmean_tokens": "weighted_mean",
    "cls_token": "cls",
    "lasttoken": "last",
}
_HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]


def find_folder(name: str) -> Path:
    """Return the folder of a model named by a directory or a hub id, downloading it once if need be.

    Raises ModelError where there is no such directory and the hub has no such model or can't be reached.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith(".") or name.count("/") != 1:
        raise ModelError(f"There is no model folder {name}. Give an existing folder or a hub id such as owner/model.")
    try:
        return Path(snapshot_download(name, allow_patterns=_HUB_FILES))
    except Exception as error:  # the hub's client raises many unrelated types
        raise ModelError(
            f"The model {name} is not a folder here and could not be fetched from the model hub "
            f"({type(error).__name__}). Check the name and the network, set HF_ENDPOINT to a mirror, "
            "or give the folder of a copy."
        ) from error


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return a folder's fast tokenizer; ModelError if it is missing or damaged."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"The tokenizer in {folder} cannot be read: {_reason(error)}") from error
    if not tokenizer.is_fast:
        raise ModelError(f"The tokenizer in {folder} has no tokenizer.json, which this application needs.")
    return tokenizer


def load_config(folder: Path) -> PretrainedConfig:
    """Return a folder's configuration; ModelError if it is missing or damaged."""
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"{folder} is not a model folder, its config.json cannot be read: {_reason(error)}") from error
    return config


def load_weights(model_class: Any, folder: Path, compute: Compute, **options: Any) -> PreTrainedModel:
    """Return the model, in float32 on the device, ready for inference; ModelError if weights are missing."""
    try:
        # The number type is given: left out, weights come in whatever type the file was saved in. Only
        # safetensors: a pickled file can run code, and `fingerprint` would not see it.
        model, info = model_class.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
    except Exception as error:
        raise ModelError(f"The weights in {folder} cannot be read: {_reason(error)}") from error
    if info["missing_keys"]:
        raise ModelError(f"The weights in {folder} lack {sorted(info['missing_keys'])[0]}: another kind of model?")
    loaded: PreTrainedModel = model.eval().to(compute.device)
    return loaded


def read_encoder_preset(folder: Path, config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> EncoderPreset:
    """Return the preset that a folder in the sentence-transformers layout describes.

    Reads `modules.json`, the pooling configuration, `sentence_bert_config.json` and the prompts. Raises
    ModelError for a folder without that layout or with a module or pooling this application doesn't know.
    """
    modules = _read_json(folder / "modules.json")
    try:
        kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
        pooling_folder = folder / modules[1]["path"] if len(kinds) > 1 else folder
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'modules.json'} is not a list of modules with a type and a path.") from error
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise ModelError(f"{folder} has the modules {', '.join(kinds)}; known are Transformer, Pooling, Normalize.")
    limit = token_limit(config, tokenizer)
    if (folder / "sentence_bert_config.json").exists():
        limit = min(limit, _read_json(folder / "sentence_bert_config.json").get("max_seq_length") or limit)
    settings = folder / "config_sentence_transformers.json"
    prompts = _read_json(settings).get("prompts", {}) if settings.exists() else {}
    return EncoderPreset(
        pooling=_read_pooling(pooling_folder),
        normalise=kinds[2:] == ["Normalize"],
        distance="cosine",
        max_tokens=limit,
        question_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("passage", prompts.get("document", "")),
    )


def label_ids(config: PretrainedConfig) -> dict[str, int]:
    """Return a classifier's labels and their places in its output."""
    return {str(label): int(place) for label, place in (config.label2id or {}).items()}


def token_limit(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the tokens a model takes, special ones included: its positions or the tokenizer's smaller limit."""
    limit = int(tokenizer.model_max_length)
    return min(limit, int(getattr(config, "max_position_embeddings", limit)))


def fingerprint(folder: Path) -> str:
    """Return a digest that changes with the weights: each file's size and its first and last megabyte."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            digest.update(file.read(_MEGABYTE))
            file.seek(max(0, size - _MEGABYTE))
            digest.update(file.read())
    return digest.hexdigest()


def _read_pooling(folder: Path) -> Pooling:
    pooling = _read_json(folder / "config.json")
    chosen = [
        key.removeprefix("pooling_mode_") for key, on in pooling.items() if key.startswith("pooling_mode_") and on
    ]
    if len(chosen) != 1 or chosen[0] not in POOLING_NAMES:
        raise ModelError(
            f"{folder} pools by {' and '.join(chosen) or 'nothing'}; known are {', '.join(POOLING_NAMES)}."
        )
    return POOLING_NAMES[chosen[0]]


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is missing or damaged: this folder does not say how its model is run.") from error


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300] or type(error).__name__
