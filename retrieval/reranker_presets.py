"""How a reranker's authors run it: pair form, score, limits. One row a model; data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.pairs import PairForm
from retrieval.passages import Language


@dataclass(frozen=True, slots=True)
class RerankerPreset:
    """How two texts become a score in 0-1.

    `separators` are the special tokens before, between and after the texts: a folder's tokenizer must put exactly
    these. The score is the softmax of the logit of `positive_label`, or without one the logistic function of the
    only logit. `parameters` are to the nearest million but for BLOOM.
    """

    form: PairForm
    model_type: str
    separators: tuple[str, str, str]
    positive_label: str | None
    parameters: int
    languages: tuple[Language, ...]
    licence: str


_XLM_ROBERTA = ("<s>", "</s></s>", "</s>")
# Nothing stands between the texts, and the score is read on the last token, the question's. The page sets no limit:
# this is the length BLOOM was trained at. Padded on the right, since the fused attention then needs less.
_BLOOM = PairForm(2048, passage_first=True)
_BLOOM_RAIL = "bigscience-bloom-rail-1.0"

RERANKERS: Mapping[str, RerankerPreset] = {
    "cmarkea/bloomz-560m-reranking": RerankerPreset(
        _BLOOM, "bloom", ("", "", ""), "LABEL_1", 559_214_592, ("fr", "en"), _BLOOM_RAIL
    ),
    "cmarkea/bloomz-3b-reranking": RerankerPreset(
        _BLOOM, "bloom", ("", "", ""), "LABEL_1", 3_002_557_440, ("fr", "en"), _BLOOM_RAIL
    ),
    # FlagEmbedding cuts the question to three quarters of the tokens, and then the passage.
    "BAAI/bge-reranker-base": RerankerPreset(
        PairForm(512, question_share=0.75), "xlm-roberta", _XLM_ROBERTA, None, 278_000_000, ("en", "zh"), "mit"
    ),
    "BAAI/bge-reranker-large": RerankerPreset(
        PairForm(512, question_share=0.75), "xlm-roberta", _XLM_ROBERTA, None, 560_000_000, ("en", "zh"), "mit"
    ),
    # Takes 8192; its published figures were measured with 1024.
    "BAAI/bge-reranker-v2-m3": RerankerPreset(
        PairForm(1024, question_share=0.75),
        "xlm-roberta",
        _XLM_ROBERTA,
        None,
        568_000_000,
        ("fr", "en", "zh"),
        "apache-2.0",
    ),
    "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1": RerankerPreset(
        PairForm(512, cut="longest"), "xlm-roberta", _XLM_ROBERTA, None, 118_000_000, ("fr", "en", "zh"), "apache-2.0"
    ),
    # Takes 8192; the page's example gives 512.
    "Alibaba-NLP/gte-multilingual-reranker-base": RerankerPreset(
        PairForm(512, cut="longest"), "gte", _XLM_ROBERTA, None, 306_000_000, ("fr", "en", "zh"), "apache-2.0"
    ),
}
