"""Tiny random models, written to a folder in the layouts that real ones come in."""

from __future__ import annotations

import json
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.processors import BertProcessing
from transformers import BertConfig, BertModel, PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Whole words first, so that a text of them is one token a word; other words fall to letters.
WORDS = ("the", "tower", "wall", "is", "how", "tall", "great", "where", "paris")
HAN = "长城有多高中国塔"
PUNCTUATION = "?.,:|-"
VOCABULARY = (
    *SPECIAL_TOKENS,
    *WORDS,
    *HAN,
    *PUNCTUATION,
    *ascii_lowercase,
    *digits,
    *(f"##{character}" for character in ascii_lowercase + digits),
)


def write_json(path: Path, value: Any) -> None:
    """Write a value as a JSON file, making its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_tokenizer(folder: Path, max_length: int = 48) -> None:
    """Write a WordPiece tokenizer over `VOCABULARY` that gives token type ids."""
    tokenizer = Tokenizer(WordPiece({token: place for place, token in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    places = {token: VOCABULARY.index(token) for token in SPECIAL_TOKENS}
    tokenizer.post_processor = BertProcessing(("[SEP]", places["[SEP]"]), ("[CLS]", places["[CLS]"]))
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    fast.save_pretrained(folder)


def tiny_bert(**changes: Any) -> BertConfig:
    """Return the configuration of a BERT with 2 layers of 16 numbers and 64 positions."""
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    # Weights larger than usual: with the usual 0.02 every text gets nearly the same vector.
    values = {"vocab_size": len(VOCABULARY), "max_position_embeddings": 64, "initializer_range": 0.3}
    return BertConfig(**{**sizes, **values, **changes})


def write_model(
    folder: Path, model_class: type[PreTrainedModel], config: PretrainedConfig, seed: int = 0
) -> PreTrainedModel:
    """Write a model with random weights and a tokenizer; return the model, ready for inference."""
    torch.manual_seed(seed)
    model: PreTrainedModel = model_class(config)
    model.train(False)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return model


def write_encoder(folder: Path, pooling: str = "mean_tokens", normalise: bool = True, seed: int = 0) -> PreTrainedModel:
    """Write a tiny BERT as a bi-encoder in the sentence-transformers layout; `pooling` as its files name it."""
    model = write_model(folder, BertModel, tiny_bert(), seed)
    write_layout(folder, pooling, normalise)
    return model


def write_layout(folder: Path, pooling: str, normalise: bool) -> None:
    """Write the files that say how a folder's model is made into a bi-encoder."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (path, kind) in enumerate(kinds if normalise else kinds[:2])
    ]
    write_json(folder / "modules.json", modules)
    modes = {
        f"pooling_mode_{name}": name == pooling
        for name in ("cls_token", "mean_tokens", "max_tokens", "weightedmean_tokens", "lasttoken")
    }
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 16, **modes})
