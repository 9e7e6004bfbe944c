"""`python -m training fine-tune`: teach an encoder one's own library."""

import argparse
import json
import random
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from retrieval import checkpoints
from retrieval.batching import Batch, Compute, choose_compute
from retrieval.bi_encoder import BiEncoder, load_body, pool
from retrieval.encoder_rows import find_preset
from retrieval.errors import InputError
from retrieval.presets import EncoderPreset, Pooling
from retrieval.sentence_layout import POOLING_NAMES, read_encoder_preset
from retrieval.store.edge import EdgeBackend
from retrieval.store.passage_store import PassageStore
from training.grad_cache import cached_backward
from training.log import logger
from training.loop import CLIP
from training.losses import first_logarithm, info_nce, learned_scale
from training.pairs import Pair, generate_pairs, hard_negatives, read_pairs_file


@dataclass
class Learner:
    """An encoder in training: `encode` is differentiable and has no dropout."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    preset: EncoderPreset
    compute: Compute

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Return unit vectors (texts, width)."""
        padded = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.preset.max_tokens, return_tensors="pt"
        ).to(self.compute.device)
        with torch.autocast(self.compute.device.type, self.compute.dtype, enabled=self.compute.dtype != torch.float32):
            output = self.model(**{name: padded[name] for name in ("input_ids", "attention_mask")})
        batch = Batch(list(range(len(texts))), output, padded["attention_mask"])
        return functional.normalize(pool(batch, self.preset.pooling), dim=-1)


def train_only_biases(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """Freeze all but the biases and return these (BitFit, Ben Zaken et al. 2022)."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.endswith("bias"))
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def fine_tune(
    learner: Learner, pairs: Sequence[Pair], negatives: Sequence[Sequence[str]], options: argparse.Namespace
) -> None:
    """Run InfoNCE with in-batch and hard negatives and a learned temperature; log each epoch's mean loss."""
    parameters = train_only_biases(learner.model) if options.only_biases else list(learner.model.parameters())
    logarithm = first_logarithm(learner.compute.device)
    groups = [{"params": parameters, "lr": options.rate}, {"params": [logarithm], "lr": 1e-3, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups)
    rng, preset = random.Random(0), learner.preset
    for epoch in range(options.epochs):
        order = rng.sample(range(len(pairs)), len(pairs))
        losses = []
        for start in range(0, len(order), options.batch):
            rows = order[start : start + options.batch]
            questions = [preset.question_prefix + pairs[row].question for row in rows]
            right = [pairs[row].passage for row in rows]
            wrong = [rng.choice(negatives[row]) for row in rows if negatives[row]]
            own = torch.tensor([[text == other for other in right + wrong] for text in right], device=logarithm.device)
            own[torch.arange(len(rows)), torch.arange(len(rows))] = False
            texts = [questions, [preset.passage_prefix + text for text in right + wrong]]
            losses.append(
                cached_backward(
                    learner.encode, texts,
                    lambda q, p, same=own: info_nce(q, p, learned_scale(logarithm), same), options.chunk,
                ).item()
            )  # fmt: skip
            torch.nn.utils.clip_grad_norm_([*parameters, logarithm], CLIP)
            optimizer.step()
            optimizer.zero_grad()
        logger.info("epoch %d of %d: loss %.4f", epoch + 1, options.epochs, sum(losses) / len(losses))


def main(arguments: Sequence[str]) -> int:
    """Run the command; return 0 when the encoder is written."""
    options = _parse(arguments)
    if options.out.exists():
        raise InputError(f"{options.out} exists already; give a new folder with --out.")
    passages = _library_passages(options.library)
    pairs = read_pairs_file(options.questions) if options.questions else generate_pairs(passages)
    if len(pairs) < 2:
        raise InputError(
            f"There are {len(pairs)} pairs to learn from; give at least 2, or a library with longer articles."
        )
    folder = checkpoints.find_folder(options.encoder)
    compute = choose_compute(options.device)
    config, tokenizer = checkpoints.load_config(folder), checkpoints.load_tokenizer(folder)
    preset = find_preset(options.encoder, folder, config, tokenizer)
    if not preset.template or not preset.pool_prefix:
        raise InputError(f"The text form of {options.encoder} cannot be trained here; start from another encoder.")
    read_encoder_preset(folder, config, tokenizer)  # the new folder will be in this layout too
    preset = replace(preset, pooling=options.pooling or preset.pooling)
    encoder = BiEncoder.from_pretrained(options.encoder, options.device)
    texts = list(dict.fromkeys([*(pair.passage for pair in pairs), *passages]))
    places = {text: place for place, text in enumerate(texts)}
    found = hard_negatives(
        encoder.encode_questions([pair.question for pair in pairs]), encoder.encode_passages(texts),
        [places[pair.passage] for pair in pairs], options.hard_negatives,
    )  # fmt: skip
    model: PreTrainedModel = load_body(folder, config, preset, compute).float()  # type: ignore[no-untyped-call]
    fine_tune(
        Learner(model, tokenizer, preset, compute), pairs, [[texts[place] for place in row] for row in found], options
    )
    _save(model, folder, options.out, preset)
    logger.info(
        "%d pairs learned; the encoder is in %s: set QA_ENCODER to it and add the articles again",
        len(pairs),
        options.out,
    )
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training fine-tune", description=__doc__)
    parser.add_argument("--encoder", required=True, help="folder or hub id of the encoder to start from")
    parser.add_argument("--library", required=True, type=Path, help="folder of an embedded library")
    parser.add_argument("--out", required=True, type=Path, help="new folder for the encoder")
    parser.add_argument(
        "--questions", type=Path, help=".jsonl or .csv with `question` and `passage`; default: generated pairs"
    )
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64, help="questions in a batch; default: %(default)s")
    parser.add_argument("--chunk", type=int, default=16, help="texts in memory at a time; default: %(default)s")
    parser.add_argument(
        "--hard-negatives",
        type=int,
        default=10,
        help="mined for each question, one drawn an epoch; default: %(default)s",
    )
    parser.add_argument("--rate", type=float, default=2e-5, help="learning rate; default: %(default)s")
    parser.add_argument("--pooling", choices=get_args(Pooling), help="default: the encoder's")
    parser.add_argument(
        "--only-biases", action="store_true", help="BitFit: train the biases only (use a higher --rate, 1e-4 or more)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    return parser.parse_args(arguments)


def _library_passages(folder: Path) -> list[str]:
    backend = EdgeBackend(folder)
    identity = backend.identity()
    if identity is None:
        backend.close()
        raise InputError(f"{folder} holds no library; add articles first: python -m ingest PATH.")
    with closing(PassageStore(backend, identity)) as store:
        return [passage.text for article in store.articles() for passage in store.passages(article.id)]


def _save(model: PreTrainedModel, source: Path, target: Path, preset: EncoderPreset) -> None:
    """Write the new weights beside copies of the source's other files; the folder appears only when it is whole."""
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    weights_only = ("*.safetensors", "*.bin", "*.index.json", "README.md")
    shutil.copytree(source, unfinished, ignore=shutil.ignore_patterns(*weights_only))
    weights = unfinished / "weights"
    model.save_pretrained(weights)
    for file in weights.glob("*.safetensors*"):
        file.rename(unfinished / file.name)
    shutil.rmtree(weights)
    modules = json.loads((unfinished / "modules.json").read_text(encoding="utf-8"))
    modes = {f"pooling_mode_{name}": kind == preset.pooling for name, kind in POOLING_NAMES.items()}
    _update(unfinished / modules[1]["path"] / "config.json", modes, drop="pooling_mode")
    # The folder's new name is not in the table of presets: from now on it must say itself what stands before a text.
    prompts = {"query": preset.question_prefix, "document": preset.passage_prefix}
    _update(unfinished / "config_sentence_transformers.json", {"prompts": prompts})
    _update(unfinished / "sentence_bert_config.json", {"max_seq_length": preset.max_tokens})
    unfinished.rename(target)


def _update(file: Path, changes: dict[str, Any], drop: str = "") -> None:
    settings = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    settings.pop(drop, None)
    file.write_text(json.dumps({**settings, **changes}, indent=2) + "\n", encoding="utf-8")
