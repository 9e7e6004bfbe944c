"""Token ids of pairs, written out, and what is cut from a pair that is too long."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkpoints import VOCABULARY, write_tokenizer
from reranker_checkpoints import write_bloom_tokenizer, write_xlm_roberta_tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from retrieval.pairs import PairForm, encode_pairs, read_template

# A question of three tokens in each vocabulary, and a passage of four.
XLM_QUESTION, XLM_PASSAGE = "how tall?", "塔 the tower is"


@pytest.fixture
def xlm_roberta(tmp_path: Path) -> PreTrainedTokenizerBase:
    """Return a tokenizer of XLM-R's kind."""
    write_xlm_roberta_tokenizer(tmp_path, 512)
    return AutoTokenizer.from_pretrained(tmp_path)


@pytest.fixture
def bloom(tmp_path: Path) -> PreTrainedTokenizerBase:
    """Return a tokenizer of BLOOM's kind."""
    write_bloom_tokenizer(tmp_path)
    return AutoTokenizer.from_pretrained(tmp_path)


def test_xlm_roberta_ids(xlm_roberta: PreTrainedTokenizerBase) -> None:
    """`<s> question </s></s> passage </s>`: ids 0, 2, 2 and 2."""
    pairs = encode_pairs(xlm_roberta, XLM_QUESTION, [XLM_PASSAGE, ""], PairForm(512))
    assert pairs["input_ids"] == [[0, 8, 9, 74, 2, 2, 11, 5, 6, 7, 2], [0, 8, 9, 74, 2, 2, 2]]
    assert pairs["sequence_ids"][0] == [None, 0, 0, 0, None, None, 1, 1, 1, 1, None]
    assert "token_type_ids" not in pairs
    assert xlm_roberta.convert_ids_to_tokens([8, 9, 74, 11]) == ["▁how", "▁tall", "?", "▁塔"]


def test_bloom_ids(bloom: PreTrainedTokenizerBase) -> None:
    """The passage first and nothing between: bytes are 4 and their place among ByteLevel's characters."""
    pairs = encode_pairs(bloom, "How é?", ["the tower", "塔", "<pad>", ""], PairForm(2048, passage_first=True))
    question = [43, 263, 224, 131, 106, 34]  # "H", "ow", a space, the two bytes of "é", "?"
    assert pairs["input_ids"] == [
        [261, 224, 87, 263, 72, 85, *question],  # "the", a space, "t", "ow", "e", "r"
        [165, 98, 246, *question],  # the three bytes of 塔
        [3, *question],
        question,
    ]
    assert pairs["sequence_ids"][0] == [0] * 6 + [1] * 6
    assert pairs["offset_mapping"][0][-1] == (5, 6)


def test_bert_ids_and_token_types(tmp_path: Path) -> None:
    """`[CLS] question [SEP] passage [SEP]`; the passage and what follows have type 1."""
    write_tokenizer(tmp_path)
    pairs = encode_pairs(AutoTokenizer.from_pretrained(tmp_path), "how tall ?", ["the tower"], PairForm(48))
    tokens = [VOCABULARY[token] for token in pairs["input_ids"][0]]
    assert tokens == ["[CLS]", "how", "tall", "?", "[SEP]", "the", "tower", "[SEP]"]
    assert pairs["token_type_ids"] == [[0, 0, 0, 0, 0, 1, 1, 1]]


@pytest.mark.parametrize("text", ["the tower", "", "x", "😀", "Le塔: é", "the <mask> </s>", " \n the\ttower "])
def test_equal_to_the_tokenizers_own_pairs(tmp_path: Path, text: str) -> None:
    """Ids, types and characters, for tokenizers of three kinds."""
    for write in (write_tokenizer, write_bloom_tokenizer, lambda folder: write_xlm_roberta_tokenizer(folder, 512)):
        write(tmp_path)
        tokenizer = AutoTokenizer.from_pretrained(tmp_path)
        for first, second in ((text, "how tall?"), ("how tall?", text)):
            pairs = encode_pairs(tokenizer, first, [second], PairForm(512))
            expected = tokenizer([first], [second], return_offsets_mapping=True)
            assert {name: pairs[name] for name in pairs if name != "sequence_ids"} == {
                name: expected[name] for name in expected if name != "attention_mask"
            }
            assert pairs["sequence_ids"] == [expected.sequence_ids(0)]


def test_templates(xlm_roberta: PreTrainedTokenizerBase) -> None:
    """What stands around a pair is read from the tokenizer."""
    assert read_template(xlm_roberta).special == ([0], [2, 2], [2])


def test_the_passage_is_cut(xlm_roberta: PreTrainedTokenizerBase, bloom: PreTrainedTokenizerBase) -> None:
    """A limit of 9 leaves 5 tokens beside XLM-R's four; of 7, BLOOM's question keeps its 3."""
    pairs = encode_pairs(xlm_roberta, XLM_QUESTION, [XLM_PASSAGE], PairForm(9))
    assert pairs["input_ids"] == [[0, 8, 9, 74, 2, 2, 11, 5, 2]]
    pairs = encode_pairs(bloom, "abc", ["defghijkl"], PairForm(7, passage_first=True))
    assert bloom.decode(pairs["input_ids"][0]) == "defgabc"


def test_a_long_question_is_cut_to_its_share(bloom: PreTrainedTokenizerBase) -> None:
    """Half of 8 tokens, or three quarters; the passage has the rest."""
    for share, text in ((0.5, "zyxwabcd"), (0.75, "zyabcdef")):
        form = PairForm(8, passage_first=True, question_share=share)
        pairs = encode_pairs(bloom, "abcdefghijkl", ["zyxwvuts", "z"], form)
        assert bloom.decode(pairs["input_ids"][0]) == text
        assert bloom.decode(pairs["input_ids"][1]) == "z" + text[-int(8 * share) :]


@pytest.mark.parametrize("question", [0, 1, 4, 5, 6, 9, 30])
@pytest.mark.parametrize("passage", [0, 1, 4, 5, 6, 9, 30])
@pytest.mark.parametrize("limit", [13, 14])
def test_the_longest_is_cut_as_transformers_does(
    xlm_roberta: PreTrainedTokenizerBase, question: int, passage: int, limit: int
) -> None:
    """Odd and even room, either text longer."""
    texts = ("a" * question, "b" * passage)
    pairs = encode_pairs(xlm_roberta, texts[0], [texts[1]], PairForm(limit, cut="longest"))
    expected = xlm_roberta([texts[0]], [texts[1]], truncation="longest_first", max_length=limit)
    assert pairs["input_ids"] == expected["input_ids"]


def test_two_long_texts_take_no_more_memory_than_their_tokens(xlm_roberta: PreTrainedTokenizerBase) -> None:
    """The tokenizer's own cutting would keep 40 pieces of one with 40 of the other, for each passage."""
    pairs = encode_pairs(xlm_roberta, "how 塔 é" * 2500, ["the tower " * 2000] * 20, PairForm(512, cut="longest"))
    assert {len(ids) for ids in pairs["input_ids"]} == {512}
