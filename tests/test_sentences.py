"""Sentences of the three languages, cut by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.sentences import sentence_spans

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "articles"

CUT = [
    # French
    ["M. Hugo est né en 1802.", "Où ?"],
    ["« Oui ! »", "Puis il partit."],
    ["Il dit : « Non. »", "Puis il partit."],
    ["Il mourut en 52 av. J.-C. à Rome.", "Un autre vécut."],
    ["Voyez fig. 3 et p. 12 du vol. 2.", "Fin."],
    ["Peut-être…", "Non."],
    # English
    ["Mr. Smith met Dr. Who at St. Pancras.", "They left."],
    ["J. R. R. Tolkien wrote it.", "He did!"],
    ["It is 3.14 m long.", "Is it?", "Yes."],
    ["He said “Stop.”", "Then he left."],
    ["(It rained.)", "We stayed."],
    ["This is the U.S. army.", "Next."],
    ["Use e.g. a lamp, i.e. light.", "Done."],
    ["What?!", "Wait... no."],
    # Chinese: no blank needed
    ["万里长城很长。", "Great wall!"],
    ["Ends so.", "中文。"],
    # lines
    ["A heading", "One sentence.", "- an item", "- another"],
    ["no mark at the end"],
]


@pytest.mark.parametrize("sentences", CUT)
def test_sentences_between_blanks(sentences: list[str]) -> None:
    """Sentences written with a blank between them, a line break for headings and items, are found again."""
    for blank in ("\n", " ", "  ", "\t", "\u00a0"):
        if blank != "\n" and any(sentence[-1].isalnum() for sentence in sentences[:-1]):
            continue
        text = blank.join(sentences)
        assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["万里长城很长。", "有多长？", "六千公里！", "好"],
        ["他说：「好。」", "走了。"],
        ["（很长。）", "“是吗？”", "半句；", "后半句"],
        ["真的？！", "是。"],
    ],
)
def test_chinese_sentences_without_blanks(sentences: list[str]) -> None:
    """Chinese marks end a sentence where they stand, closing quotes and brackets included."""
    text = "".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_exact_spans() -> None:
    """Blanks around a sentence belong to none."""
    assert sentence_spans("  One.  Two!\n\n 三。 ") == [(2, 6), (8, 12), (15, 17)]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t"])
def test_blank_text_has_no_sentence(text: str) -> None:
    """Nothing in, nothing out."""
    assert sentence_spans(text) == []


@pytest.mark.parametrize("text", ["3.14", "A.B", "example.com/a.html", "1,204.5", "a.m."])
def test_mark_inside_a_word_does_not_cut(text: str) -> None:
    """A Latin mark without a blank after it ends nothing."""
    assert sentence_spans(text) == [(0, len(text))]


def test_full_stop_before_a_small_letter_does_not_cut() -> None:
    """An abbreviation that no list knows is still followed by a small letter."""
    assert len(sentence_spans("The dept. of history. The end.")) == 2
    assert len(sentence_spans("La déf. était bonne. Élan.")) == 2


def test_nothing_but_blanks_is_left_out() -> None:
    """In every sample article the spans ascend, have no blank at their ends, and only blanks lie between."""
    for file in SAMPLES.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        spans = sentence_spans(text)
        bounds = [0, *(place for span in spans for place in span), len(text)]
        assert bounds == sorted(bounds)
        assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
        assert not "".join(text[left:right] for left, right in zip(bounds[::2], bounds[1::2], strict=True)).strip()


def test_many_marks_take_linear_time() -> None:
    """A long run of marks and one of letters come back; a pattern that tries every split would not."""
    assert sentence_spans("." * 200_000) == [(0, 200_000)]
    assert sentence_spans("a" * 200_000) == [(0, 200_000)]
    assert len(sentence_spans("。" * 1000 + "好。" * 100_000)) == 100_001
