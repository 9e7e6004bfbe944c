"""The bi-encoder: questions and passages as vectors that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch.nn.functional import normalize
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from retrieval import checkpoints
from retrieval.batching import Batch, Compute, choose_compute, forward
from retrieval.passages import EncoderIdentity, Vectors
from retrieval.presets import EncoderPreset, Pooling


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
        self._tokenizer_lock = Lock()  # a fast tokenizer shared by threads raises "Already borrowed"

    @classmethod
    def from_pretrained(cls, name: str, device: str = "auto") -> BiEncoder:
        """Load the model of a directory or hub id; ModelError if it can't be loaded."""
        folder = checkpoints.find_folder(name)
        config, tokenizer = checkpoints.load_config(folder), checkpoints.load_tokenizer(folder)
        preset = checkpoints.read_encoder_preset(folder, config, tokenizer)
        compute = choose_compute(device)
        options = {"add_pooling_layer": False} if config.model_type in ("bert", "xlm-roberta", "camembert") else {}
        model = checkpoints.load_weights(AutoModel, folder, compute, **options)
        identity = EncoderIdentity(
            name=folder.name if Path(name).is_dir() else name,
            weights=checkpoints.fingerprint(folder),
            dimension=int(config.hidden_size),
            distance=preset.distance,
            text_form=f"{preset.question_prefix}|{preset.passage_prefix}|{preset.pooling}|{preset.max_tokens}",
        )
        return cls(identity, model, tokenizer, preset, compute)

    @property
    def identity(self) -> EncoderIdentity:
        """What a library's vectors must have in common with this encoder's."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage's text that are read, prefix and special tokens not counted."""
        prefix = self.count_tokens([self._preset.passage_prefix])[0]
        return self._preset.max_tokens - prefix - self._tokenizer.num_special_tokens_to_add()

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

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return (questions, dimension) float32."""
        return self._encode([self._preset.question_prefix + question for question in questions])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return (texts, dimension) float32."""
        return self._encode([self._preset.passage_prefix + text for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._identity.dimension), dtype=np.float32)
        if not texts:
            return vectors
        with self._tokenizer_lock:
            ids = self._tokenizer(texts, truncation=True, max_length=self._preset.max_tokens)["input_ids"]
        encoded = [{"input_ids": row} for row in ids]
        pad_id = self._tokenizer.pad_token_id or 0
        for batch in forward(self._model, encoded, pad_id, "right", self._compute):
            pooled = pool(batch, self._preset.pooling)
            vectors[batch.rows] = (normalize(pooled, dim=-1) if self._preset.normalise else pooled).cpu().numpy()
        return vectors


def pool(batch: Batch, pooling: Pooling) -> torch.Tensor:
    """Return one float32 vector per row from the last hidden state, whatever the padding side.

    `weighted_mean` gives the first token weight 1, the second 2 and so on (SGPT, Muennighoff 2022).
    """
    states = batch.output.last_hidden_state.float()  # (rows, tokens, dimension)
    mask = batch.mask
    if pooling in ("mean", "weighted_mean"):
        weights = (mask if pooling == "mean" else mask.cumsum(dim=1) * mask)[..., None].float()
        mean: torch.Tensor = torch.sum(states * weights, dim=1) / weights.sum(dim=1)
        return mean
    positions = torch.arange(mask.shape[1], device=mask.device) * mask
    column = mask.argmax(dim=1) if pooling == "cls" else positions.argmax(dim=1)
    chosen: torch.Tensor = states[torch.arange(len(states), device=states.device), column]
    return chosen
