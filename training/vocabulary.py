"""The tokenizer: MiniLM's English pieces, French pieces, Chinese characters and words, in one unigram model."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import regex
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
HAN = r"\p{Han}"
WORD_START = "▁"
CHINESE_WORDS = 12_000
FRENCH_PIECES = 16_000
ROUNDS = 2
# MiniLM's pieces of other scripts and its unused places are dropped; signs and Latin words stay, however rare.
BASE_PIECE = r"(##)?(\p{Latin}|\p{Greek}|\p{Nd}|\p{M})+|\p{P}|\p{S}"


def _normalizer() -> normalizers.Normalizer:
    bert = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True)
    return normalizers.Sequence([normalizers.NFKC(), bert])


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    # Words and signs start with the mark, as MiniLM's pieces without "##" do. Han loses it: Chinese has no word starts.
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Split(Regex(f"{HAN}+"), "isolated"),
            pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always"),
            pre_tokenizers.Split(Regex(f"{WORD_START}(?={HAN})"), "removed"),
        ]
    )


def assemble(scores: dict[str, float]) -> Tokenizer:
    """Make the tokenizer of pieces with log-probabilities; the special tokens come first, [PAD] is 0."""
    floor = min(scores.values())
    vocabulary = [(token, 0.0) for token in SPECIAL] + sorted(scores.items(), key=lambda piece: (-piece[1], piece[0]))
    tokenizer = Tokenizer(models.Unigram([(piece, max(score, floor)) for piece, score in vocabulary], unk_id=1))
    tokenizer.normalizer, tokenizer.pre_tokenizer = _normalizer(), _pre_tokenizer()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def wrap(tokenizer: Tokenizer, max_tokens: int) -> PreTrainedTokenizerFast:
    """Give the tokenizer the form transformers loads: at most `max_tokens`, padded on the right, no token types."""
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]",
        mask_token="[MASK]", padding_side="right", model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def word_piece(token: str) -> str:
    """Turn a WordPiece token into ours: "##ing" is "ing", "the" is "▁the", a Han character is itself."""
    if token.startswith("##"):
        return token[2:]
    return token if regex.match(HAN, token) else WORD_START + token


def _french_pieces(lines: Iterable[str]) -> list[str]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = _normalizer(), pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=FRENCH_PIECES, special_tokens=["[UNK]"], min_frequency=4, show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    return [word_piece(token) for token in tokenizer.get_vocab() if len(token) < 25 and not regex.search(HAN, token)]


def _chinese_pieces(lines: Iterable[str], lexicon: Iterable[str]) -> list[str]:
    """List the characters seen twice and the lexicon's words of 2-4 characters that occur most often in the text."""
    words = {word for word in lexicon if 2 <= len(word) <= 4 and regex.fullmatch(f"{HAN}+", word)}
    characters, seen = Counter[str](), Counter[str]()
    for line in lines:
        for run in regex.findall(f"{HAN}+", line):
            characters.update(run)
            seen.update(run[i : i + n] for n in (2, 3, 4) for i in range(len(run) - n + 1) if run[i : i + n] in words)
    kept = [character for character, count in characters.items() if count >= 3]
    return kept + [word for word, count in seen.most_common(CHINESE_WORDS) if count >= 5]


def _score(share: float) -> float:
    # A piece costs more than any share makes up for: the cut with fewest pieces wins, frequency breaks ties. This is
    # near the longest match that MiniLM's body knows.
    return -10.0 + 0.25 * math.log(share)


def build_tokenizer(
    base_vocabulary: Path, texts: dict[str, list[str]], chinese_lexicon: Iterable[str], size: int
) -> Tokenizer:
    """Build a tokenizer of `size` pieces.

    base_vocabulary: MiniLM's vocab.txt; texts: lines per language ("en", "fr", "zh"), which say how often a piece is
    needed. Shares come from hard expectation-maximisation (Kudo 2018): cut the text by the scores, count, score anew.
    MiniLM's Latin pieces and the Chinese characters all stay; the rest is ranked by the sum of its shares in the three
    languages, so that none is pruned for having less text.
    """
    base = [
        word_piece(token)
        for token in base_vocabulary.read_text("utf-8").split("\n")
        if regex.fullmatch(BASE_PIECE, token)
    ]
    chinese = _chinese_pieces(texts["zh"], chinese_lexicon)
    kept = dict.fromkeys([*base, *(piece for piece in chinese if len(piece) == 1)])
    scores = {piece: _score(1e-6) for piece in dict.fromkeys([*kept, *_french_pieces(texts["fr"]), *chinese])}
    for _ in range(ROUNDS):
        worth = _shares(assemble(scores), texts)
        ranked = sorted(scores, key=lambda piece: (piece not in kept, -worth.get(piece, 0.0), piece))
        least = min(worth.values())
        scores = {piece: _score(max(worth.get(piece, 0.0), least)) for piece in ranked[: size - len(SPECIAL)]}
    return assemble(scores)


def _shares(tokenizer: Tokenizer, texts: dict[str, list[str]]) -> dict[str, float]:
    worth: dict[str, float] = defaultdict(float)
    for lines in texts.values():
        counts: Counter[int] = Counter()
        for start in range(0, len(lines), 20_000):
            for encoding in tokenizer.encode_batch(lines[start : start + 20_000], add_special_tokens=False):
                counts.update(encoding.ids)
        total = sum(counts.values())
        for token, count in counts.items():
            worth[str(tokenizer.id_to_token(token))] += count / total
    return {piece: share for piece, share in worth.items() if piece not in SPECIAL}
