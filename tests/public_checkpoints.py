"""Tiny random models of the public encoders' architectures, in the file layouts that the hub has them in."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

import pytest
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertModel,
    BloomConfig,
    BloomModel,
    CamembertConfig,
    CamembertModel,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from retrieval.bi_encoder import BiEncoder
from retrieval.presets import ENCODERS
from tests.checkpoints import write_json

HUB_IDS = tuple(ENCODERS)
# One of those that only differ in size: their doubles are the same.
FAMILIES = tuple({(row.model_type, row.preset): hub_id for hub_id, row in ENCODERS.items()}.values())
TEXTS = (
    "Où est la tour ?",
    "长城有多长？",
    "the tower",
    "x",
    "😀",
    "the 长城 tower où 😀 [the] {tower}\nthe",
    "the tower is tall " * 1112,  # 20,000 characters
)
# Weights are larger than usual: with the usual 0.02 every text gets nearly the same vector.
_SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "initializer_range": 0.3}
_MERGES = ("t h", "th e", "[ the", "{ the", "o w", "ow e", "owe r", "t ower", "Ġ tower")
_PIECES = (
    "▁the",
    "▁tower",
    "▁query",
    "▁passage",
    ":",
    "▁",
    *ascii_lowercase,
    *digits,
    *"ùTOHP?.[]{}长城有多高中国塔？",
)
_BERT_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_HAN = dict.fromkeys("长城有多高中国塔为这个句子生成表示以用于检索相关文章：？")
_BERT_PIECES = ("the", "tower", ":", *"?.[]{}", *_HAN, *ascii_lowercase, *(f"##{letter}" for letter in ascii_lowercase))
_QWEN_CODE = {"AutoModel": "modeling_qwen.Qwen2Model", "AutoModelForCausalLM": "modeling_qwen.Qwen2ForCausalLM"}


def load_encoder(name: Path | str) -> BiEncoder:
    """Load an encoder that computes in float32, whatever this processor has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
        return BiEncoder.from_pretrained(str(name), "cpu")


def write_public(root: Path, hub_id: str) -> Path:
    """Write a public model's tiny double into a folder named as it is, and return the folder."""
    folder = root / hub_id.split("/")[1]
    folder.mkdir()
    writers = {
        "bloom": write_bloom,
        "qwen2": write_qwen2,
        "bert": write_bert,
        "xlm-roberta": write_xlm_roberta,
        "camembert": write_camembert,
    }
    writers[ENCODERS[hub_id].model_type](folder, hub_id)
    return folder


def write_bloom(folder: Path, hub_id: str) -> None:
    """Write a BLOOM: no special tokens around a text, padded on the left, more rows than tokens."""
    specials = ["<unk>", "<s>", "</s>", "<pad>"]
    tokenizer = _byte_bpe(specials, Regex(r" ?[^(\s|[.,!?…。，、।۔،])]+"))
    if "udever" in hub_id:
        tokenizer.add_special_tokens(
            [AddedToken(token, special=True) for token in ("[BOQ]", "[EOQ]", "[BOD]", "[EOD]")]
        )
    rows = tokenizer.get_vocab_size()
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    _write_tokenizer(folder, tokenizer, tokenizer_class="BloomTokenizerFast", padding_side="left", **names)
    config = BloomConfig(
        vocab_size=rows + 2, n_layer=2, n_head=2, hidden_size=16, initializer_range=0.3, pad_token_id=3
    )
    model = _write_weights(folder, BloomModel, config)
    if "bloomz" in hub_id:
        model.bfloat16().save_pretrained(folder)  # type: ignore[no-untyped-call]


def write_qwen2(folder: Path, hub_id: str) -> None:
    """Write a Qwen2 whose configuration names code of its own and says nothing of its attention."""
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = _byte_bpe(
        [], Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    )
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    end = tokenizer.token_to_id(specials[0])
    code = {"AutoTokenizer": [None, "tokenization_qwen.Qwen2TokenizerFast"]}
    names = {"eos_token": specials[0], "pad_token": specials[0]}
    _write_tokenizer(folder, tokenizer, tokenizer_class="Qwen2Tokenizer", auto_map=code, add_eos_token=True, **names)
    sizes = {**_SIZES, "num_key_value_heads": 1, "intermediate_size": 32, "max_position_embeddings": 1024}
    rows = tokenizer.get_vocab_size()
    config = Qwen2Config(vocab_size=rows, bos_token_id=end, eos_token_id=end, auto_map=_QWEN_CODE, **sizes)
    _write_weights(folder, Qwen2Model, config)


def write_bert(folder: Path, hub_id: str) -> None:
    """Write a BERT; with XLM-R's tokenizer, whose padding token is not the configuration's, for E5."""
    sizes = {**_SIZES, "intermediate_size": 32, "max_position_embeddings": 512, "pad_token_id": 0}
    if "e5" in hub_id:
        rows = _write_unigram(folder, "XLMRobertaTokenizer", ("<s>", "<pad>", "</s>", "<unk>"))
    else:
        vocabulary = [*_BERT_TOKENS, *_BERT_PIECES]
        rows = len(vocabulary)
        tokenizer = Tokenizer(models.WordPiece({token: at for at, token in enumerate(vocabulary)}, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _BERT_TOKENS])
        names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _BERT_TOKENS, strict=True))
        _write_tokenizer(folder, tokenizer, tokenizer_class="BertTokenizer", model_max_length=512, **names)
    _write_weights(folder, BertModel, BertConfig(vocab_size=rows, **sizes))


def write_xlm_roberta(folder: Path, hub_id: str) -> None:
    """Write an XLM-R, whose positions begin after the padding token's id; bge-m3 with more of them."""
    long = "m3" in hub_id
    rows = _write_unigram(folder, "XLMRobertaTokenizer", ("<s>", "<pad>", "</s>", "<unk>"), 8192 if long else 512)
    sizes = {**_SIZES, "intermediate_size": 32, "max_position_embeddings": 1026 if long else 514, "type_vocab_size": 1}
    config = XLMRobertaConfig(vocab_size=rows, pad_token_id=1, bos_token_id=0, eos_token_id=2, **sizes)
    _write_weights(folder, XLMRobertaModel, config)


def write_camembert(folder: Path, hub_id: str) -> None:
    """Write a CamemBERT, whose special tokens stand at other places than XLM-R's."""
    tokens = ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>")
    rows = _write_unigram(folder, "CamembertTokenizer", tokens)
    sizes = {**_SIZES, "intermediate_size": 32, "max_position_embeddings": 514, "type_vocab_size": 1}
    config = CamembertConfig(vocab_size=rows, pad_token_id=1, bos_token_id=5, eos_token_id=6, **sizes)
    _write_weights(folder, CamembertModel, config)


def _byte_bpe(specials: list[str], pattern: Regex) -> Tokenizer:
    """Return a byte-level tokenizer; some of its merges join a bracket and the letter after it."""
    merged = [merge.replace(" ", "") for merge in _MERGES]
    vocabulary = [*specials, *sorted(pre_tokenizers.ByteLevel.alphabet()), *merged]
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in _MERGES)]
    tokenizer = Tokenizer(models.BPE({token: place for place, token in enumerate(vocabulary)}, pairs))
    split = pre_tokenizers.Split(pattern, "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    return tokenizer


def _write_unigram(folder: Path, name: str, specials: tuple[str, ...], max_length: int = 512) -> int:
    """Write a SentencePiece-like tokenizer with the template `<s> A </s>`; return its number of tokens."""
    pieces = [(token, 0.0) for token in specials] + [(piece, -float(len(piece) < 2)) for piece in _PIECES]
    tokenizer = Tokenizer(models.Unigram([*pieces, ("<mask>", 0.0)], unk_id=3, byte_fallback=False))
    metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    first, last = specials.index("<s>"), specials.index("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", first), ("</s>", last)],
    )
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in (*specials, "<mask>")])
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    others = {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    _write_tokenizer(folder, tokenizer, tokenizer_class=name, model_max_length=max_length, **names, **others)
    return int(tokenizer.get_vocab_size())


def _write_tokenizer(folder: Path, tokenizer: Tokenizer, **settings: Any) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", settings)


def _write_weights(
    folder: Path, model_class: type[PreTrainedModel], config: PretrainedConfig, seed: int = 0
) -> PreTrainedModel:
    torch.manual_seed(seed)
    model: PreTrainedModel = model_class(config)
    for name, parameter in model.named_parameters():  # biases are zero at first, which would hide one left out
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    model.train(False).save_pretrained(folder)
    return model
