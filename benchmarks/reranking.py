"""Milliseconds to rerank 30 passages of about 150 tokens, against sentence-transformers with the same weights.

Its `CrossEncoder` scores with a sequence classifier and the bundled model is a token classifier, so the peer is a
sequence classifier made of the same weights (see `as_sequence_classifier`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import sentence_transformers
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, BertForSequenceClassification

from benchmarks.catalogue import Options
from benchmarks.corpus import read_texts, spread
from benchmarks.table import Row, at_least
from retrieval.bi_encoder import BiEncoder
from retrieval.cross_encoder import CrossEncoder
from retrieval.settings import Settings

PASSAGES, TOKENS = 30, 150
QUESTIONS = {"small": 1, "usual": 10, "full": 40}
LIMIT_MS = 150.0
# tanh of a number so small is that number, to 1 part in 10 000 for states as large as 17.
_SCALE = 1e-3
# Ours are scored in the processor's best number type, the peer's in float32.
_SAME = 0.05


def measure(options: Options) -> list[Row]:
    """Rerank the same passages for several questions with each, in turn; the figures are medians."""
    settings = Settings()
    texts = read_texts(options.data, encoder := BiEncoder.from_pretrained(settings.encoder, "cpu"))
    passages = nearest_in_length(list(texts.passages), encoder.count_tokens(texts.passages))
    ours = CrossEncoder.from_pretrained(settings.reranker, "cpu")
    with TemporaryDirectory() as folder:
        as_sequence_classifier(Path(settings.reranker), Path(folder))
        peer = sentence_transformers.CrossEncoder(folder, device="cpu", model_kwargs={"dtype": torch.float32})
        taken: dict[str, list[float]] = {"ours": [], "peer": []}
        for question in spread(texts.questions, QUESTIONS[options.size]):
            scores, own = timed(partial(ours.score, question, passages))
            others, theirs = timed(partial(peer.predict, [(question, passage) for passage in passages]))
            if np.abs(scores - others).max() > _SAME:
                raise ValueError(f"The peer scores otherwise, by {np.abs(scores - others).max():.3f}: {question}")
            taken["ours"].append(own)
            taken["peer"].append(theirs)
    own, theirs = (median(times) * 1000 for times in taken.values())
    what = f"reranking {PASSAGES} passages of about {TOKENS} tokens, p50"
    within = Row(what, own, "ms", "limit", LIMIT_MS, f"≤ {LIMIT_MS:g} ms", own <= LIMIT_MS)
    return [within, at_least(3, Row(what, own, "ms", "sentence-transformers, defaults, float32", theirs, "", False))]


def timed(act: Any) -> tuple[Any, float]:
    """Return what an act gives and its seconds."""
    start = perf_counter()
    result = act()
    return result, perf_counter() - start


def nearest_in_length(texts: list[str], lengths: list[int]) -> list[str]:
    """Return the passages whose length is nearest to `TOKENS`, in the order they came in."""
    rows = sorted(range(len(texts)), key=lambda row: abs(lengths[row] - TOKENS))[:PASSAGES]
    return [texts[row] for row in sorted(rows)]


def as_sequence_classifier(source: Path, target: Path) -> None:
    """Write the token classifier's relevance as a `BertForSequenceClassification`'s folder.

    Between the first state and its classifier that class has a pooling layer, tanh(W x + b). With W a small multiple of
    the unit matrix and b zero it changes nothing but the size, which the classifier's weights make good.
    """
    own = AutoModelForTokenClassification.from_pretrained(source, dtype=torch.float32)
    label = own.config.label2id["relevance"]
    config = type(own.config).from_pretrained(source, id2label={0: "relevance"}, label2id={"relevance": 0})
    peer = BertForSequenceClassification(config)
    peer.bert.load_state_dict(own.bert.state_dict(), strict=False)
    with torch.no_grad():
        pooling: Any = peer.bert.get_submodule("pooler.dense")
        pooling.weight.copy_(torch.eye(config.hidden_size) * _SCALE)
        pooling.bias.zero_()
        peer.classifier.weight.copy_(own.classifier.weight[label : label + 1] / _SCALE)
        peer.classifier.bias.copy_(own.classifier.bias[label : label + 1])
    peer.save_pretrained(target)
    AutoTokenizer.from_pretrained(source).save_pretrained(target)
