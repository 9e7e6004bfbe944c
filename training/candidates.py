"""The cross-encoder's examples: a question, its passage, and hard negatives the bi-encoder finds."""

import random
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from retrieval.sentences import sentence_spans
from training.batches import DUPLICATE, SHARES, Pool
from training.body import QUESTION_TOKENS, embed_all
from training.corpus import Example

QUESTIONS = 8
# Wrong passages drawn for a question from those mined, of its passage's language and of any.
DRAWN_SAME, DRAWN_ANY = 4, 2
MINED = 24
BLOCK = 512
# Libraries hold one-sentence passages and long ones; the public sets have the short ones in French only, and length
# must not tell the language or the answer.
SHORTENED = 0.35
MAX_SENTENCES = 3
# How often a negative is the right passage itself without the sentences that hold the answer: nearer none can be.
CUT = 0.2


@dataclass(frozen=True)
class Candidates:
    """A question's example and the places of wrong passages that the bi-encoder ranks high."""

    example: Example
    same_language: list[int]
    any_language: list[int]


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
            wrong = [
                *_without_answer(question.example, question.same_language, passages, DRAWN_SAME, rng),
                *_without_answer(question.example, question.any_language, passages, DRAWN_ANY, rng),
            ]
            batch.append((question.example, _vary(question.example, wrong, rng)))
        return batch


def _without_answer(
    example: Example, places: list[int], passages: list[str], number: int, rng: random.Random
) -> list[str]:
    """Draw wrong passages that do not hold the answer, as far as there are any: one that does may answer too."""
    order = rng.sample(places, len(places))
    order.sort(key=lambda place: bool(example.answer) and example.answer in passages[place])
    return [passages[place] for place in order[:number]]


def _vary(example: Example, wrong: list[str], rng: random.Random) -> list[str]:
    """Return the right passage and the wrong ones, some lists shortened, in some the last one without its answer."""
    texts = [example.passage, *wrong]
    without = cut_answer(example.passage, example.answer) if rng.random() < CUT else ""
    if without:
        return [*texts[:-1], without]
    if example.answer in example.passage and example.answer and rng.random() < SHORTENED:
        return [shorten(text, example.answer if text is texts[0] else "", rng) for text in texts]
    return texts


def shorten(text: str, answer: str, rng: random.Random) -> str:
    """Return one to three sentences of a passage in a row, those around the answer where it has one."""
    spans = sentence_spans(text)
    holding = [place for place, (start, end) in enumerate(spans) if answer and answer in text[start:end]]
    middle = holding[0] if holding else rng.randrange(len(spans))
    number = rng.randint(1, MAX_SENTENCES)
    first = max(0, middle - rng.randrange(number))
    return text[spans[first][0] : spans[min(first + number, len(spans)) - 1][1]]


def cut_answer(text: str, answer: str) -> str:
    """Return a passage without the sentences that hold the answer; empty if little is left or none holds it."""
    starts = [start for start, _ in sentence_spans(text)]
    # Each with the blank after it, so that what is left reads like any other text of its language.
    sentences = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    kept = [sentence for sentence in sentences if answer not in sentence]
    if not answer or len(kept) == len(sentences) or 2 * len(kept) < len(sentences):
        return ""
    return "".join(kept).strip()
