"""Stage 3: questions and the passages that answer them, in all nine directions."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import BertModel, PreTrainedTokenizerFast

from training.batches import ClusteredBatches
from training.body import QUESTION_TOKENS, embed, tokenize
from training.losses import info_nce, learned_scale

MAX_TOKENS = 192
PARTS = 4


def embed_sorted(
    body: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], max_tokens: int
) -> Tensor:
    """Return unit vectors in the order of the texts, computed in a few parts of like length to save padding."""
    device = next(body.parameters()).device
    order = sorted(range(len(texts)), key=lambda place: len(texts[place].encode()))
    size = -(-len(texts) // PARTS)
    parts = [[texts[place] for place in order[start : start + size]] for start in range(0, len(order), size)]
    vectors = torch.cat([embed(body, tokenize(tokenizer, part, max_tokens, device)) for part in parts])
    return vectors[torch.tensor(order, device=device).argsort()]


def contrastive_loss(
    body: BertModel, logarithm: Tensor, tokenizer: PreTrainedTokenizerFast, batches: ClusteredBatches
) -> Callable[[int], Tensor]:
    """Return the function from a step's number to its loss; `logarithm` is that of the learned inverse temperature."""

    def loss_of(step: int) -> Tensor:
        examples, alike = batches[step]
        questions = embed_sorted(body, tokenizer, [example.question for example in examples], QUESTION_TOKENS)
        passages = embed_sorted(body, tokenizer, [example.passage for example in examples], MAX_TOKENS)
        return info_nce(questions, passages, learned_scale(logarithm), alike.to(questions.device))

    return loss_of
