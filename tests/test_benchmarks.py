"""What the benchmarks are made of: rows, the README's table, the varied passages, the peer with our weights."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForTokenClassification,
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
)

from benchmarks import corpus, encoding, questions, reranking
from benchmarks.__main__ import main
from benchmarks.catalogue import BENCHMARKS, find
from benchmarks.corpus import Pool
from benchmarks.machine import processor
from benchmarks.table import END, HEADER, START, Row, at_least, line, merge, write_table

README = Path(__file__).resolve().parent.parent / "README.md"
FASTER = Row("encoding 2 passages", 30.0, "/s", "a peer", 12.0, "≥ 2×", True)
SLOWER = Row("a question", 25.0, "ms", "limit", 20.0, "≤ 20 ms", False)
FASTER_LINE = "| one | encoding 2 passages | 30 /s | a peer | 12 /s | 2.50× | ≥ 2× | yes |"
SLOWER_LINE = "| two | a question | 25 ms | limit | 20 ms | 0.80× | ≤ 20 ms | **no** |"


def test_a_gain_is_above_one_where_ours_is_better() -> None:
    """More passages a second are better, more milliseconds are worse."""
    assert FASTER.gain == 30 / 12
    assert SLOWER.gain == 20 / 25


def test_lines() -> None:
    """Three digits, the gain, and the bar with whether it was met; nothing there without a bar."""
    assert line("one", FASTER) == FASTER_LINE
    assert line("two", SLOWER) == SLOWER_LINE
    bare = Row("a", 1234.5, "s", "b", 0.01234, "", True)
    assert line("three", bare) == "| three | a | 1234 s | b | 0.0123 s | 0.00× |  |  |"


def test_at_least_sets_the_bar_by_the_gain() -> None:
    """A gain that equals the bar meets it."""
    row = Row("a", 30.0, "/s", "b", 12.0, "", False)
    assert at_least(2.5, row) == Row("a", 30.0, "/s", "b", 12.0, "≥ 2.5×", True)
    assert at_least(3, row) == Row("a", 30.0, "/s", "b", 12.0, "≥ 3×", False)


def test_a_run_replaces_its_own_lines_only() -> None:
    """Lines of a benchmark that did not run stay, on the same machine."""
    block = merge("", "Measured on X.", {"two": [SLOWER], "one": [SLOWER]})
    merged = merge(block, "Measured on X.", {"one": [FASTER]})
    assert merged.splitlines() == ["Measured on X.", "", *HEADER.splitlines(), FASTER_LINE, SLOWER_LINE]


def test_another_machine_starts_the_table_anew() -> None:
    """Figures of two machines never stand together."""
    block = merge("", "Measured on X.", {"two": [SLOWER]})
    merged = merge(block, "Measured on Y.", {"one": [FASTER]})
    assert merged.splitlines() == ["Measured on Y.", "", *HEADER.splitlines(), FASTER_LINE]


def test_the_table_is_written_between_the_marks(tmp_path: Path) -> None:
    """What stands around them is kept."""
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\n{END}\nafter\n", encoding="utf-8")
    write_table(readme, "Measured on X.", {"one": [FASTER]})
    expected = f"before\n{START}\nMeasured on X.\n\n{HEADER}\n{FASTER_LINE}\n{END}\nafter\n"
    assert readme.read_text(encoding="utf-8") == expected
    write_table(readme, "Measured on X.", {"one": [FASTER]})
    assert readme.read_text(encoding="utf-8") == expected


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    """The error says what to put where."""
    readme = tmp_path / "README.md"
    readme.write_text("text", encoding="utf-8")
    with pytest.raises(ValueError, match="put both where the table shall stand"):
        write_table(readme, "Measured on X.", {})
    assert readme.read_text(encoding="utf-8") == "text"


def test_our_readme_has_the_marks() -> None:
    """Once each, in order."""
    text = README.read_text(encoding="utf-8")
    assert (text.count(START), text.count(END)) == (1, 1)
    assert text.index(START) < text.index(END)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_has_its_function(name: str) -> None:
    """The table of names names modules that are there."""
    assert callable(find(name))


def test_an_unknown_name_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is measured."""
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "there is no benchmark speed; there are bloom-attention, encoding" in capsys.readouterr().err


def test_processor() -> None:
    """The first one's name; a machine that does not tell is said not to."""
    assert processor("processor : 0\nmodel name\t: Some CPU @ 2: fast\nmodel name\t: other\n") == "Some CPU @ 2: fast"
    assert processor("") == "a processor without a name"


def test_varied_passages() -> None:
    """Two languages in turn; in English's second round, its 6th passage on, the sentences stand two apart."""
    english = Pool("en", ("A.", "B.", "C.", "D.", "E."), np.eye(5, dtype=np.float32))
    chinese = Pool("zh", tuple("甲乙丙丁戊己"), np.eye(6, dtype=np.float32)[:, :5])
    found = list(corpus.vary([english, chinese], 13))
    assert [passage.text for passage, _ in found[::2]] == [
        "A. B. C. D.",
        "B. C. D. E.",
        "C. D. E. A.",
        "D. E. A. B.",
        "E. A. B. C.",
        "A. C. E. B.",
        "B. D. A. C.",
    ]
    assert [passage.text for passage, _ in found[1:4:2]] == ["甲 乙 丙 丁", "乙 丙 丁 戊"]
    assert [(passage.language, passage.article.name) for passage, _ in found[:3]] == [
        ("en", "en-0"),
        ("zh", "zh-0"),
        ("en", "en-1"),
    ]
    assert len({passage.id for passage, _ in found}) == 13
    assert found[0][1].tolist() == [0.5, 0.5, 0.5, 0.5, 0.0]


def test_spread() -> None:
    """Evenly over all; all where no more are there."""
    assert corpus.spread(list("abcdef"), 3) == ["a", "c", "e"]
    assert corpus.spread(["a", "b"], 3) == ["a", "b"]


def test_passages_nearest_in_length() -> None:
    """The 30 nearest to 150 tokens, in their order: here those of 121 to 150, one token apart."""
    lengths = list(range(101, 151))
    assert reranking.nearest_in_length([str(length) for length in lengths], lengths) == [
        str(length) for length in range(121, 151)
    ]


def test_the_peer_scores_as_the_token_classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequence classifier's only logit is the first token's `relevance` before and after it is written."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    labels = {"answer_start": 0, "relevance": 1}
    config = BertConfig(vocab_size=30, **sizes, label2id=labels, id2label={0: "answer_start", 1: "relevance"})
    BertForTokenClassification(config).save_pretrained(tmp_path / "own")
    own = AutoModelForTokenClassification.from_pretrained(tmp_path / "own").eval()

    class NoTokenizer:
        """Stands for a tokenizer, which is copied as it is."""

        from_pretrained = save_pretrained = lambda *_: NoTokenizer()

    monkeypatch.setattr(reranking, "AutoTokenizer", NoTokenizer)
    reranking.as_sequence_classifier(tmp_path / "own", tmp_path / "peer")
    peer = BertForSequenceClassification.from_pretrained(tmp_path / "peer").eval()
    ids = torch.tensor([[2, 7, 9, 3], [2, 5, 5, 3]])
    with torch.inference_mode():
        expected = own(ids).logits[:, 0, 1]
        torch.testing.assert_close(peer(ids).logits[:, 0], expected, rtol=1e-3, atol=1e-4)


def test_people_ask_at_once_and_in_turn() -> None:
    """Three people ask two questions each, the next ones of the list; all three wait for one another."""
    together, asked = Barrier(3, timeout=10), list[str]()

    def ask(question: str) -> None:
        asked.append(question)
        if len(asked) > 1:  # the first is the one before
            together.wait()

    assert len(questions.latencies(ask, ["a", "b", "c", "d"], 3, 2)) == 6
    assert asked[0] == "a"
    assert sorted(asked[1:]) == ["a", "a", "b", "b", "c", "d"]


def test_ways_take_turns() -> None:
    """Each once a round."""
    calls: list[str] = []
    ways = {"x": lambda: calls.append("x"), "y": lambda: calls.append("y")}
    assert set(encoding.take_turns(ways, 2)) == {"x", "y"}
    assert calls == ["x", "y", "x", "y"]
