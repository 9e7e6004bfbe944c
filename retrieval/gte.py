"""GTE models of 2024, published with code of their own, on transformers' `gte` classes: no downloaded code is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import AutoConfig, PretrainedConfig

from retrieval.errors import ModelError

# What the published code can do otherwise and transformers' classes can't.
_REQUIRED = {
    "pack_qkv": True,
    "position_embedding_type": "rope",
    "layer_norm_type": "layer_norm",
    "logn_attention_scale": False,
}
_COPIED = (
    "architectures",
    "attention_probs_dropout_prob",
    "classifier_dropout",
    "hidden_act",
    "hidden_dropout_prob",
    "hidden_size",
    "id2label",
    "initializer_range",
    "intermediate_size",
    "label2id",
    "layer_norm_eps",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "pad_token_id",
    "type_vocab_size",
    "vocab_size",
)


def read_gte_config(folder: Path) -> PretrainedConfig | None:
    """Return the configuration for transformers' classes, or None if the folder holds another kind of model.

    The kind is known by `model_type` "new". ModelError if it asks for what these classes can't do.
    """
    try:
        values: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # `checkpoints.load_config` says what is wrong
    if values.get("model_type") != "new":
        return None
    for name, required in _REQUIRED.items():
        if values.get(name, required) != required:
            raise ModelError(f"{folder}: {name} is {values[name]!r} in config.json; only {required!r} is known here.")
    copied = {name: values[name] for name in _COPIED if name in values}
    try:
        config: PretrainedConfig = AutoConfig.for_model("gte", **copied, rope_parameters=_rotary(folder, values))
    except ModelError:
        raise
    except Exception as error:  # a value is missing or wrong; the configuration has errors of several types
        raise ModelError(
            f"{folder}: config.json cannot be read as a GTE model: {type(error).__name__} {error}"
        ) from error
    return config


def _rotary(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Return the rotary embedding in transformers' terms.

    The published code's "ntk" with factor s multiplies the base by s and divides each frequency by s^(2/d), d being
    the width of a head (formula 6 of https://kexue.fm/archives/9706); the division is transformers' "linear".
    """
    base = float(values["rope_theta"])
    scaling = values.get("rope_scaling")
    if scaling is None:
        return {"rope_type": "default", "rope_theta": base}
    if scaling.get("type") != "ntk" or set(scaling) - {"type", "factor"}:
        raise ModelError(f"{folder}: rope_scaling is {scaling} in config.json; only ntk with a factor is known here.")
    factor, width = float(scaling["factor"]), int(values["hidden_size"]) // int(values["num_attention_heads"])
    return {"rope_type": "linear", "rope_theta": base * factor, "factor": factor ** (2 / width)}
