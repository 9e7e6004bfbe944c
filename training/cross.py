"""Stage 4: question and passage read together; one score, and the answer's span, in one token classifier."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertForTokenClassification, BertModel, PreTrainedModel, PreTrainedTokenizerFast

from training.batches import DUPLICATE, SHARES, Pool
from training.body import ATTENTION, QUESTION_TOKENS, embed_all
from training.corpus import Example
from training.losses import listwise_loss

LABELS = {"relevance": 0, "answer_start": 1, "answer_end": 2}
QUESTIONS = 8
CANDIDATES = 4
MAX_TOKENS = 224
MINED = 24
BLOCK = 512
PARTS = 4
SPAN_WEIGHT = 0.3
MAX_ANSWER_CHARACTERS = 160


@dataclass(frozen=True)
class Candidates:
    """A question's example and the places of wrong passages that the bi-encoder ranks high."""

    example: Example
    same_language: list[int]
    any_language: list[int]


def classifier(body: BertModel) -> BertForTokenClassification:
    """Return a token classifier over a copy of the bi-encoder's body; its input vectors are frozen."""
    config = BertConfig(
        **{**body.config.to_dict(), "label2id": LABELS, "id2label": {i: name for name, i in LABELS.items()}}
    )
    config._attn_implementation = ATTENTION
    model: BertForTokenClassification = BertForTokenClassification(config)
    model.bert.load_state_dict(body.state_dict())
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    model.train(False)  # no dropout: the runs are short and the data is seen once
    return model


def mine(
    pool: Pool, body: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, number: int, seed: int = 0
) -> list[Candidates]:
    """Draw examples of a pool and find hard negatives: passages near the question, not near the right one."""
    rng = random.Random(seed)
    drawn = [(place, rng.choice(pool.examples[place])) for place in rng.choices(range(len(pool.passages)), k=number)]
    vectors = embed_all(body, tokenizer, [example.question for _, example in drawn], QUESTION_TOKENS, rows=128)
    spoken = np.array([examples[0].passage_language for examples in pool.examples])
    told = np.array([example.passage_language for _, example in drawn])
    found = []
    for start in range(0, number, BLOCK):
        own = pool.vectors[[place for place, _ in drawn[start : start + BLOCK]]]
        scores = vectors[start : start + BLOCK] @ pool.vectors.T
        scores[own @ pool.vectors.T > DUPLICATE] = -1.0
        nearest = np.argpartition(-scores, MINED, axis=1)[:, :MINED]
        scores[told[start : start + BLOCK, None] != spoken[None]] = -1.0
        same = np.argpartition(-scores, MINED, axis=1)[:, :MINED]
        examples = [example for _, example in drawn[start : start + BLOCK]]
        rows = zip(examples, same.tolist(), nearest.tolist(), strict=True)
        found += [Candidates(*row) for row in rows]
    return found


class CandidateLists:
    """Batches by number: questions of one kind, each with its passage first and hard negatives after it."""

    def __init__(self, pools: dict[str, Pool], mined: dict[str, list[Candidates]], seed: int = 0) -> None:
        self._pools, self._mined, self._seed = pools, mined, seed

    def __getitem__(self, number: int) -> list[tuple[Example, list[str]]]:
        """Return (example, passages) of a step."""
        rng = random.Random(f"{self._seed}-{number}")
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        passages = self._pools[kind].passages
        batch = []
        for question in rng.sample(self._mined[kind], QUESTIONS):
            wrong = [*rng.sample(question.same_language, CANDIDATES - 2), rng.choice(question.any_language)]
            batch.append((question.example, [question.example.passage, *(passages[place] for place in wrong)]))
        return batch


def cross_loss(
    model: BertForTokenClassification, tokenizer: PreTrainedTokenizerFast, batches: CandidateLists
) -> Callable[[int], Tensor]:
    """Return the function from a step's number to its loss: listwise on scores, cross-entropy on the answer's ends."""

    def loss_of(step: int) -> Tensor:
        batch = batches[step]
        pairs = [(example, text, place == 0) for example, texts in batch for place, text in enumerate(texts)]
        order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][1].encode()))
        size = len(pairs) // PARTS
        scores, spans = [], list[Tensor]()
        for start in range(0, len(order), size):
            part = [pairs[place] for place in order[start : start + size]]
            part_scores, part_spans = _read(model, tokenizer, part)
            scores.append(part_scores)
            spans += part_spans
        logits = torch.cat(scores)[torch.tensor(order).argsort()].view(len(batch), -1)
        loss = listwise_loss(logits)
        return loss + SPAN_WEIGHT * torch.stack(spans).mean() if spans else loss

    return loss_of


def _read(
    model: BertForTokenClassification, tokenizer: PreTrainedTokenizerFast, part: Sequence[tuple[Example, str, bool]]
) -> tuple[Tensor, list[Tensor]]:
    """Return the scores of pairs and the span losses of those whose passage holds a known answer."""
    encoded = tokenizer(
        [example.question for example, _, _ in part], [text for _, text, _ in part],
        padding=True, truncation="only_second", max_length=MAX_TOKENS, return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    device = next(model.parameters()).device
    inputs = {name: encoded[name].to(device) for name in ("input_ids", "attention_mask")}
    with torch.autocast(device.type, torch.bfloat16):
        logits = model(**inputs).logits
    logits = logits.float()
    losses = []
    for row, (example, text, right) in enumerate(part):
        tokens = [place for place, side in enumerate(encoded.sequence_ids(row)) if side == 1]
        ends = (
            answer_tokens(text, example.answer, [encoded["offset_mapping"][row][t].tolist() for t in tokens])
            if right
            else None
        )
        for label, target in zip(("answer_start", "answer_end"), ends or (), strict=bool(ends)):
            distribution = logits[row, tokens, LABELS[label]]
            losses.append(functional.cross_entropy(distribution[None], torch.tensor([target], device=device)))
    return logits[:, 0, LABELS["relevance"]], losses


def answer_tokens(text: str, answer: str, offsets: list[list[int]]) -> tuple[int, int] | None:
    """Return the first and last token of the answer's first occurrence; None where it is unknown, long or cut off."""
    start = text.find(answer)
    if not answer or len(answer) > MAX_ANSWER_CHARACTERS or start < 0:
        return None
    inside = [place for place, (first, last) in enumerate(offsets) if first < start + len(answer) and last > start]
    return (inside[0], inside[-1]) if inside else None
