"""The layout in which sentence-transformers writes a model: what a folder in it says about how it is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PretrainedConfig, PreTrainedTokenizerBase

from retrieval.checkpoints import token_limit
from retrieval.errors import ModelError
from retrieval.passages import Distance
from retrieval.presets import EncoderPreset, Pooling

# As pooling configurations name them after "pooling_mode_"; since version 6 under "pooling_mode", by the second table.
POOLING_NAMES: Mapping[str, Pooling] = {
    "mean_tokens": "mean",
    "weightedmean_tokens": "weighted_mean",
    "cls_token": "cls",
    "lasttoken": "last",
}
_NEW_POOLING_NAMES: Mapping[str, str] = {
    "mean": "mean_tokens",
    "weightedmean": "weightedmean_tokens",
    "cls": "cls_token",
}
_DISTANCES: Mapping[str | None, Distance] = {None: "cosine", "cosine": "cosine", "dot": "dot", "euclidean": "euclid"}
# The names of its Transformer module's settings over the years.
_TRANSFORMER_FILES = "sentence_*_config.json"


def read_encoder_preset(folder: Path, config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> EncoderPreset:
    """Return the preset that a folder in the sentence-transformers layout describes.

    Reads `modules.json`, the pooling configuration, `sentence_bert_config.json`, the prompts and the similarity.
    Raises ModelError for a folder without that layout or with a module, pooling or similarity this application
    doesn't know.
    """
    modules = _read_json(folder / "modules.json")
    try:
        kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
        pooling_folder = folder / modules[1]["path"] if len(kinds) > 1 else folder
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'modules.json'} is not a list of modules with a type and a path.") from error
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise ModelError(f"{folder} has the modules {', '.join(kinds)}; known are Transformer, Pooling, Normalize.")
    pooling = _read_json(pooling_folder / "config.json")
    settings_file = folder / "config_sentence_transformers.json"
    settings = _read_json(settings_file) if settings_file.exists() else {}
    similarity = settings.get("similarity_fn_name")
    if similarity not in _DISTANCES:
        raise ModelError(f"{settings_file} compares by {similarity}; known are cosine, dot, euclidean.")
    return EncoderPreset(
        pooling=_pooling(pooling_folder, pooling),
        normalise=kinds[2:] == ["Normalize"],
        distance=_DISTANCES[similarity],
        max_tokens=min(token_limit(config, tokenizer), _transformer_limit(folder, tokenizer)),
        question_prefix=_prompt(settings, "query"),
        passage_prefix=_prompt(settings, "document", "passage", "corpus"),
        pool_prefix=bool(pooling.get("include_prompt", True)),
    )


def _transformer_limit(folder: Path, tokenizer: PreTrainedTokenizerBase) -> int:
    limits = [int(tokenizer.model_max_length)]
    for file in sorted(folder.glob(_TRANSFORMER_FILES)):
        settings = _read_json(file)
        if settings.get("do_lower_case") and tokenizer.tokenize("A") != tokenizer.tokenize("a"):
            raise ModelError(f"{file} asks for lower case, which the tokenizer in {folder} does not do by itself.")
        limits.append(settings.get("max_seq_length") or limits[0])
    return min(limits)


def _prompt(settings: Mapping[str, Any], *names: str) -> str:
    """Return the first of the prompts that says anything."""
    prompts = settings.get("prompts") or {}
    return next((prompts[name] for name in names if prompts.get(name)), "")


def _pooling(folder: Path, settings: Mapping[str, Any]) -> Pooling:
    if "pooling_mode" in settings:
        modes = settings["pooling_mode"]
        chosen = [_NEW_POOLING_NAMES.get(mode, mode) for mode in ([modes] if isinstance(modes, str) else modes)]
    else:
        named = {
            key.removeprefix("pooling_mode_"): on for key, on in settings.items() if key.startswith("pooling_mode")
        }
        chosen = [name for name, on in named.items() if on]
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
