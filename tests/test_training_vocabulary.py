"""The unigram tokenizer: its cuts, its offsets, what pruning keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from training.alignment import base_rows
from training.vocabulary import assemble, build_tokenizer, word_piece, wrap

SCORES = {
    "▁paris": -10.0,
    "▁par": -10.0,
    "is": -10.0,
    "中国": -10.0,
    "中": -10.0,
    "国": -10.0,
    "▁,": -10.0,
    "▁12": -10.0,
}


@pytest.mark.parametrize(("token", "piece"), [("the", "▁the"), ("##ing", "ing"), ("水", "水"), ("##水", "水")])
def test_word_piece(token: str, piece: str) -> None:
    """Word starts are marked, continuations and Han are not."""
    assert word_piece(token) == piece


def test_cuts_are_the_fewest_pieces_and_han_has_no_word_start() -> None:
    """A word is one piece; accents, case and full-width forms do not matter; Han runs are cut into words."""
    tokenizer = assemble(SCORES)
    assert tokenizer.encode("PÂRIS，中国12", add_special_tokens=False).tokens == ["▁paris", "▁,", "中国", "▁12"]
    assert tokenizer.encode("国中", add_special_tokens=False).tokens == ["国", "中"]


def test_pairs_and_offsets_refer_to_the_text() -> None:
    """The mark before a word is not in the text: offsets are the word's."""
    encoding = assemble(SCORES).encode("Paris 中国", "中国, Paris")
    assert encoding.tokens == ["[CLS]", "▁paris", "中国", "[SEP]", "中国", "▁,", "▁paris", "[SEP]"]
    assert encoding.offsets == [(0, 0), (0, 5), (6, 8), (0, 0), (0, 2), (2, 3), (4, 9), (0, 0)]


def test_special_tokens_have_the_first_places() -> None:
    """[PAD] is 0, and unknown characters become [UNK]."""
    tokenizer = assemble(SCORES)
    assert [tokenizer.token_to_id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")] == [0, 1, 2, 3, 4]
    assert tokenizer.encode("🦜", add_special_tokens=False).ids == [1]


def test_transformers_loads_the_written_tokenizer(tmp_path: Path) -> None:
    """The same cuts, no token types, cut at the limit."""
    wrap(assemble(SCORES), 4).save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    encoded = loaded("paris 中国 paris", truncation=True)
    assert set(encoded) == {"input_ids", "attention_mask"}
    assert loaded.convert_ids_to_tokens(encoded["input_ids"]) == ["[CLS]", "▁paris", "中国", "[SEP]"]


def test_a_built_tokenizer_keeps_base_pieces_and_characters(tmp_path: Path) -> None:
    """Latin pieces of the base and characters seen three times stay; then what the text needs most; nothing else."""
    base = tmp_path / "vocab.txt"
    base.write_text("[PAD]\n[unused1]\nrare\ntower\n##s\n,\nあ\n", "utf-8")
    texts = {"en": ["tower , towers"] * 5, "fr": ["une tour , deux tours"] * 5, "zh": ["长城很长"] * 5}
    tokenizer = build_tokenizer(base, texts, ["长城", "高塔"], size=16)
    pieces = set(tokenizer.get_vocab())
    assert {"▁rare", "▁tower", "s", "▁,", "长", "城", "很", "长城"} <= pieces
    assert not {"▁あ", "高塔", "▁[unused1]"} & pieces
    assert tokenizer.get_vocab_size() == 16
    assert tokenizer.encode("长城很长", add_special_tokens=False).tokens == ["长城", "很", "长"]
    ours, theirs = base_rows(base, tokenizer)
    assert dict(zip(theirs, ours, strict=True))[3] == tokenizer.token_to_id("▁tower")
