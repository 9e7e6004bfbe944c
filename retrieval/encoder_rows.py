"""From a model's name to its preset: a row of the table, else what the folder says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transformers import PretrainedConfig, PreTrainedTokenizerBase

from retrieval.checkpoints import find_row, token_limit
from retrieval.errors import ModelError
from retrieval.presets import ENCODERS, EncoderPreset
from retrieval.sentence_layout import read_encoder_preset


def find_preset(name: str, folder: Path, config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> EncoderPreset:
    """Return how the model of a name, found in a folder, is run.

    Raises ModelError where the folder holds another architecture than the model's, and where neither the table nor
    the folder says how it is run.
    """
    row = find_row(ENCODERS, name)
    if row is None:
        if "AutoModel" in (getattr(config, "auto_map", None) or {}):
            raise ModelError(
                f"The model in {folder} comes with code of its own, which this application does not run, and it is not "
                "in the table (python -m retrieval.models_table): use another model."
            )
        return read_encoder_preset(folder, config, tokenizer)
    if config.model_type != row.model_type:
        raise ModelError(
            f"{folder} is named like a {row.model_type} model and holds a {config.model_type} one: rename the folder "
            "if it is another model."
        )
    end = row.preset.passage_ends[1]
    if config.model_type == "qwen2" and config.eos_token_id != tokenizer.convert_tokens_to_ids(end):
        raise ModelError(f"The model in {folder} ends a text with token {config.eos_token_id}, which is not {end}.")
    return replace(row.preset, max_tokens=min(row.preset.max_tokens, token_limit(config, tokenizer)))
