"""Tiny rerankers with random weights in the hub's layout: BLOOM, XLM-R and GTE, each with its template."""

from __future__ import annotations

from pathlib import Path
from string import ascii_letters, digits

import torch
from checkpoints import write_json
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE
from transformers import (
    BloomConfig,
    BloomForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaTokenizer,
)

BLOOM_SPECIALS = ("<unk>", "<s>", "</s>", "<pad>")
# Ids 4 to 259: bytes as ByteLevel writes them, in the order of their characters ("!" is 4, "a" 68, a space 224).
BLOOM_BYTES = tuple(sorted(pre_tokenizers.ByteLevel.alphabet()))
BLOOM_MERGES = (("t", "h"), ("th", "e"), ("Ġ", "the"), ("o", "w"))
# Ids 4 to 11 are these, then single characters.
PIECES = ("▁", "▁the", "▁tower", "▁is", "▁how", "▁tall", "er", "▁塔")
CHARACTERS = ascii_letters + digits + "?.,:é塔有多高😀"
LARGE = 0.3  # with the usual 0.02 all scores are alike


def write_bloom_tokenizer(folder: Path) -> None:
    """Write a byte-level tokenizer that adds no token to a text or a pair and pads on the left."""
    merged = ["".join(pair) for pair in BLOOM_MERGES]
    vocabulary = {token: place for place, token in enumerate((*BLOOM_SPECIALS, *BLOOM_BYTES, *merged))}
    tokenizer = Tokenizer(BPE(vocabulary, list(BLOOM_MERGES)))
    tokenizer.add_special_tokens(list(BLOOM_SPECIALS))
    split = pre_tokenizers.Split(Regex(r" ?[^(\s|[.,!?…。，、।۔،])]+"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    write_json(folder / "special_tokens_map.json", names)
    settings = {"tokenizer_class": "BloomTokenizerFast", "padding_side": "left", "add_prefix_space": False}
    write_json(folder / "tokenizer_config.json", {**names, **settings})


def write_bloom(folder: Path, seed: int = 0, **changes: object) -> Path:
    """Write a BLOOM classifier with two labels in bfloat16, as the published ones are."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": 270, "hidden_size": 32, "n_layer": 2, "n_head": 4, "initializer_range": LARGE}
    config = BloomConfig(**{**sizes, "num_labels": 2, "pad_token_id": 3, **changes})
    BloomForSequenceClassification(config).bfloat16().save_pretrained(folder)
    write_bloom_tokenizer(folder)
    return folder


def write_xlm_roberta_tokenizer(folder: Path, max_length: int) -> None:
    """Write a unigram tokenizer with the template `<s> A </s></s> B </s>`."""
    specials = [(token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    pieces = [(piece, -2.0) for piece in PIECES] + [(character, -5.0) for character in CHARACTERS]
    tokenizer = XLMRobertaTokenizer(vocab=[*specials, *pieces, ("<mask>", 0.0)], model_max_length=max_length)
    tokenizer.save_pretrained(folder)


def write_xlm_roberta(folder: Path, tokens: int, seed: int = 0) -> Path:
    """Write an XLM-R classifier with one logit that takes this many tokens."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    # Two positions more than tokens: they are counted from the padding id on.
    values = {"intermediate_size": 64, "max_position_embeddings": tokens + 2, "type_vocab_size": 1, "num_labels": 1}
    config = XLMRobertaConfig(**{**sizes, **values}, initializer_range=LARGE, pad_token_id=1)
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    write_xlm_roberta_tokenizer(folder, tokens)
    return folder


def gte_config(**changes: object) -> dict[str, object]:
    """Return a tiny copy of the published config.json, whose code is not on the machine."""
    sizes = {"vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    values = {"intermediate_size": 48, "type_vocab_size": 1, "layer_norm_eps": 1e-12, "max_position_embeddings": 8192}
    kind = {"model_type": "new", "architectures": ["NewForSequenceClassification"], "hidden_act": "gelu"}
    code = {"AutoModelForSequenceClassification": "Alibaba-NLP/new-impl--modeling.NewForSequenceClassification"}
    auto_map = {"AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig", **code}
    rotary = {"position_embedding_type": "rope", "rope_theta": 20000, "rope_scaling": {"factor": 8.0, "type": "ntk"}}
    labels = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, "pad_token_id": 1}
    others = {"pack_qkv": True, "layer_norm_type": "layer_norm", "logn_attention_scale": False, "unpad_inputs": False}
    return {**sizes, **values, **kind, "auto_map": auto_map, **rotary, **labels, **others, **changes}


def write_gte(folder: Path, seed: int = 0) -> dict[str, torch.Tensor]:
    """Write a GTE classifier with the weights' published names; return the weights."""
    random = torch.Generator().manual_seed(seed)
    shapes = {"embeddings.word_embeddings.weight": (96, 32), "embeddings.token_type_embeddings.weight": (1, 32)}
    linear = {"attention.qkv_proj": (96, 32), "attention.o_proj": (32, 32), "mlp.down_proj": (32, 48)}
    norms = ["embeddings.LayerNorm"]
    for layer in (0, 1):
        for name, shape in linear.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = shape
            shapes[f"encoder.layer.{layer}.{name}.bias"] = shape[:1]
        shapes[f"encoder.layer.{layer}.mlp.up_gate_proj.weight"] = (96, 32)
        norms += [f"encoder.layer.{layer}.attn_ln", f"encoder.layer.{layer}.mlp_ln"]
    shapes |= {"pooler.dense.weight": (32, 32), "pooler.dense.bias": (32,)}
    weights = {f"new.{name}": LARGE * torch.randn(shape, generator=random) for name, shape in shapes.items()}
    for name in norms:
        weights[f"new.{name}.weight"] = 1 + 0.1 * torch.randn(32, generator=random)
        weights[f"new.{name}.bias"] = 0.1 * torch.randn(32, generator=random)
    weights["classifier.weight"] = LARGE * torch.randn(1, 32, generator=random)
    weights["classifier.bias"] = torch.tensor([0.1])
    write_json(folder / "config.json", gte_config())
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    write_xlm_roberta_tokenizer(folder, 8192)
    return weights
