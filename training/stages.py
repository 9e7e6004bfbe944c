"""The stages from public text to the bundled models; each reads what the one before wrote, and is done once."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from transformers import BertModel, PreTrainedTokenizerFast

from training.alignment import align, base_rows
from training.batches import SHARES, ClusteredBatches, Pool, kind_of, make_pool
from training.body import ATTENTION, PASSAGE_TOKENS, save_checkpoint, save_encoder, widen
from training.candidates import CandidateLists, mine
from training.contrastive import contrastive_loss
from training.corpus import LANGUAGES, Example, read_examples, read_lexicon, read_pairs
from training.cross import classifier, cross_loss
from training.development import Development
from training.distillation import Batches, Teacher, distillation_loss
from training.export import export
from training.log import TrainingLog, logger
from training.loop import Group, fit
from training.losses import first_logarithm
from training.translations import learn_translations
from training.vocabulary import build_tokenizer, wrap

PIECES = 56_000
VOCABULARY_LINES = 100_000
# Steps between two batches of translations while questions are learned, so that the languages stay together.
TRANSLATIONS_EVERY = 5
TRANSLATIONS_WEIGHT = 0.3
MINED_QUESTIONS = 60_000
TRANSLATIONS_FILE = "table.safetensors"
BATCH = 64

Model = TypeVar("Model", bound=torch.nn.Module)


@dataclass(frozen=True)
class Run:
    """One training run: where the text is, where results go, the English model it starts from, minutes per stage."""

    data: Path
    out: Path
    base: Path
    minutes: dict[str, float]
    device: torch.device
    log: TrainingLog

    def unfinished(self, stage: str) -> Path:
        """Return the folder a stage writes; it takes its place when the stage is done, whole."""
        return self.out / f"{stage}.unfinished"

    def load(self, stage: str) -> tuple[BertModel, PreTrainedTokenizerFast]:
        """Return the body and tokenizer that a stage wrote."""
        folder = self.out / stage
        body = BertModel.from_pretrained(
            folder, add_pooling_layer=False, dtype=torch.float32, attn_implementation=ATTENTION
        )
        return move(body, self.device), PreTrainedTokenizerFast.from_pretrained(folder)

    def translations(self) -> Batches:
        """Return the batches of translation pairs and lexicon rows."""
        train = self.data / "train"
        pairs = [pair for language in ("fr", "zh") for pair in read_pairs(train, language)]
        return Batches(pairs, [row for language in ("fr", "zh") for row in read_lexicon(train, language)])


def vocabulary(run: Run) -> None:
    """Build the tokenizer."""
    texts: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for language in ("fr", "zh"):
        for english, translation in read_pairs(run.data / "train", language):
            texts["en"].append(english)
            texts[language].append(translation)
    passages = dict[str, str]()
    for example in read_examples(run.data / "train"):
        texts[example.question_language].append(example.question)
        passages[example.passage] = example.passage_language
    for passage, language in passages.items():
        texts[language].append(passage)
    sample = {language: _spread(lines, VOCABULARY_LINES) for language, lines in texts.items()}
    words = [chinese for _, chinese in read_lexicon(run.data / "train", "zh")]
    tokenizer = build_tokenizer(run.base / "vocab.txt", sample, words, PIECES)
    wrap(tokenizer, PASSAGE_TOKENS).save_pretrained(run.unfinished("vocabulary"))


def alignment(run: Run) -> None:
    """Give the tokenizer's pieces input vectors in MiniLM's space."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(run.out / "vocabulary")
    old = BertModel.from_pretrained(run.base, dtype=torch.float32).embeddings.word_embeddings.weight.detach().clone()
    pairs = []
    # Chinese has half as many sentence pairs as French: they count twice.
    for language, times in (("fr", 1), ("zh", 2)):
        pairs += read_pairs(run.data / "train", language) * times + read_lexicon(run.data / "train", language)
    backend = tokenizer.backend_tokenizer
    rows = base_rows(run.base / "vocab.txt", backend)
    body = widen(run.base, align(old, rows, backend, pairs, run.minutes["alignment"]))
    run.log.write("alignment", **Development(run.data / "eval").measure(move(body, run.device), tokenizer))
    save_encoder(body, tokenizer, run.unfinished("alignment"))


def distillation(run: Run) -> None:
    """Teach the body to put translations where MiniLM puts the English."""
    body, tokenizer = run.load("alignment")
    teacher, development = Teacher(run.base, run.device), Development(run.data / "eval")
    loss = distillation_loss(body, tokenizer, teacher, run.translations())
    groups = _groups(body, embeddings=4e-4, rest=8e-5)
    fit("distillation", body, loss, groups, run.minutes["distillation"], run.out, run.log,
        lambda: development.measure(body, tokenizer))  # fmt: skip
    save_encoder(body, tokenizer, run.unfinished("distillation"))


def contrastive(run: Run) -> None:
    """Train the bi-encoder on questions and passages in all nine directions."""
    body, tokenizer = run.load("distillation")
    development = Development(run.data / "eval")
    pools = {kind: make_pool(examples, body, tokenizer) for kind, examples in _by_kind(run).items()}
    learner = _WithScale(body)
    questions = contrastive_loss(body, learner.logarithm, tokenizer, ClusteredBatches(pools, BATCH))
    pairs = distillation_loss(body, tokenizer, Teacher(run.base, run.device), run.translations())

    def loss_of(step: int) -> torch.Tensor:
        if step % TRANSLATIONS_EVERY == TRANSLATIONS_EVERY - 1:
            return TRANSLATIONS_WEIGHT * pairs(step // TRANSLATIONS_EVERY)
        return questions(step)

    groups = [*_groups(body, embeddings=1.5e-4, rest=5e-5), Group([learner.logarithm], 1e-3, 0.0)]
    fit("contrastive", learner, loss_of, groups, run.minutes["contrastive"], run.out, run.log,
        lambda: development.measure(body, tokenizer))  # fmt: skip
    save_encoder(body, tokenizer, run.unfinished("contrastive"))


def cross(run: Run) -> None:
    """Train the cross-encoder on lists of candidates that the bi-encoder finds."""
    body, tokenizer = run.load("contrastive")
    by_kind = _by_kind(run)
    pools: dict[str, Pool] = {}
    mined = {}
    for kind, examples in by_kind.items():
        pools[kind] = make_pool(examples, body, tokenizer)
        mined[kind] = mine(pools[kind], body, tokenizer, int(MINED_QUESTIONS * SHARES[kind]))
    logger.info("cross: %s questions", {kind: len(found) for kind, found in mined.items()})
    model = move(classifier(body), run.device)
    head = [parameter for name, parameter in model.named_parameters() if name.startswith("classifier")]
    groups = [*_groups(model.bert, embeddings=None, rest=8e-5), Group(head, 1e-3, 0.0)]
    loss = cross_loss(model, tokenizer, CandidateLists(pools, mined))
    fit("cross", model, loss, groups, run.minutes["cross"], run.out, run.log)
    save_checkpoint(model, tokenizer, run.unfinished("cross"))


def translations(run: Run) -> None:
    """Learn which words stand for which, for the lexical leg."""
    learn_translations(run.data / "train", run.unfinished("translations") / TRANSLATIONS_FILE)


def models(run: Run) -> None:
    """Write the two models in the form that ships."""
    export(run.out / "contrastive", run.out / "cross", run.unfinished("models"))
    shutil.copytree(run.out / "translations", run.unfinished("models") / "translations")


STAGES: dict[str, tuple[Callable[[Run], None], float]] = {
    "vocabulary": (vocabulary, 0.0),
    "alignment": (alignment, 0.05),
    "distillation": (distillation, 0.23),
    "contrastive": (contrastive, 0.36),
    "cross": (cross, 0.36),
    "translations": (translations, 0.0),
    "models": (models, 0.0),
}
"""Each stage with its share of the budget, in order."""


def run_stage(name: str, run: Run) -> None:
    """Run a stage unless it is done; one that was cut off while it wrote its folder writes it anew."""
    if (run.out / name).is_dir():
        return
    logger.info("%s: up to %.0f minutes", name, run.minutes[name])
    shutil.rmtree(run.unfinished(name), ignore_errors=True)
    torch.manual_seed(0)
    STAGES[name][0](run)
    run.unfinished(name).rename(run.out / name)


class _WithScale(torch.nn.Module):
    """A body and the logarithm of the learned inverse temperature, so that both are in one checkpoint."""

    def __init__(self, body: BertModel) -> None:
        super().__init__()
        self.body = body
        self.logarithm = first_logarithm(body.device)


def move(model: Model, device: torch.device) -> Model:
    """Put a model on the device; what transformers' own method declares to take is not what it takes."""
    torch.nn.Module.to(model, device)
    return model


def _groups(body: BertModel, embeddings: float | None, rest: float) -> list[Group]:
    # Rows of a batch that lacks their piece have no gradient: decay would only wear them away.
    words = body.embeddings.word_embeddings.get_parameter("weight")
    others = [parameter for parameter in body.parameters() if parameter is not words]
    return [*([Group([words], embeddings, 0.0)] if embeddings else []), Group(others, rest)]


def _by_kind(run: Run) -> dict[str, list[Example]]:
    kinds: dict[str, list[Example]] = {}
    for example in read_examples(run.data / "train"):
        kinds.setdefault(kind_of(example), []).append(example)
    return kinds


def _spread(lines: list[str], number: int) -> list[str]:
    return lines[:: max(1, len(lines) // number)]
