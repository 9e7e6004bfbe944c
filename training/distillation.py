"""Stage 2: put a text where all-MiniLM-L6-v2 puts its English translation (Reimers and Gurevych 2020)."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModel, BertModel, PreTrainedTokenizerFast

from training.body import embed, tokenize
from training.losses import translation_loss

Pair = tuple[str, str]
BATCH = 128
CHUNK = 20  # batches sorted by length together, so that little is padding
ENGLISH_EVERY = 4  # steps; keeps the student's English where the teacher's is
LEXICON_SHARE = 0.2
MAX_TOKENS = 64


class Batches:
    """Batches of pairs by number; each pass over the pairs has its own order, drawn from the seed."""

    def __init__(self, pairs: Sequence[Pair], lexicon: Sequence[Pair], seed: int = 0) -> None:
        self._pairs, self._lexicon, self._seed = pairs, lexicon, seed
        self._words = min(len(lexicon), int(len(pairs) * LEXICON_SHARE))
        self._per_epoch = max(1, (len(pairs) + self._words) // BATCH)
        self._epoch, self._plan = -1, list[list[Pair]]()

    def __getitem__(self, number: int) -> list[Pair]:
        """Return the batch of a step."""
        epoch, place = divmod(number, self._per_epoch)
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._draw(random.Random(f"{self._seed}-{epoch}"))
        return self._plan[place]

    def _draw(self, rng: random.Random) -> list[list[Pair]]:
        rows = [*self._pairs, *rng.sample(self._lexicon, self._words)]
        rng.shuffle(rows)
        plan = []
        for start in range(0, len(rows), BATCH * CHUNK):
            chunk = sorted(
                rows[start : start + BATCH * CHUNK], key=lambda pair: len(pair[0].encode()) + len(pair[1].encode())
            )
            batches = [chunk[place : place + BATCH] for place in range(0, len(chunk), BATCH)]
            rng.shuffle(batches)
            plan += batches
        return plan


class Teacher:
    """The English model whose vectors the student learns; frozen."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        self._body = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False).eval().to(device)
        self._device = device

    @torch.no_grad()
    def embed(self, texts: Sequence[str], max_tokens: int = MAX_TOKENS) -> Tensor:
        """Return unit vectors (texts, width)."""
        return embed(self._body, tokenize(self._tokenizer, texts, max_tokens, self._device))


def distillation_loss(
    student: BertModel, tokenizer: PreTrainedTokenizerFast, teacher: Teacher, batches: Batches
) -> Callable[[int], Tensor]:
    """Return the function from a step's number to its loss."""
    device = next(student.parameters()).device

    def loss_of(step: int) -> Tensor:
        batch = batches[step]
        english = [pair[0] for pair in batch]
        target = teacher.embed(english)
        places = torch.tensor([english.index(text) for text in english], device=device)
        same = places[:, None] == places[None]
        vectors = embed(student, tokenize(tokenizer, [pair[1] for pair in batch], MAX_TOKENS, device))
        loss = translation_loss(vectors, target, same)
        if step % ENGLISH_EVERY == 0:
            own = embed(student, tokenize(tokenizer, english, MAX_TOKENS, device))
            loss = loss + 10 * (1 - (own * target).sum(-1)).mean()
        return loss

    return loss_of
