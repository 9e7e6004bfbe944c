"""HTML and Markdown to clean text, headings and title."""

from __future__ import annotations

import pytest

from ingest.articles import Article, read_articles


def read(source: str, text: str, encoding: str = "utf-8") -> tuple[str, str, list[str]]:
    """Return the title, the text and the heading lines of the only article."""
    [article] = read_articles(source, text.encode(encoding))
    assert isinstance(article, Article)
    return article.title, article.text, [article.text[start:end] for start, end in article.headings]


def test_markdown_headings_and_paragraphs() -> None:
    """Markers go, wrapped lines are joined, headings keep their spans, the first # is the title."""
    text = "Avant.\n\n# Le *thé* vert #\n\nUn\nparagraphe.\n\nDeux\n----\n\n中国\n茶叶  \n很好\n"
    expected = "Avant.\n\nLe thé vert\n\nUn paragraphe.\n\nDeux\n\n中国茶叶\n很好"
    assert read("a.md", text) == ("Le thé vert", expected, ["Le thé vert", "Deux"])


def test_markdown_inline_marks() -> None:
    """Emphasis, links, code and entities leave their text; images and tags leave nothing."""
    text = "**Bold**, _it_, ~~old~~, `a_b*c`, [the link](http://x.y), ![image](i.png)<b>tag</b>&amp;<br>end 2_000_000"
    assert read("a.md", text)[1] == "Bold, it, old, a_b*c, the link, tag&\nend 2_000_000"


def test_markdown_strong_marks_next_to_full_width_punctuation() -> None:
    """CommonMark does not take these for strong marks; they are still none of the text."""
    assert read("a.md", "这是**“绿茶”**的产地。")[1] == "这是“绿茶”的产地。"


def test_markdown_lists_tables_code_and_html() -> None:
    """A list and a table keep a line for each item or row, code its lines, an HTML block its text."""
    items, table = "- one\n- two\n  - three\n\n1. four\n", "| a | b |\n|---|---|\n| c | *d* |\n"
    text = f"{items}\n{table}\n```py\nx = 1\ny = 2\n```\n\n<div>\n<p>in</p>\n<script>no</script></div>\n"
    assert read("a.md", text)[1] == "one\ntwo\nthree\n\nfour\n\na b\nc d\n\nx = 1\ny = 2\n\nin"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('---\nlayout: x\ntitle: "Été : un titre"\ntags:\n  - a\n---\n# Autre\n\nTexte.', "Été : un titre"),
        ("---\nlayout: x\n---\n# Autre\n\nTexte.", "Autre"),
        ("## Sous-titre\n\nTexte.", "fichier"),
    ],
)
def test_markdown_title(text: str, title: str) -> None:
    """The front matter's title, else the first heading of level 1, else the file's name."""
    found, body, _ = read("dossier/fichier.md", text)
    assert found == title
    assert "layout" not in body
    assert "---" not in body


def test_markdown_rule_is_no_front_matter() -> None:
    """Text between two rules is text."""
    assert read("a.md", "---\nUn texte sans clef\n\n---\nSuite.")[1] == "Un texte sans clef\n\nSuite."


def test_html_blocks_and_inline_elements() -> None:
    """Blocks make paragraphs, inline elements do not; spaces collapse as in a browser; <title> is the title."""
    page = """<!doctype html><html><head><title> Le
      thé &eacute;t&eacute; </title></head><body><h1>Un <em>titre</em></h1><p>Du <b>thé</b>
      <i>vert</i>,<a href="http://nowhere.invalid/">lien</a>.<br>Ligne</p>texte nu<div>bloc<p>fin</p></div>
      <p>中国
         茶叶</p><pre>a  b
c</pre><h2><div>Deux</div></h2></body></html>"""
    expected = "Un titre\n\nDu thé vert,lien.\nLigne\n\ntexte nu\n\nbloc\n\nfin\n\n中国茶叶\n\na b\nc\n\nDeux"
    assert read("a.html", page) == ("Le thé été", expected, ["Un titre", "Deux"])


def test_html_lists_and_tables() -> None:
    """Items and rows are lines, cells are separated by a space."""
    page = "<ul><li>one</li> <li>two<ul><li>three</ul></ul><table><tr><th>a</th><td>b</td></tr>\n<tr><td>c<td>d</table>"
    assert read("a.htm", page)[1] == "one\ntwo\n\nthree\n\na b\nc d"


def test_html_drops_what_is_not_the_text() -> None:
    """Scripts, styles, navigation, forms, comments and hidden elements give nothing."""
    dropped = "".join(
        f"<{name}>{name}</{name}>"
        for name in ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg")
    )
    hidden = '<p hidden>h</p><div style="color:red; DISPLAY : none"><p>n</p></div><p style="visibility:hidden">v</p>'
    page = f"<body style='display:none'>{dropped}<!-- c -->{hidden}<p>Le texte qui reste, assez long.</p></body>"
    assert read("a.html", page)[1] == "Le texte qui reste, assez long."


def test_html_form_around_the_page_is_kept() -> None:
    """ASP.NET puts the whole page into one form."""
    assert read("a.html", "<form><p>Toute la page.</p><input value=x></form>")[1] == "Toute la page."


def test_html_prefers_the_main_part() -> None:
    """<main>, else the longest <article>, stands for the page if it is long enough; else the body does."""
    long, short = "texte " * 40, "court"
    assert read("a.html", f"<p>menu</p><main><p>{long}</p></main><article>x</article>")[1] == long.strip()
    assert read("a.html", f"<p>menu</p><article>{short}</article><article>{long}</article>")[1] == long.strip()
    assert read("a.html", f"<p>menu</p><main>{short}</main>")[1] == "menu\n\ncourt"
    assert read("a.html", f"<p>{long * 4}</p><article>{long}</article>")[1] == f"{(long * 4).strip()}\n\n{long.strip()}"


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<p>x</p><svg><title>icône</title></svg><h1>Premier <b>titre</b></h1>", "Premier titre"),
        ("<header><h1>Dans l’en-tête</h1></header><p>x", "Dans l’en-tête"),
        ("<h2>Deux</h2><p>x", "page"),
    ],
)
def test_html_title_without_title_element(page: str, title: str) -> None:
    """The first <h1>, else the file's name."""
    assert read("site/page.html", page)[0] == title


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-16"])
def test_html_declared_encoding(encoding: str) -> None:
    """The declaration is honoured, in HTML and in XHTML."""
    assert read("a.html", f'<meta charset="{encoding}"><p>镕基 é</p>', encoding)[1] == "镕基 é"
    head = f"<?xml version='1.0' encoding='{encoding}'?><html><head><title/></head>"
    xhtml = f"{head}<body><p>镕</p><script/>ok</body></html>"
    assert read("a.html", xhtml, encoding)[1] == "镕\n\nok"


def test_html_of_any_depth_and_length_of_blanks() -> None:
    """Twenty thousand nested elements and a megabyte of blanks are read, without recursion or delay."""
    assert (
        read("a.html", "<div hidden></div>" + "<div>" * 20_000 + "x" + "\n" * 1_000_000 + "中" + "\n" * 1_000_000)[1]
        == "x 中"
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("page", ["http://example.invalid/", "page.html", "a < b", "x\0y"])
def test_html_that_is_hardly_any(page: str) -> None:
    """Text without an element is read as text, without a warning."""
    assert read("a.html", page)[1] == page.replace("\0", "")


@pytest.mark.parametrize("name", ["a.md", "a.txt"])
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("id: tea", "tea"),
        ('ID : "tea"\ntitle: Thé', "tea"),
        ("id: the-fr\ntranslation_of: tea", "tea"),
        ("title: Thé\nid:\ntags: x", ""),
    ],
)
def test_front_matter_names_what_translations_share(name: str, entries: str, expected: str) -> None:
    """In Markdown and plain text: the original's id before the article's own; the block is none of the text."""
    [article] = read_articles(name, f"---\n{entries}\n---\nLe texte.\n".encode())
    assert isinstance(article, Article)
    assert article.shared_id == expected
    assert article.text == "Le texte."
    assert article.title == ("Thé" if "Thé" in entries else "a")
