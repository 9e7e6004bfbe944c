"""How a reranker's authors run it: pair form, score, limits. One row a model; data and its look-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval.pairs import PairForm


@dataclass(frozen=True, slots=True)
class RerankerPreset:
    """How two texts become a score in 0-1.

    `separators` are the special tokens before, between and after the texts: a folder's tokenizer must put exactly
    these. The score is the softmax of the logit of `positive_label`, or without one the logistic function of the
    only logit. `parameters` are millions.
    """

    form: PairForm
    separators: tuple[str, str, str]
    positive_label: str | None
    parameters: int
    languages: str
    licence: str


_XLM_ROBERTA = ("<s>", "</s></s>", "</s>")
# Nothing stands between the texts, and the score is read on the last token, the question's. The page sets no limit:
# this is the length BLOOM was trained at. Padded on the right, since the fused attention then needs less.
_BLOOM = PairForm(2048, passage_first=True)
_BLOOM_RAIL = "bigscience-bloom-rail-1.0"

RERANKERS: Mapping[str, RerankerPreset] = {
    "cmarkea/bloomz-560m-reranking": RerankerPreset(_BLOOM, ("", "", ""), "LABEL_1", 559, "fr, en", _BLOOM_RAIL),
    "cmarkea/bloomz-3b-reranking": RerankerPreset(_BLOOM, ("", "", ""), "LABEL_1", 3003, "fr, en", _BLOOM_RAIL),
    # FlagEmbedding cuts the question to three quarters of the tokens, and then the passage.
    "BAAI/bge-reranker-base": RerankerPreset(
        PairForm(512, question_share=0.75), _XLM_ROBERTA, None, 278, "zh, en", "mit"
    ),
    "BAAI/bge-reranker-large": RerankerPreset(
        PairForm(512, question_share=0.75), _XLM_ROBERTA, None, 560, "zh, en", "mit"
    ),
    # Takes 8192; its published figures were measured with 1024.
    "BAAI/bge-reranker-v2-m3": RerankerPreset(
        PairForm(1024, question_share=0.75), _XLM_ROBERTA, None, 568, "multilingual", "apache-2.0"
    ),
    "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1": RerankerPreset(
        PairForm(512, cut="longest"), _XLM_ROBERTA, None, 118, "multilingual", "apache-2.0"
    ),
    # Takes 8192; the page's example gives 512.
    "Alibaba-NLP/gte-multilingual-reranker-base": RerankerPreset(
        PairForm(512, cut="longest"), _XLM_ROBERTA, None, 306, "multilingual", "apache-2.0"
    ),
}


def find_preset(name: str) -> RerankerPreset | None:
    """Return the row of a hub id, of a folder named like the model, or of a folder in the hub's cache, else None."""
    rows = {key.lower(): row for key, row in RERANKERS.items()}
    if name.lower() in rows:
        return rows[name.lower()]
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return None
    # The cache keeps a model in models--owner--name/snapshots/revision.
    for path in (folder.absolute(), folder.resolve()):
        cached = [part.lower() for part in path.parts if part.lower().startswith("models--")]
        if cached:
            return rows.get(cached[-1].removeprefix("models--").replace("--", "/"))
    return {key.rsplit("/", 1)[-1]: row for key, row in rows.items()}.get(folder.absolute().name.lower())
