"""The BERT both models share: made from MiniLM, pooled, saved in the hub's layout."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from transformers import BertModel, PreTrainedModel, PreTrainedTokenizerFast

# On a processor the backward pass of PyTorch's fused attention takes three times as long as the plain one (torch 2.13);
# without a backward pass the fused one is the faster.
ATTENTION, INFERENCE_ATTENTION = "eager", "sdpa"
PASSAGE_TOKENS = 256
QUESTION_TOKENS = 64


def widen(source: Path, table: Tensor) -> BertModel:
    """Return MiniLM's body with `table` as its input vectors."""
    body = BertModel.from_pretrained(
        source, add_pooling_layer=False, dtype=torch.float32, attn_implementation=ATTENTION
    )
    pieces, width = table.shape
    body.embeddings.word_embeddings = torch.nn.Embedding(pieces, width, padding_idx=0, _weight=table.clone())
    body.config.vocab_size = len(table)
    return body


def tokenize(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], max_tokens: int, device: torch.device
) -> dict[str, Tensor]:
    """Return padded `input_ids` and `attention_mask`, each (texts, tokens)."""
    encoded = tokenizer(list(texts), padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
    return {name: encoded[name].to(device) for name in ("input_ids", "attention_mask")}


def embed(body: torch.nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """Return unit vectors (texts, width): the mean of the last states over real tokens; products are in bfloat16."""
    with torch.autocast(inputs["input_ids"].device.type, torch.bfloat16):
        states = body(**inputs).last_hidden_state
    mask = inputs["attention_mask"][..., None].float()
    return functional.normalize((states.float() * mask).sum(1) / mask.sum(1), dim=-1)


@torch.inference_mode()
def embed_all(
    body: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], max_tokens: int, rows: int = 32
) -> NDArray[np.float32]:
    """Return the unit vectors of many texts, in their order; the shortest are done first, together."""
    device = next(body.parameters()).device
    vectors = np.zeros((len(texts), body.config.hidden_size), np.float32)
    body.set_attn_implementation(INFERENCE_ATTENTION)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place].encode()))
    for start in range(0, len(order), rows):
        places = order[start : start + rows]
        inputs = tokenize(tokenizer, [texts[place] for place in places], max_tokens, device)
        vectors[places] = embed(body, inputs).cpu().numpy()
    body.set_attn_implementation(ATTENTION)
    return vectors


def save_checkpoint(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a hub folder: 16-bit weights, tokenizer, configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    fields = {**model.config.to_dict(), "architectures": [type(model).__name__], "dtype": "float16"}
    fields.pop("_name_or_path", None)  # a folder of the machine it was trained on
    (folder / "config.json").write_text(json.dumps(fields, indent=2) + "\n", "utf-8")
    weights = {name: tensor.detach().half().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def save_encoder(body: BertModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a hub folder with what sentence-transformers needs: modules, pooling, length."""
    save_checkpoint(body, tokenizer, folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", "utf-8")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": PASSAGE_TOKENS}) + "\n", "utf-8")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": body.config.hidden_size, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling, indent=2) + "\n", "utf-8")
