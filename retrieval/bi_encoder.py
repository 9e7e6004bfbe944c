"""The bi-encoder: questions and passages as vectors that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch.nn.functional import normalize
from transformers import MODEL_MAPPING, AutoModel, PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from retrieval import checkpoints
from retrieval.batching import Batch, Compute, cast_products, choose_compute, forward
from retrieval.bloom_attention import use_fast_attention
from retrieval.encoder_rows import find_preset
from retrieval.errors import ModelError
from retrieval.memory import count_parameters, require_memory, weights_type
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.presets import ENCODERS, Attention, EncoderPreset, Pooling
from retrieval.text_form import TextForm

# Two first states that differ by less do so by rounding.
_NOISE = 1e-4


class BiEncoder:
    """Encodes texts with a transformer model, each alone: `Encoder` over transformers.

    A text's vector does not depend on the texts beside it. Safe to use from several threads.
    """

    def __init__(
        self,
        identity: EncoderIdentity,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        preset: EncoderPreset,
        compute: Compute,
    ) -> None:
        self._model, self._tokenizer, self._preset, self._compute = model, tokenizer, preset, compute
        self._identity = identity
        self._question_form = TextForm(tokenizer, preset, "question")
        self._passage_form = TextForm(tokenizer, preset, "passage")
        self._tokenizer_lock = Lock()  # a fast tokenizer shared by threads raises "Already borrowed"

    @classmethod
    def from_pretrained(cls, name: str, device: str = "auto", dtype: str = "auto") -> BiEncoder:
        """Load the model of a directory or hub id; ModelError if it can't be loaded or does not fit in memory."""
        compute, row = choose_compute(device, dtype), checkpoints.find_row(ENCODERS, name)
        if row and not Path(name).expanduser().is_dir():  # before gigabytes are fetched
            require_memory(name, row.parameters, weights_type(row.model_type, compute), compute)
        folder = checkpoints.find_folder(name)
        config, tokenizer = checkpoints.load_config(folder), checkpoints.load_tokenizer(folder)
        preset = find_preset(name, folder, config, tokenizer)
        model = load_body(folder, config, preset, compute)
        cast_products(model, compute)
        identity = EncoderIdentity(
            name=checkpoints.model_name(name),  # the same for a hub id and a folder with a copy of it
            weights=checkpoints.fingerprint(folder),
            dimension=int(config.hidden_size),
            distance=preset.distance,
            text_form=describe(preset),
        )
        return cls(identity, model, tokenizer, preset, compute)

    @property
    def identity(self) -> EncoderIdentity:
        """What a library's vectors must have in common with this encoder's."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage's text that are read, prefix and special tokens not counted."""
        return self._passage_form.room

    @property
    def floor(self) -> float:
        """The score from which a passage is taken as relevant; out of reach where the model does not say."""
        return float(getattr(self._model.config, "relevance_floor", inf))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, special tokens not counted."""
        if not texts:
            return []
        with self._tokenizer_lock:
            return [
                len(ids) for ids in self._tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
            ]

    def pieces(self, text: str) -> list[str]:
        """Return what the tokenizer cuts a text into, special tokens not included."""
        with self._tokenizer_lock:
            return list(self._tokenizer.tokenize(text))

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return (questions, dimension) float32."""
        return self._encode(questions, self._question_form)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) float32."""
        return self._encode(texts, self._passage_form)

    def _encode(self, texts: Sequence[str], form: TextForm) -> Vectors:
        vectors = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        if not texts:
            return vectors
        with self._tokenizer_lock:
            ids = form.ids(texts)
        kept = [row for row, tokens in enumerate(ids) if tokens]  # a text without any token keeps the zero vector
        encoded = [{"input_ids": ids[row]} for row in kept]
        pad_id = self._tokenizer.pad_token_id or 0
        for batch in forward(self._model, encoded, pad_id, self._preset.padding_side, self._compute):
            pooled = pool(batch, self._preset.pooling, form.unpooled)
            rows = [kept[row] for row in batch.rows]
            vectors[rows] = (normalize(pooled, dim=-1) if self._preset.normalise else pooled).cpu().numpy()
        return vectors


def pool(batch: Batch, pooling: Pooling, unpooled: int = 0) -> torch.Tensor:
    """Return one float32 vector per row from the last hidden state, whatever the padding side.

    `weighted_mean` gives the first token weight 1, the second 2 and so on (SGPT, Muennighoff 2022). The first
    `unpooled` tokens are left out; where there are no others, the vector is zeros.
    """
    states = batch.output.last_hidden_state.float()  # (rows, tokens, dimension)
    places = batch.mask.cumsum(dim=1) * batch.mask  # 1 on the first real token, 0 on padding
    mask = (places > unpooled).long()
    if pooling in ("mean", "weighted_mean"):
        weights = (mask if pooling == "mean" else mask * places)[..., None].float()
        mean: torch.Tensor = torch.sum(states * weights, dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        return mean
    column = mask.argmax(dim=1) if pooling == "cls" else places.argmax(dim=1)
    chosen: torch.Tensor = states[torch.arange(len(states), device=states.device), column]
    return chosen * mask.any(dim=1, keepdim=True)


def load_body(folder: Path, config: PretrainedConfig, preset: EncoderPreset, compute: Compute) -> PreTrainedModel:
    """Return an encoder's model; ModelError if it does not fit in memory or does not attend as the preset says."""
    dtype = weights_type(config.model_type, compute)
    require_memory(str(folder), count_parameters(folder, config), dtype, compute)
    config.use_cache = False  # states of earlier tokens are kept for writing texts on, which is not done here
    if preset.attention == "bidirectional":
        config.is_causal = False  # a decoder sees only backwards without it, and says nothing
    body: Any = MODEL_MAPPING.get(type(config), None)
    has_pooler = body is not None and "add_pooling_layer" in signature(body).parameters
    options = {"add_pooling_layer": False} if has_pooler else {}
    model = checkpoints.load_weights(AutoModel, folder, compute, dtype, config=config, **options)
    use_fast_attention(model)
    if preset.attention:
        _prove_attention(folder, model, preset.attention, compute)
    return model


def _prove_attention(folder: Path, model: PreTrainedModel, attention: Attention, compute: Compute) -> None:
    """Raise ModelError unless the first state sees the last token exactly if attention is bidirectional.

    Tried without padding and with it: transformers takes another way through its masks in each case.
    """
    texts = [{"input_ids": [10, 11, 12]}, {"input_ids": [10, 11, 13]}, {"input_ids": [10, 11, 12, 13]}]
    for tried in (texts[:2], texts):
        (batch,) = forward(model, tried, 0, "right", compute)
        first = batch.output.last_hidden_state[:, 0].float()
        sees_ahead = bool((first[0] - first[1]).abs().max() > _NOISE)
        if sees_ahead != (attention == "bidirectional"):
            raise ModelError(
                f"The model in {folder} must be run with {attention} attention and runs with the other kind: its "
                "vectors would be wrong. Use a version of transformers from 5.2 on."
            )


def describe(preset: EncoderPreset) -> str:
    """Return all of a text form that vectors depend on; two presets of the same form give comparable vectors."""
    forms = [(preset.question_prefix, preset.question_ends), (preset.passage_prefix, preset.passage_ends)]
    question, passage = (prefix if ends == ("", "") else f"{ends[0]}{prefix}…{ends[1]}" for prefix, ends in forms)
    parts = [question, passage, preset.pooling, str(preset.max_tokens)]
    return "|".join(parts if preset.pool_prefix else [*parts, "prefix not pooled"])
