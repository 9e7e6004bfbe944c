"""How a model's authors run it: text form, pooling, limits. Data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from retrieval.passages import Distance, Language

Pooling = Literal["mean", "weighted_mean", "cls", "last"]
Attention = Literal["causal", "bidirectional"]


@dataclass(frozen=True, slots=True)
class EncoderPreset:
    """How to turn a text into a vector.

    `question_prefix` and `passage_prefix` stand before the text and are tokenized with it; `question_ends` and
    `passage_ends` are a token put before and one put after the text's own, once it is cut. `max_tokens` includes all
    of these. `template` adds the tokenizer's own special tokens, `strip` takes off blanks around the text, and without
    `pool_prefix` the tokens up to the end of the prefix are left out of the pooling. `attention` None is not checked.
    """

    pooling: Pooling
    normalise: bool
    distance: Distance
    max_tokens: int
    question_prefix: str = ""
    passage_prefix: str = ""
    question_ends: tuple[str, str] = ("", "")
    passage_ends: tuple[str, str] = ("", "")
    template: bool = True
    strip: bool = False
    pool_prefix: bool = True
    padding_side: Literal["left", "right"] = "right"
    attention: Attention | None = None


@dataclass(frozen=True, slots=True)
class EncoderRow:
    """A public model: how it is run and what it is.

    `model_type` is its architecture in transformers' words, `languages` those of ours that it was made for.
    """

    preset: EncoderPreset
    model_type: str
    parameters: int
    dimension: int
    languages: tuple[Language, ...]
    licence: str


_ALL: tuple[Language, ...] = ("fr", "en", "zh")
_FR_EN: tuple[Language, ...] = ("fr", "en")
_EN: tuple[Language, ...] = ("en",)
_ZH: tuple[Language, ...] = ("zh",)
_FR: tuple[Language, ...] = ("fr",)
_RAIL = "bigscience-bloom-rail-1.0"

# BLOOM has no special tokens around a text, and its last state sees everything before it.
_BLOOM = EncoderPreset(
    "last", normalise=False, distance="cosine", max_tokens=300, template=False, padding_side="left", attention="causal"
)
_UDEVER = replace(
    _BLOOM,
    question_prefix="[BOQ]",
    passage_prefix="[BOD]",
    question_ends=("", "[EOQ]"),
    passage_ends=("", "[EOD]"),
)
# The vector is the state of the text's own last token, so a blank at the end would change it. The card sets no limit.
_CMARKEA = replace(_BLOOM, max_tokens=512, strip=True)
# The first version was trained on Euclidean distances of raw vectors: by cosine it is silently worse.
_CMARKEA_V1 = replace(_CMARKEA, distance="euclid")
# The brackets are put in as tokens: in the text they would merge with its first and last characters.
_SGPT = replace(
    _BLOOM,
    pooling="weighted_mean",
    question_ends=("[", "]"),
    passage_ends=("{", "}"),
    strip=True,
    padding_side="right",
)
# Made bidirectional by its authors' own code; transformers' class does it if the configuration says so. In half
# precision (fp16) its states overflow.
_QWEN2 = EncoderPreset(
    "last",
    normalise=True,
    distance="cosine",
    max_tokens=8192,
    question_prefix=(
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "  # one blank
    ),
    question_ends=("", "<|endoftext|>"),
    passage_ends=("", "<|endoftext|>"),
    template=False,
    padding_side="left",
    attention="bidirectional",
)
_BERT = EncoderPreset("mean", normalise=True, distance="cosine", max_tokens=512, attention="bidirectional")
_BGE = replace(_BERT, pooling="cls")
_BGE_EN = replace(_BGE, question_prefix="Represent this sentence for searching relevant passages: ")
# Ends with a full-width colon (U+FF1A) and no blank.
_BGE_ZH = replace(_BGE, question_prefix="为这个句子生成表示以用于检索相关文章：")
_E5 = replace(_BERT, question_prefix="query: ", passage_prefix="passage: ")
_RAW_MEAN = replace(_BERT, normalise=False)

_BERT_BASE_EN = EncoderRow(_BERT, "bert", 108_891_648, 768, _EN, "mit")
_BERT_LARGE_EN = replace(_BERT_BASE_EN, parameters=334_092_288, dimension=1024)
_BERT_SMALL_EN = replace(_BERT_BASE_EN, parameters=33_212_160, dimension=384)
_BGE_SMALL_ZH = EncoderRow(_BGE_ZH, "bert", 23_691_264, 512, _ZH, "mit")
_BGE_BASE_ZH = replace(_BGE_SMALL_ZH, parameters=101_677_056, dimension=768)
_BGE_LARGE_ZH = replace(_BGE_SMALL_ZH, parameters=324_472_832, dimension=1024)
_MINILM = replace(_BERT_SMALL_EN, licence="apache-2.0")

# By hub id.
ENCODERS: Mapping[str, EncoderRow] = {
    "izhx/udever-bloom-560m": EncoderRow(_UDEVER, "bloom", 559_214_592, 1024, _ALL, _RAIL),
    "izhx/udever-bloom-1b1": EncoderRow(_UDEVER, "bloom", 1_065_314_304, 1536, _ALL, _RAIL),
    "izhx/udever-bloom-3b": EncoderRow(_UDEVER, "bloom", 3_002_557_440, 2560, _ALL, _RAIL),
    "izhx/udever-bloom-7b1": EncoderRow(_UDEVER, "bloom", 7_069_016_064, 4096, _ALL, _RAIL),
    "cmarkea/bloomz-560m-retriever-v2": EncoderRow(_CMARKEA, "bloom", 559_214_592, 1024, _FR_EN, _RAIL),
    "cmarkea/bloomz-3b-retriever-v2": EncoderRow(_CMARKEA, "bloom", 3_002_557_440, 2560, _FR_EN, _RAIL),
    "cmarkea/bloomz-560m-retriever": EncoderRow(_CMARKEA_V1, "bloom", 559_214_592, 1024, _FR_EN, _RAIL),
    "cmarkea/bloomz-3b-retriever": EncoderRow(_CMARKEA_V1, "bloom", 3_002_557_440, 2560, _FR_EN, _RAIL),
    # Its card names no licence: the one shown is BLOOM's.
    "bigscience/sgpt-bloom-7b1-msmarco": EncoderRow(_SGPT, "bloom", 7_068_205_056, 4096, _ALL, f"{_RAIL} (of BLOOM)"),
    "Lenovo-Zhihui/Zhihui_LLM_Embedding": EncoderRow(
        replace(_QWEN2, max_tokens=512), "qwen2", 7_069_121_024, 3584, _ALL, "cc-by-nc-4.0 (NON-COMMERCIAL)"
    ),
    "Alibaba-NLP/gte-Qwen2-7B-instruct": EncoderRow(_QWEN2, "qwen2", 7_069_121_024, 3584, _ALL, "apache-2.0"),
    "BAAI/bge-small-en": replace(_BERT_SMALL_EN, preset=_BGE_EN),
    "BAAI/bge-base-en": replace(_BERT_BASE_EN, preset=_BGE_EN),
    "BAAI/bge-large-en": replace(_BERT_LARGE_EN, preset=_BGE_EN),
    "BAAI/bge-small-en-v1.5": replace(_BERT_SMALL_EN, preset=_BGE_EN),
    "BAAI/bge-base-en-v1.5": replace(_BERT_BASE_EN, preset=_BGE_EN),
    "BAAI/bge-large-en-v1.5": replace(_BERT_LARGE_EN, preset=_BGE_EN),
    "BAAI/bge-small-zh": _BGE_SMALL_ZH,
    "BAAI/bge-base-zh": _BGE_BASE_ZH,
    "BAAI/bge-large-zh": _BGE_LARGE_ZH,
    "BAAI/bge-small-zh-v1.5": _BGE_SMALL_ZH,
    "BAAI/bge-base-zh-v1.5": _BGE_BASE_ZH,
    "BAAI/bge-large-zh-v1.5": _BGE_LARGE_ZH,
    "BAAI/bge-large-zh-noinstruct": replace(_BGE_LARGE_ZH, preset=_BGE),
    "BAAI/bge-m3": EncoderRow(replace(_BGE, max_tokens=8192), "xlm-roberta", 566_705_152, 1024, _ALL, "mit"),
    # A BERT with XLM-R's tokenizer.
    "intfloat/multilingual-e5-small": EncoderRow(_E5, "bert", 117_505_920, 384, _ALL, "mit"),
    "intfloat/multilingual-e5-base": EncoderRow(_E5, "xlm-roberta", 277_453_056, 768, _ALL, "mit"),
    "intfloat/multilingual-e5-large": EncoderRow(_E5, "xlm-roberta", 558_840_832, 1024, _ALL, "mit"),
    # An XLM-R in spite of its name.
    "sentence-transformers/paraphrase-multilingual-mpnet-base-v2": EncoderRow(
        replace(_RAW_MEAN, max_tokens=128), "xlm-roberta", 277_453_056, 768, _ALL, "apache-2.0"
    ),
    "sentence-transformers/all-MiniLM-L6-v2": replace(
        _MINILM, preset=replace(_BERT, max_tokens=256), parameters=22_565_376
    ),
    # Its card says 256; its sentence_bert_config.json, which sentence-transformers goes by, says 128.
    "sentence-transformers/all-MiniLM-L12-v2": replace(_MINILM, preset=replace(_BERT, max_tokens=128)),
    "thenlper/gte-small": _BERT_SMALL_EN,
    "thenlper/gte-base": _BERT_BASE_EN,
    "thenlper/gte-large": _BERT_LARGE_EN,
    "h4c5/sts-camembert-base": EncoderRow(_RAW_MEAN, "camembert", 110_031_360, 768, _FR, "mit"),
}
