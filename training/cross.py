"""Stage 4: question and passage read together; one score, and the answer's span, in one token classifier."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertForTokenClassification, BertModel, PreTrainedTokenizerFast

from training.body import ATTENTION, INFERENCE_ATTENTION
from training.candidates import CandidateLists
from training.corpus import Example
from training.losses import listwise_loss

LABELS = {"relevance": 0, "answer_start": 1, "answer_end": 2}
MAX_TOKENS = 224
PARTS = 4
# Of the wrong passages drawn, those the model itself now scores highest are learned from: for most questions it tells
# the others at a glance, and the pass back is two thirds of the cost.
HARDEST = 2
SPAN_WEIGHT = 0.5
MAX_ANSWER_CHARACTERS = {"en": 60, "fr": 60, "zh": 20}
# The "answers" of these are whole sentences or paragraphs.
WITHOUT_SPANS = ("selqa", "pubmedqa", "cnil", "crpa", "service")


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


def cross_loss(
    model: BertForTokenClassification, tokenizer: PreTrainedTokenizerFast, batches: CandidateLists
) -> Callable[[int], Tensor]:
    """Return the function from a step's number to its loss: listwise on scores, cross-entropy on the answer's ends."""

    def loss_of(step: int) -> Tensor:
        batch = hardest(model, tokenizer, batches[step])
        pairs = [(example, text, place == 0) for example, texts in batch for place, text in enumerate(texts)]
        scores, spans = _read_in_parts(model, tokenizer, pairs)
        loss = listwise_loss(scores.view(len(batch), -1))
        return loss + SPAN_WEIGHT * torch.stack(spans).mean() if spans else loss

    return loss_of


@torch.inference_mode()
def hardest(
    model: BertForTokenClassification, tokenizer: PreTrainedTokenizerFast, batch: list[tuple[Example, list[str]]]
) -> list[tuple[Example, list[str]]]:
    """Return each question with its right passage and the `HARDEST` wrong ones that the model scores highest."""
    pairs = [(example, text, False) for example, texts in batch for text in texts[1:]]
    model.set_attn_implementation(INFERENCE_ATTENTION)
    scores, _ = _read_in_parts(model, tokenizer, pairs)
    model.set_attn_implementation(ATTENTION)
    kept = scores.view(len(batch), -1).topk(HARDEST).indices.tolist()
    return [
        (example, [texts[0], *(texts[1 + place] for place in places)])
        for (example, texts), places in zip(batch, kept, strict=True)
    ]


def _read_in_parts(
    model: BertForTokenClassification, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[Example, str, bool]]
) -> tuple[Tensor, list[Tensor]]:
    """Return the scores of pairs, in their order, and their span losses; passages of like length are read together."""
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][1].encode()))
    size = len(pairs) // PARTS
    scores, spans = [], list[Tensor]()
    for start in range(0, len(order), size):
        part_scores, part_spans = _read(model, tokenizer, [pairs[place] for place in order[start : start + size]])
        scores.append(part_scores)
        spans += part_spans
    return torch.cat(scores)[torch.tensor(order).argsort()], spans


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
            if right and teaches_span(example)
            else None
        )
        for label, target in zip(("answer_start", "answer_end"), ends or (), strict=bool(ends)):
            distribution = logits[row, tokens, LABELS[label]]
            losses.append(functional.cross_entropy(distribution[None], torch.tensor([target], device=device)))
    return logits[:, 0, LABELS["relevance"]], losses


def teaches_span(example: Example) -> bool:
    """Tell whether the answer is short enough to be what a reader should mark."""
    most = MAX_ANSWER_CHARACTERS[example.passage_language]
    return example.source not in WITHOUT_SPANS and 0 < len(example.answer) <= most


def answer_tokens(text: str, answer: str, offsets: list[list[int]]) -> tuple[int, int] | None:
    """Return the first and last token of the answer's first occurrence; None where it is unknown or cut off."""
    start = text.find(answer)
    if not answer or start < 0:
        return None
    inside = [place for place, (first, last) in enumerate(offsets) if first < start + len(answer) and last > start]
    return (inside[0], inside[-1]) if inside else None
